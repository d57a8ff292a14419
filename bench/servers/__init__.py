"""What each kind of network server costs: a real peer in a process of its own, and the gateway before it."""
