"""Article 8: what depositors and operators are told of the link, over MQTT."""
