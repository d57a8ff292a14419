"""What operators read over MQTT, made from what the gateway knows: its state, its health, its counters, its events."""
