"""A simulated concentrator: an SX1302 with two SX1250s, written from the description of the chip."""

from radio.simulator.baseband import ChipModel
from radio.simulator.concentrator import SimulatedConcentrator
from radio.simulator.emission import Emission
from radio.simulator.faults import BusFault, Hang
from radio.simulator.link_budget import FrontEnd
from radio.simulator.socket_server import ChipServer, serve
from radio.simulator.transmission import Fate, Reception, Transmission

SX1302 = ChipModel.SX1302
SX1303 = ChipModel.SX1303

__all__ = [
    "SX1302",
    "SX1303",
    "BusFault",
    "ChipModel",
    "ChipServer",
    "Emission",
    "Fate",
    "FrontEnd",
    "Hang",
    "Reception",
    "SimulatedConcentrator",
    "Transmission",
    "serve",
]
