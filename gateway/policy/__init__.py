"""The host's rule: whose devices may use this network, and how much."""
