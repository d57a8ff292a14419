"""Whether the radio works, and what is done where it does not."""
