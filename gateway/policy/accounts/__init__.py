"""What was used: charging, and the log that outlives a restart."""
