"""What the gateway counts, for Prometheus. Off unless configured."""
