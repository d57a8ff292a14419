"""What the program costs on this machine: `python -m bench`."""
