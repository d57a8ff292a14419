"""What may be wrong with the GNSS receiver, played by a pseudo-terminal, and with its pulse."""

import asyncio
import contextlib
import fcntl
import os
import tty
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest.mock import patch

from gateway.config.sections import GnssSection
from gateway.doctor.fault import Fault
from gateway.doctor.gnss import examine_gnss
from gateway.doctor.radio_side import examine_radio
from gateway.doctor.result import CheckResult
from tests.gateway.doctor.board import StandInBoard, configuration, device_tree
from tests.gateway.doctor.scene import scene
from tests.gnss_receiver import gga, rmc

Results = Sequence[CheckResult]
SOME_UTC_S = 1_795_996_800


@contextlib.contextmanager
def receiver(directory: Path) -> Iterator[tuple[GnssSection, int]]:
    """A serial port and what a receiver writes to it through."""
    master, slave = os.openpty()
    tty.setraw(master)
    os.set_blocking(master, False)
    port = directory / "ttyS0"
    port.symlink_to(os.ttyname(slave))
    try:
        yield GnssSection(port=str(port)), master
    finally:
        os.close(slave)
        os.close(master)


async def said(directory: Path, words: bytes) -> Results:
    """What doctor makes of a receiver that says this, again and again."""
    with receiver(directory) as (section, master):

        async def say() -> None:
            while True:
                with contextlib.suppress(BlockingIOError):
                    os.write(master, words)
                await asyncio.sleep(0.05)

        saying = asyncio.create_task(say())
        try:
            return [await examine_gnss(section, 3.0)]
        finally:
            saying.cancel()


@scene(Fault.GNSS_PORT_ABSENT)
async def gnss_port_absent(directory: Path) -> Results:
    """The port of [gnss] does not exist."""
    return [await examine_gnss(GnssSection(port=str(directory / "ttyS0")), 1.0)]


@scene(Fault.GNSS_PORT_BUSY)
async def gnss_port_busy(directory: Path) -> Results:
    """Another program has locked the port."""
    with receiver(directory) as (section, _):
        assert section.port is not None
        other = os.open(section.port, os.O_RDWR | os.O_NOCTTY)
        try:
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return [await examine_gnss(section, 0.5)]
        finally:
            os.close(other)


@scene(Fault.GNSS_SILENT)
async def gnss_silent(directory: Path) -> Results:
    """The port opens, and nothing comes."""
    with receiver(directory) as (section, _):
        return [await examine_gnss(section, 0.5)]


@scene(Fault.GNSS_GARBLED)
async def gnss_garbled(directory: Path) -> Results:
    """Bytes come that are no sentences, as at a wrong speed."""
    return await said(directory, bytes((0xF8, 0x1C, 0x80, 0xE0)) * 20)


@scene(Fault.GNSS_NO_FIX)
async def gnss_no_fix(directory: Path) -> Results:
    """RMC with status V, GGA with quality 0."""
    return await said(directory, rmc(SOME_UTC_S, fix=False) + gga(fix=False))


@scene(Fault.PPS_ABSENT)
async def pps_absent(directory: Path) -> Results:
    """A chip that latched no pulse."""
    with receiver(directory) as (section, _):
        config = configuration(directory, sections=f'[gnss]\nport = "{section.port}"\n' + SERVER)
        board = StandInBoard(config)
        root = device_tree(directory)
        with patch.object(board.chip.counter, "capture_pps"):
            return await examine_radio(board, config, root, listen_s=0.1, gnss_s=0.1, on_eui=lambda _: None)


SERVER = '[[server]]\nname = "main"\nhost = "127.0.0.1"'
