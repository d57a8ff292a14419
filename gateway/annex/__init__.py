"""Annexe 1 of the convention: what is lent, in its own three tables."""
