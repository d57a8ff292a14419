"""ChirpStack 4 over MQTT: the gateway's side of its topics and messages."""
