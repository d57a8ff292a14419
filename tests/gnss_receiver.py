"""A GNSS receiver played by a pseudo-terminal, true to the pulses of a simulated chip; errors at will."""

import asyncio
import os
import struct
import time
import tty
from calendar import timegm
from pathlib import Path
from typing import NoReturn

from radio.gnss import ubx_frame
from radio.simulator import SimulatedConcentrator
from radio.time_reference import GPS_EPOCH_S

LEAP_S = 18
LATITUDE_DEG, LONGITUDE_DEG, ALTITUDE_M = 45.18, 5.73, 212
# Sentences follow their pulse at once; a receiver that was held up for longer keeps silent for this second.
LATEST_S = 0.6


def nmea(text: str) -> bytes:
    """A sentence with its checksum."""
    checksum = 0
    for byte in text.encode():
        checksum ^= byte
    return f"${text}*{checksum:02X}\r\n".encode()


def rmc(utc_s: int, *, fix: bool = True, leap: bool = False) -> bytes:
    """Time and date, in a leap second named as such; `utc_s` is then that of the second before."""
    moment = time.gmtime(utc_s)
    clock = "235960.00" if leap else time.strftime("%H%M%S.00", moment)
    state, mode = ("A", "A") if fix else ("V", "N")
    return nmea(f"GPRMC,{clock},{state},4510.80,N,00543.80,E,0.0,0.0,{time.strftime('%d%m%y', moment)},,,{mode}")


def gga(*, fix: bool = True) -> bytes:
    """The position."""
    return nmea(f"GPGGA,000000.00,4510.80,N,00543.80,E,{int(fix)},08,1.0,{ALTITUDE_M}.0,M,47.0,M,,")


def nav_timegps(gps_s: int, leap_s: int = LEAP_S, *, fix: bool = True) -> bytes:
    """GPS time, valid with its leap seconds where there is a fix."""
    week, tow_s = divmod(gps_s, 604_800)
    return ubx_frame((0x01, 0x20), struct.pack("<IihbBI", tow_s * 1000, 0, week, leap_s, 7 if fix else 0, 20))


class PlayedReceiver:
    """Speaks once after each pulse, which comes at whole seconds of `time.monotonic`, the simulated chip's clock.

    `inserted_s` is the GPS second in which UTC counts 60.
    """

    def __init__(self, path: Path, inserted_s: int | None = None) -> None:
        self.error_s = 0
        self.fix = True
        self.damaged = False
        self.seconds_said = 0
        self._true_s = 0
        self._inserted_s = inserted_s
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        os.set_blocking(self._master, False)
        path.symlink_to(os.ttyname(self._slave))

    def set_next_second(self, gps_s: int) -> None:
        """Choose what is the true time: the next pulse is that of this GPS second."""
        self._true_s = gps_s - int(time.monotonic()) - 1

    @property
    def gps_s(self) -> float:
        """The true GPS time now."""
        return time.monotonic() + self._true_s

    def leap_s(self, gps_s: int) -> int:
        """GPS less UTC; in an inserted second, that of the second before."""
        return LEAP_S + (self._inserted_s is not None and gps_s > self._inserted_s)

    def counter_us(self, chip: SimulatedConcentrator, gps_s: int) -> int:
        """What the chip's counter shows, 32 bits, at a GPS second."""
        return chip.counter.microseconds_at(gps_s - self._true_s)

    def gps_us_at(self, chip: SimulatedConcentrator, counter_us: int) -> int:
        """The true GPS time in µs at a counter of the last half hour."""
        gps_s = int(self.gps_s)
        elapsed_us = (counter_us - self.counter_us(chip, gps_s) + (1 << 31)) % (1 << 32) - (1 << 31)
        return gps_s * 1_000_000 + elapsed_us

    def utc_us_at(self, chip: SimulatedConcentrator, counter_us: int) -> int | None:
        """True Unix time in µs; None in an inserted second, which has none."""
        gps_us = self.gps_us_at(chip, counter_us)
        gps_s = gps_us // 1_000_000
        return None if gps_s == self._inserted_s else gps_us + (GPS_EPOCH_S - self.leap_s(gps_s)) * 1_000_000

    async def play(self) -> NoReturn:
        """Until cancelled."""
        while True:
            now_s = time.monotonic()
            await asyncio.sleep(1.0 - now_s % 1.0 + 0.02)
            pulse_s, late_s = divmod(time.monotonic(), 1.0)
            if late_s < LATEST_S:
                self._say(int(pulse_s) + self._true_s)

    def _say(self, gps_s: int) -> None:
        said_s = gps_s + self.error_s
        leap = said_s == self._inserted_s
        leap_s = self.leap_s(said_s)
        utc_s = said_s + GPS_EPOCH_S - leap_s - leap
        sentences = rmc(utc_s, fix=self.fix, leap=leap) + gga(fix=self.fix) + nav_timegps(said_s, leap_s, fix=self.fix)
        if self.damaged:
            sentences = sentences.replace(b",", b";").replace(b"\xb5b", b"\xb5b\x00")
        os.write(self._master, sentences)
        self.seconds_said += 1

    def close(self) -> None:
        """The end."""
        os.close(self._slave)
        os.close(self._master)


def iso_us(text: str) -> int:
    """The `time` of an uplink as Unix time in µs."""
    whole, fraction = text.removesuffix("Z").split(".")
    return timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 1_000_000 + int(fraction)
