"""The outage store: uplinks that no network server takes now, kept on disk until one does."""
