"""The daemon: whose packets pass, and who is told."""

__version__ = "0.1.0"
