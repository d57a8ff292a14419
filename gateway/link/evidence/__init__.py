"""The evidence log: what the host did, so that host and depositor can both prove it later."""
