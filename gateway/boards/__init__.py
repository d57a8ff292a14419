"""Which concentrator board is there: the catalogue's lines tried out, one after another."""
