"""Other forwarders' configuration → gateway.toml: what was found where, what it becomes, and what is left out."""
