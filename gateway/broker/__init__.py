"""MQTT: one connection to one broker, for whoever has something to publish or to hear."""
