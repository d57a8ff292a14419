"""The `candelabre` command, one module per sub-command."""
