"""Emitting on a started chip: program, arm, watch, abort.

The states are those of sx1302_hal 2.1.0 (loragw_sx1302.c), as its recordings show them.
"""

import enum

from radio.errors import ChipError
from radio.packets import TxPacket, TxStatus, TxTrigger
from radio.sx1302.chip import Chip
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.registers import Memory, Tx, Write
from radio.sx1302.tx_frame import TxFrame, check_packet, tx_frame

TRIGGER_BITS = {TxTrigger.IMMEDIATE: 0b001, TxTrigger.TIMESTAMPED: 0b010, TxTrigger.ON_PPS: 0b100}
# An abort takes the chip milliseconds; a stop must not take seconds where both chains hang.
ABORT_POLL_S = 0.001
ABORT_POLLS = 300
FREE = 0x80

HANGING_ADVICE = (
    "The transmitter does not come to rest. The radio is started again; if this comes back, check the supply, the "
    "antenna and the board's seat on its header."
)


class ChainState(enum.Enum):
    """What a transmit chain does; the value says which it shows in its status register."""

    FREE = frozenset({FREE})
    SCHEDULED = frozenset({0x91, 0x92})
    EMITTING = frozenset({0x30, 0x50, 0x60, 0x70})
    UNKNOWN = frozenset[int]()


_STATES = {shown: state for state in ChainState for shown in state.value}


def transmit(chip: Chip, plan: ConcentratorPlan, packet: TxPacket, trigger: TxTrigger, counter_us: int = 0) -> TxStatus:
    """Emit a packet, or say why it cannot be; then nothing was transferred.

    With TIMESTAMPED its preamble begins when the concentrator counter shows `counter_us`, modulo 2^32.

    Raises:
        BusError: a transfer failed; the packet is not emitted unless it was the last.
    """
    status = check_packet(packet, plan)
    if status is TxStatus.OK:
        frame = tx_frame(packet, plan, trigger, counter_us)
        program(chip, frame)
        arm(chip, frame)
    return status


def program(chip: Chip, frame: TxFrame) -> None:
    """Clear the chain's trigger, which drops what it had scheduled, and write all of a frame but its own trigger."""
    chain = frame.rf_chain
    # The trigger's is the lowest address, and bursts go upwards: it is cleared before anything changes.
    chip.write_all((Write(Tx.TRIGGERS[chain], 0), *frame.timing, Write(Tx.BUFFER_OPEN[chain], 1)))
    chip.write_all(frame.settings)
    chip.write_memory(Memory.TX_BUFFERS[chain], frame.buffer)
    chip.write(Tx.BUFFER_OPEN[chain], 0)


def arm(chip: Chip, frame: TxFrame) -> None:
    """Set the trigger of what was programmed."""
    chip.write(Tx.TRIGGERS[frame.rf_chain], TRIGGER_BITS[frame.trigger])


def status(chip: Chip, rf_chain: int) -> ChainState:
    """What a chain does at this moment."""
    return _STATES.get(chip.read(Tx.STATUS[rf_chain]), ChainState.UNKNOWN)


def abort(chip: Chip, *rf_chains: int) -> None:
    """Drop what these chains have scheduled or emit. All are told before the first is waited for.

    Raises:
        ChipError: one is not free within a third of a second.
    """
    for chain in rf_chains:
        chip.write(Tx.TRIGGERS[chain], 0)
    for chain in rf_chains:
        _wait_free(chip, chain)


def _wait_free(chip: Chip, rf_chain: int) -> None:
    found = chip.read(Tx.STATUS[rf_chain])
    for _ in range(ABORT_POLLS):
        if found == FREE:
            return
        chip.sleep(ABORT_POLL_S)
        found = chip.read(Tx.STATUS[rf_chain])
    register, expected = str(Tx.STATUS[rf_chain]), f"0x{FREE:02X}"
    raise ChipError("stop of the transmitter", register, expected, f"0x{found:02X}", HANGING_ADVICE)
