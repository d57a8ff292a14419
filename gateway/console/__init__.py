"""The local console: what the running daemon tells people on its own machine, over a Unix socket, and their screens."""
