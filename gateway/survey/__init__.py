"""A survey of reception at a place: how well each device is heard over a time, and how much of it is lost."""
