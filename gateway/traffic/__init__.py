"""Traffic heard, one JSON line for each frame: recorded from the running daemon, read again by tools."""
