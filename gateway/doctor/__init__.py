"""`candelabre doctor`: each link of the chain in order, what is wrong with it, and what to do next."""
