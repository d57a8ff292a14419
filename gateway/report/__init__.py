"""The monthly report that a host gives a depositor: what was done in a month (article 8), out of the evidence."""
