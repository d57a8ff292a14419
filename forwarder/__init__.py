"""Speaks to network servers."""
