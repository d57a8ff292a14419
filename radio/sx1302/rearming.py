"""The receive path switched off and on, in milliseconds: the gentlest thing to do about a radio that hears nothing.

Correlators and demodulators forget what they were at; so does a state in which they hang. Every setting of the receive
path is written anew. The microcontrollers, the clock, the radios, the receive buffer and the transmit path are left
alone: what was recorded stays, and what was promised to servers goes out. A packet that is in the air is lost.

The order is that of a start (sx1302_hal 2.1.0, loragw_hal.c lgw_start): settings first, then what listens by them. That
silicon takes it so while it runs has yet to be seen on a board.
"""

from radio.errors import ChipError, ChipFault
from radio.sx1302 import settings
from radio.sx1302.canary import RECEIVE_REGISTERS
from radio.sx1302.chip import Chip
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.registers import Common, LoraStd, RxTop, Write

MODEM_ENABLES = (Common.MULTI_SF_ENABLE, Common.LORA_STD_ENABLE, Common.FSK_ENABLE)
CORRELATORS = (RxTop.CORRELATOR_ENABLE, RxTop.CORRELATOR_CLOCK)

UNHEEDED_ADVICE = (
    "The chip does not keep what is written to it. It is started again; if this comes back, check the supply and the "
    "board's seat on its header."
)


def stop_receiving(chip: Chip) -> None:
    """Switch the modems off, so that nothing more is recorded; what was, stays in the receive buffer.

    Raises:
        BusError: a transfer failed.
    """
    chip.write_all(Write(field, 0) for field in MODEM_ENABLES)


def rearm(chip: Chip, plan: ConcentratorPlan) -> None:
    """Switch correlators and modems off, write what they need, switch them on, and read it all back.

    Raises:
        ChipError: a register does not hold what was written.
        BusError: a transfer failed; the chip may be left deaf.
    """
    chip.write_all(Write(field, 0) for field in (*CORRELATORS, *MODEM_ENABLES))
    if plan.lora_std is not None:
        chip.write(LoraStd.MODEM_ENABLE, 0)
    chip.write_all(settings.reception(plan))
    if plan.lora_std is not None:
        chip.write_all(settings.lora_std_start())
    chip.write_all(Write(field, 1) for field in MODEM_ENABLES)
    astray = chip.astray(RECEIVE_REGISTERS) and chip.astray(RECEIVE_REGISTERS)
    if astray:
        address, written, found = astray[0]
        step, register = f"re-arming of the receiver ({len(astray)} differ)", f"register 0x{address:04X}"
        expected, seen = f"0x{written:02X}", f"0x{found:02X}"
        raise ChipError(step, register, expected, seen, UNHEEDED_ADVICE, fault=ChipFault.WRITE_LOST, value=found)
