"""The policy as a text: its keys, how they are read, what contradicts what, and what it says in words."""
