"""The last sign of life, on disk: what a gateway that died could not tell, it tells at its next start.

Written every 45 s, so that it is never older than a minute, in turn to two places of one small file that never grows:
a power cut damages the place that is being written, and the other one is 45 s older. A write costs the flash one page.
"""

import asyncio
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import msgspec
import structlog

from gateway.link.outage import Gap, LifeSign, gap_between

FILE = "life_sign"
BEAT_S = 45.0
_PLACE_BYTES = 4096
_PLACES = 2

_log = structlog.get_logger()


_decoder = msgspec.json.Decoder(LifeSign)


class LifeSignFile:
    """The file. `last` is what a former run left in it, None at a first start.

    `now` gives the present sign of life; its number is set here.
    """

    def __init__(self, path: Path, now: Callable[[], LifeSign]) -> None:
        self._path = path
        self._now = now
        self.last = _read(path)
        self._number = 0 if self.last is None else self.last.number
        self._failed = False

    def gap(self) -> Gap | None:
        """What the former run could not tell any more. Asked before the first `beat`."""
        return gap_between(self.last, self._now())

    async def run(self) -> NoReturn:
        """Leave a sign of life now and again, until cancelled."""
        while True:
            await asyncio.to_thread(self.beat)
            await asyncio.sleep(BEAT_S)

    def beat(self, *, stopped: bool = False) -> None:
        """Leave one. Blocks for as long as the disk takes; a disk that fails is said once in the log."""
        self._number += 1
        sign = msgspec.structs.replace(self._now(), number=self._number, stopped=stopped)
        try:
            _write(self._path, sign)
        except OSError as error:
            if not self._failed:
                _log.error("no sign of life can be left on disk", path=self._path, reason=error.strerror)
            self._failed = True
        else:
            self._failed = False


def _read(path: Path) -> LifeSign | None:
    """The newest of the two that is whole."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        _log.warning("the last sign of life cannot be read", path=path, reason=error.strerror)
        return None
    places = (content[start : start + _PLACE_BYTES] for start in range(0, _PLACES * _PLACE_BYTES, _PLACE_BYTES))
    whole = [sign for place in places if (sign := _decoded(place)) is not None]
    if not whole:
        _log.warning("the last sign of life is damaged: whether there was an outage is not known", path=path)
        return None
    return max(whole, key=lambda sign: sign.number)


def _write(path: Path, sign: LifeSign) -> None:
    body = msgspec.json.encode(sign)
    place = b"%08x\n%s\n" % (zlib.crc32(body), body)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.pwrite(file, place.ljust(_PLACE_BYTES), sign.number % _PLACES * _PLACE_BYTES)
        os.fdatasync(file)
    finally:
        os.close(file)


def _decoded(place: bytes) -> LifeSign | None:
    checksum, _, rest = place.partition(b"\n")
    body, _, _ = rest.partition(b"\n")
    if checksum != b"%08x" % zlib.crc32(body):
        return None
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError:
        return None
