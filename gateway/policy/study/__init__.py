"""Questions to a policy: what it would have made of recorded traffic, and why it decides as it does."""
