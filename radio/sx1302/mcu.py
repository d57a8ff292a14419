"""The start-up dialogue with the two microcontrollers: AGC (gains) and arbiter (demodulators).

Statuses, commands and parameters are those of sx1302_hal 2.1.0 (loragw_sx1302.c, loragw_agc_params.h)
with its firmware for SX1250 radios. Unlike there, every wait ends and every answer is checked.
"""

from typing import NamedTuple

from radio.errors import ChipError, ChipFault
from radio.sx1302.chip import Chip
from radio.sx1302.registers import Agc, Arbiter, Common, Field, Memory

AGC_VERSION = 10
ARBITER_VERSION = 2
STARTED = 0x01
ARBITER_RUNNING = 0x00
CONFIGURED = 0x0F

POLL_S = 0.001
POLLS = 500

POWER_ADVICE = (
    "Switch the concentrator board off and on; if it stays, check its supply (5 V, 1 A) "
    "and that the firmware images are Semtech's for SX1250."
)


class Mcu(NamedTuple):
    """Where one microcontroller's registers and program are. Its answers lie from its status to `last_answer`."""

    name: str
    clear: Field
    host_program: Field
    parity_error: Field
    status: Field
    last_answer: Field
    program: int


AGC = Mcu(
    name="AGC",
    clear=Agc.CLEAR,
    host_program=Agc.HOST_PROGRAM,
    parity_error=Agc.PARITY_ERROR,
    status=Agc.STATUS,
    last_answer=Agc.MAILBOX_READ[0],
    program=Memory.AGC_PROGRAM,
)
ARBITER = Mcu(
    name="arbiter",
    clear=Arbiter.CLEAR,
    host_program=Arbiter.HOST_PROGRAM,
    parity_error=Arbiter.PARITY_ERROR,
    status=Arbiter.STATUS,
    last_answer=Arbiter.VERSION,
    program=Memory.ARBITER_PROGRAM,
)


class AgcStep(NamedTuple):
    """One exchange: parameters into mailboxes 0, 1, 2, a command into 3, a status and the same parameters back."""

    name: str
    parameters: tuple[int, ...]
    command: int
    status: int
    echo: tuple[int, ...]


AUTOMATIC = 0xFF
AGC_STEPS = (
    AgcStep("automatic gain of radio A", (AUTOMATIC, AUTOMATIC), 0x80, 0x02, (AUTOMATIC, AUTOMATIC, 0)),
    AgcStep("automatic gain of radio B", (AUTOMATIC, AUTOMATIC), 0x20, 0x03, (AUTOMATIC, AUTOMATIC, 0)),
    AgcStep("analog gain limits", (1, 13), 0x03, 0x04, (1, 13)),
    AgcStep("analog thresholds", (3, 12), 0x04, 0x05, (3, 12)),
    AgcStep("decimator attenuation limits", (4, 15), 0x05, 0x06, (4, 15)),
    AgcStep("decimator thresholds", (40, 80, 90), 0x06, 0x07, (40, 80, 90)),
    AgcStep("channel attenuation limits", (4, 14), 0x07, 0x08, (4, 14)),
    AgcStep("channel thresholds", (52, 132), 0x08, 0x09, (52, 132)),
    # Device, hpMax and duty cycle of SetPaConfig (SX1250 data sheet).
    AgcStep("SX1250 power amplifier", (0, 7, 4), 0x09, 0x0A, (0, 7, 4)),
    # In units of 100 µs.
    AgcStep("power amplifier start delay", (8,), 0x0A, 0x0B, (8,)),
    AgcStep("listen-before-talk off", (0,), 0x0B, CONFIGURED, (0,)),
)

DOUBLE_DEMODULATION = {None: 0x00, "all_sf": 0xFF, "high_capacity": 0x3F}
STATISTICS_SPREADING_FACTOR = 7
DOUBLE_DETECTION_FILTER = 3


