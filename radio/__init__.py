"""The concentrator: packets on one side, SPI bytes on the other."""
