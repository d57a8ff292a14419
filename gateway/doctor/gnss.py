"""The GNSS receiver, where no service has its port: does it speak, and does it know where and when it is?"""

import asyncio
import contextlib
from pathlib import Path

from gateway.config.sections import GnssSection
from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import Fault
from gateway.doctor.in_time import in_thread
from gateway.doctor.result import CheckResult, Fact, found, passed, skipped
from radio.errors import BusError
from radio.gnss import GnssEvent, GpsReading, Position, UtcReading
from radio.gnss_port import GnssPort, PortHealth


async def examine_gnss(section: GnssSection, wait_s: float) -> CheckResult:
    """Listen until the receiver says where it is, for so long at most."""
    if section.port is None:
        return skipped(Check.GNSS, Reason.NOT_CONFIGURED)
    if not await in_thread(Path(section.port).exists):
        return found(Check.GNSS, Fault.GNSS_PORT_ABSENT, port=section.port)
    try:
        port = GnssPort(section.port, section.baudrate_bps, ublox=section.ublox)
    except BusError:
        return found(Check.PACKAGES, Fault.PACKAGE_MISSING, packages="serial")
    events, is_known = [], asyncio.Event()

    def take(heard: list[GnssEvent]) -> None:
        events.extend(heard)
        if has_fix(events):
            is_known.set()

    listening = asyncio.create_task(port.run(take))
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await is_known.wait()
        health = port.health
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    return gnss_result(section, health, events, wait_s)


def has_fix(events: list[GnssEvent]) -> bool:
    """Whether time and place were told."""
    kinds = {type(event) for event in events}
    return Position in kinds and bool(kinds & {UtcReading, GpsReading})


def gnss_result(section: GnssSection, health: PortHealth, events: list[GnssEvent], waited_s: float) -> CheckResult:
    """What a port's state and a receiver's words come to."""
    facts: dict[str, Fact] = {
        "port": section.port,
        "baudrate_bps": section.baudrate_bps,
        "waited_s": waited_s,
        "problem": health.last_failure.removeprefix(f"{section.port}: "),
    }
    sentences = health.sentences
    if has_fix(events):
        return passed(Check.GNSS, **facts)
    if sentences.used or sentences.ignored:
        return found(Check.GNSS, Fault.GNSS_NO_FIX, **facts)
    if sentences.discarded_bytes or sentences.checksum_errors or sentences.malformed:
        return found(Check.GNSS, Fault.GNSS_GARBLED, **facts)
    if health.failures and not health.open:
        return found(Check.GNSS, Fault.GNSS_PORT_BUSY, **facts)
    return found(Check.GNSS, Fault.GNSS_SILENT, **facts)


def pps_result(section: GnssSection, has_pulse: bool | None) -> CheckResult:
    """Whether the receiver's pulse comes to the chip; `has_pulse` is None where the chip could not be asked."""
    if section.port is None:
        return skipped(Check.PPS, Reason.NOT_CONFIGURED)
    if has_pulse is None:
        return skipped(Check.PPS, Reason.EARLIER_FAULT)
    return passed(Check.PPS) if has_pulse else found(Check.PPS, Fault.PPS_ABSENT)
