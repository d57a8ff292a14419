"""Whose device a frame claims to come from, and how far that can be told."""