def load(chip: Chip, mcu: Mcu, image: bytes) -> None:
    """Write a program, read it back, let it run.

    Raises:
        ChipError: the program did not arrive, or its parity is wrong.
    """
    chip.write(mcu.clear, 1)
    chip.write(mcu.host_program, 1)
    chip.write(Common.PAGE, 0)
    chip.write_memory(mcu.program, image)
    read_back = chip.read_memory(mcu.program, len(image))
    if read_back != image:
        where = next(at for at, (want, got) in enumerate(zip(image, read_back, strict=True)) if want != got)
        raise ChipError(
            f"load of the {mcu.name} firmware",
            f"program memory 0x{mcu.program + where:04X}",
            f"0x{image[where]:02X}",
            f"0x{read_back[where]:02X}",
            "Bytes are lost on SPI. Lower radio.speed_hz, shorten the wires, check the supply.",
            fault=ChipFault.PROGRAM,
        )
    chip.write(mcu.host_program, 0)
    chip.write(mcu.clear, 0)
    if chip.read(mcu.parity_error):
        step = f"load of the {mcu.name} firmware"
        raise ChipError(step, str(mcu.parity_error), "0", "1", POWER_ADVICE, fault=ChipFault.PARITY)


def wait_answer(chip: Chip, mcu: Mcu, status: int, step: str) -> bytes:
    """Wait until a microcontroller reports `status`; its answers, the last register first.

    The status lies before the answers and is set after them, so that one burst reads both.

    Raises:
        ChipError: it does not within half a second.
    """
    length = mcu.last_answer.address - mcu.status.address + 1
    answer = chip.read_bytes(mcu.status.address, length)
    for _ in range(POLLS):
        if answer[0] == status:
            return answer[::-1]
        chip.sleep(POLL_S)
        answer = chip.read_bytes(mcu.status.address, length)
    raise ChipError(
        f"{mcu.name} start-up, {step}",
        str(mcu.status),
        f"0x{status:02X}",
        f"0x{answer[0]:02X}",
        POWER_ADVICE,
        fault=ChipFault.MCU_SILENT,
    )


def start_agc(chip: Chip) -> None:
    """Give the AGC its parameters, step by step.

    Raises:
        ChipError: it does not answer, is of another version, or echoes something else.
    """
    _exchange(chip, "firmware version", STARTED, (AGC_VERSION,))
    for step in AGC_STEPS:
        for field, value in zip(Agc.MAILBOX_WRITE, step.parameters, strict=False):
            chip.write(field, value)
        chip.write(Agc.MAILBOX_WRITE[3], step.command)
        _exchange(chip, step.name, step.status, step.echo)
    chip.write(Agc.MAILBOX_WRITE[3], CONFIGURED)


def _exchange(chip: Chip, step: str, status: int, echo: tuple[int, ...]) -> None:
    """Wait for a status, and check the first read mailboxes; they lie in descending order."""
    found = tuple(wait_answer(chip, AGC, status, step)[: len(echo)])
    if found != echo:
        register = ", ".join(str(field) for field in Agc.MAILBOX_READ[: len(echo)])
        step = f"AGC start-up, {step}"
        raise ChipError(step, register, str(echo), str(found), POWER_ADVICE, fault=ChipFault.MCU_ANSWER)


def start_arbiter(chip: Chip, fine_timestamp: str | None) -> None:
    """Set the arbiter's options and let it go.

    Raises:
        ChipError: it does not answer, or is of another version.
    """
    version = wait_answer(chip, ARBITER, STARTED, "firmware version")[0]
    if version != ARBITER_VERSION:
        step, register = "arbiter firmware version", str(Arbiter.VERSION)
        raise ChipError(
            step, register, str(ARBITER_VERSION), str(version), POWER_ADVICE, fault=ChipFault.MCU_ANSWER, value=version
        )
    chip.write(Arbiter.DEBUG_CONFIG[0], STATISTICS_SPREADING_FACTOR)
    chip.write(Arbiter.DEBUG_CONFIG[3], DOUBLE_DEMODULATION[fine_timestamp])
    chip.write(Arbiter.DEBUG_CONFIG[2], DOUBLE_DETECTION_FILTER)
    chip.write(Arbiter.DEBUG_CONFIG[1], 1)
    wait_answer(chip, ARBITER, ARBITER_RUNNING, "listening")
