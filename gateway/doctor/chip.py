"""The board, where no service has it: reset, identity, start, and a short while of listening."""

import asyncio
import contextlib
import time
from collections.abc import Callable

import msgspec

from gateway.board import Board, check_model
from gateway.config import Config
from gateway.doctor.blame import blame
from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import Fault
from gateway.doctor.in_time import in_thread
from gateway.doctor.result import CheckResult, Fact, found, passed, skipped
from gateway.doctor.temperature import temperature_result
from radio.concentrator import Concentrator
from radio.errors import RadioError
from radio.packets import CrcStatus, RxPacket
from radio.sx1302.chip import Chip
from radio.sx1302.registers import Agc, Common
from radio.sx1302.start import CHIP_VERSIONS, ChipIdentity, identify

CHAIN = (Check.RESET_LINE, Check.CHIP, Check.RADIOS, Check.FIRMWARE, Check.TEMPERATURE, Check.RECEPTION)
# A mailbox that nobody reads without a command, 0 after a reset (sx1302_hal 2.1.0, loragw_reg.c).
MARKED, MARK = Agc.MAILBOX_WRITE[0], 0x5A
# A stop takes a tenth of this.
STOP_S = 3.0
# So many damaged packets and no good one are no chance.
MANY_BAD = 5
# A pulse is due each second; the counter was read a moment ago.
LATEST_PULSE_US = 1_500_000
OnEui = Callable[[int | None], None]


class Look(msgspec.Struct, frozen=True):
    """What a first look found: who the chip is, and whether a reset reset it; None where that cannot be told."""

    chip: ChipIdentity
    obeys_reset: bool | None


class Heard(msgspec.Struct, frozen=True):
    """What was heard while doctor listened. `has_pulse` is whether a PPS came, None where that cannot be told."""

    packets: int
    crc_ok: int
    crc_bad: int
    has_pulse: bool | None


def look(board: Board) -> Look:
    """Reset the chip and ask who it is. Blocks for half a second.

    Raises:
        RadioError: it cannot be reached, or is none that we know.
    """
    bus = board.open_bus()
    try:
        chip = Chip(bus, time.sleep)
        lines = board.lines
        is_marked = lines is not None and lines.has_reset and _mark(chip)
        if lines is not None:
            lines()
        identity = identify(chip)
        return Look(identity, chip.read(MARKED) != MARK if is_marked else None)
    finally:
        bus.close()


def _mark(chip: Chip) -> bool:
    """Leave a mark that a reset wipes out; whether the chip took it."""
    if chip.read(Common.VERSION) not in CHIP_VERSIONS:
        return False
    chip.write(MARKED, MARK)
    return chip.read(MARKED) == MARK


async def examine_chip(
    board: Board, config: Config, user: str, listen_s: float, on_eui: OnEui
) -> tuple[list[CheckResult], bool | None]:
    """From the reset line to reception, as far as it goes; and whether a PPS came, None where that is not known.

    `on_eui` is told the chip's EUI as soon as it is known, or None.
    """
    results, eui = [], None
    try:
        seen = await in_thread(lambda: look(board))
        eui = seen.chip.eui
        on_eui(eui)
        results += [_reset_result(config, seen.obeys_reset), _identity_result(seen.chip)]
        check_model(config.radio.model, seen.chip)
        started, pulse = await _start_and_listen(board, config, listen_s)
        results += started
    except RadioError as error:
        on_eui(eui)
        results = [*_without(results, blamed := blame(error, config, user)), blamed]
        return _completed(results, config), None
    return results, pulse


def _without(results: list[CheckResult], blamed: CheckResult) -> list[CheckResult]:
    """What passed before it was found to be wrong does not stand beside that."""
    return [result for result in results if result.check is not blamed.check]


