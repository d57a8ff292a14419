"""One example of each message, as the documentation shows it: one morning at one lamp post."""

from collections.abc import Mapping

import msgspec

from gateway.link.examples.commands import COMMANDS
from gateway.link.examples.depositors import OF_DEPOSITORS
from gateway.link.examples.operators import OF_OPERATORS
from gateway.link.examples.uplinks import UPLINKS

__all__ = ["EXAMPLES"]

EXAMPLES: Mapping[type[msgspec.Struct], msgspec.Struct] = {**OF_OPERATORS, **OF_DEPOSITORS, **UPLINKS, **COMMANDS}
