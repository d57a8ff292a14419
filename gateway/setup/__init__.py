"""The first configuration of a gateway: a few answers → a checked gateway.toml."""