def _completed(results: list[CheckResult], config: Config) -> list[CheckResult]:
    """Links before the one that failed were passed on the way; those behind it were not reached."""
    seen = {result.check for result in results}
    failed = max((CHAIN.index(result.check) for result in results if result.check in CHAIN), default=-1)
    done = list(results)
    for place, check in enumerate(CHAIN):
        if check in seen:
            continue
        if check is Check.RESET_LINE and failed > place and config.radio.reset_pin is not None:
            done.append(skipped(check, Reason.EFFECT_UNKNOWN))
        elif check is Check.RESET_LINE and failed > place:
            done.append(_reset_result(config, None))
        elif check is Check.RADIOS and failed == CHAIN.index(Check.FIRMWARE) and _were_started(results):
            done.append(passed(check))
        else:
            done.append(skipped(check, Reason.EARLIER_FAULT))
    return done


def _were_started(results: list[CheckResult]) -> bool:
    """The images are loaded after the radios are set up; where they are not even installed, nothing was."""
    return all(result.fault not in (Fault.FIRMWARE_MISSING, Fault.FIRMWARE_UNKNOWN) for result in results)


def _reset_result(config: Config, obeys: bool | None) -> CheckResult:
    radio = config.radio
    if not radio.bus.startswith("/dev/"):
        return skipped(Check.RESET_LINE, Reason.SIMULATED)
    if radio.reset_pin is None:
        return found(Check.RESET_LINE, Fault.RESET_PIN_UNKNOWN)
    if obeys is False:
        return found(Check.RESET_LINE, Fault.RESET_WITHOUT_EFFECT, pin=radio.reset_pin)
    if obeys:
        return passed(Check.RESET_LINE, pin=radio.reset_pin, obeys=True)
    return passed(Check.RESET_LINE, pin=radio.reset_pin)


def _identity_result(chip: ChipIdentity) -> CheckResult:
    return passed(Check.CHIP, model=chip.model, version=f"0x{chip.version:02X}", eui=f"{chip.eui:016X}")


async def _start_and_listen(board: Board, config: Config, listen_s: float) -> tuple[list[CheckResult], bool | None]:
    """Start it as the service does. Raises RadioError where it does not start; a failure later is a result."""
    concentrator = board.connect()
    try:
        await concentrator.start()
        results = [
            passed(Check.RADIOS, count=sum(radio is not None for radio in config.plan.radios)),
            passed(Check.FIRMWARE, loaded=True),
            temperature_result(config.radio, concentrator.health().temperature_c),
        ]
        try:
            heard = await _listen(concentrator, listen_s)
        except RadioError as error:
            return [*results, blame(error, config, "")], None
        return [*results, reception_result(heard, listen_s)], heard.has_pulse
    finally:
        # A chip that hangs is left to itself: whoever stands on the ladder does not wait for it.
        await asyncio.wait({asyncio.ensure_future(concentrator.stop())}, timeout=STOP_S)


async def _listen(concentrator: Concentrator, listen_s: float) -> Heard:
    """Count what comes for so long. Raises RadioError where the radio is lost meanwhile."""
    packets: list[RxPacket] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(listen_s):
            while True:
                packets += await concentrator.receive()
    pulse = await concentrator.pulse()
    late_us = None if pulse is None or pulse.pulse_us is None else pulse.now_us - pulse.pulse_us
    return Heard(
        packets=len(packets),
        crc_ok=sum(packet.crc_status is CrcStatus.OK for packet in packets),
        crc_bad=sum(packet.crc_status is CrcStatus.BAD for packet in packets),
        has_pulse=None if pulse is None else late_us is not None and late_us <= LATEST_PULSE_US,
    )


def reception_result(heard: Heard, listen_s: float) -> CheckResult:
    """What a short while of listening says: silence says nothing."""
    if not heard.packets:
        return passed(Check.RECEPTION, quiet_s=listen_s)
    facts: dict[str, Fact] = {"packets": heard.packets, "crc_bad": heard.crc_bad, "listen_s": listen_s}
    if heard.crc_bad >= MANY_BAD and not heard.crc_ok:
        return found(Check.RECEPTION, Fault.ONLY_BAD_CRC, **facts)
    return passed(Check.RECEPTION, **facts)
