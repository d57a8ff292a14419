"""The chip's identity, before there is a service that tells it."""

import time

from gateway.board import DEVICE_PREFIX, Board
from gateway.boards.alone import Bench
from gateway.config import Config
from radio.bus import SpiBus
from radio.reset import ResetLines
from radio.sx1302.chip import Chip
from radio.sx1302.start import ChipIdentity, identify


def read_chip(config: Config, bench: Bench) -> ChipIdentity:
    """Reset the board's chip, and ask it. Nobody else may be at work with it.

    Raises:
        RadioError: it does not answer.
    """
    bus = _open(config, bench)
    try:
        return identify(Chip(bus, time.sleep))
    finally:
        bus.close()


def _open(config: Config, bench: Bench) -> SpiBus:
    radio = config.radio
    if not radio.bus.startswith(DEVICE_PREFIX):
        return Board(config).open_bus()
    bus = bench.open_bus(radio.bus)
    try:
        ResetLines(radio.reset_pin, radio.power_pin, power_active_low=radio.power_active_low, gpio=bench.gpio)()
    except BaseException:
        bus.close()
        raise
    return bus
