"""The driver and the forwarder against the reference recordings."""
