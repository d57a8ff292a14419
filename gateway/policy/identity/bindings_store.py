"""Learnt bindings on disk. What is lost is learnt anew from the next uplinks, so that the file is written seldom.

The file is a line of text (format, checksum, number) and records of fixed size, the least recently seen first.
"""

import re
import struct
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from gateway.policy.identity.bindings import MOST_DEVICES, Binding
from radio.atomic_file import write_atomically

MODE = 0o600
SHORTEST_PERIOD_MS = 600_000
# Flash: a file of 100,000 devices is 2.9 MB and is then written every three hours.
MOST_BYTES_PER_HOUR = 1_000_000
HOUR_MS = 3_600_000

_HEADER = re.compile(rb"candelabre bindings 1 ([0-9a-f]{8}) ([0-9]{1,7})\n")
# DevEUI, DevAddr, whether there is a JoinEUI, JoinEUI, last seen.
_RECORD = struct.Struct("<QI?QQ")


def encode(bindings: Sequence[Binding]) -> bytes:
    """The file's content."""
    body = b"".join(
        [
            _RECORD.pack(
                binding.dev_eui,
                binding.dev_addr,
                binding.join_eui is not None,
                binding.join_eui or 0,
                binding.last_seen_ms,
            )
            for binding in bindings
        ]
    )
    return b"candelabre bindings 1 %08x %d\n" % (zlib.crc32(body), len(bindings)) + body


def decode(content: bytes) -> tuple[Binding, ...] | None:
    """The bindings of a file's content, None where it is not whole."""
    header = _HEADER.match(content)
    if header is None:
        return None
    body = content[header.end() :]
    if len(body) != int(header[2]) * _RECORD.size or zlib.crc32(body) != int(header[1], 16):
        return None
    return tuple(
        [
            Binding(dev_eui, dev_addr, last_seen_ms, join_eui if has_join_eui else None)
            for dev_eui, dev_addr, has_join_eui, join_eui, last_seen_ms in _RECORD.iter_unpack(body)
        ]
    )


class BindingsStore:
    """Keeps learnt bindings in one file. `due` and `changed` are cheap; `write` blocks, and may run in a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._revision = 0
        self._next_ms = 0

    def load(self) -> tuple[tuple[Binding, ...], str | None]:
        """What was kept, and what the maintainer should know of it, if anything. Writes nothing."""
        try:
            if self._path.stat().st_size > MOST_DEVICES * _RECORD.size + 64:
                return (), self._lost("too large")
            bindings = decode(self._path.read_bytes())
        except FileNotFoundError:
            return (), None
        except OSError as error:
            return (), self._lost(error.strerror or str(error))
        return ((), self._lost("damaged")) if bindings is None else (bindings, None)

    def changed(self, revision: int) -> bool:
        """Whether the bindings, at this revision, are others than those kept: to be asked at a stop."""
        return revision != self._revision

    def due(self, revision: int, now_ms: int) -> bool:
        """Whether it is time to write."""
        return self.changed(revision) and now_ms >= self._next_ms

    def write(self, bindings: Iterable[Binding], revision: int, now_ms: int) -> None:
        """Put these in the file's place, on disk when this returns.

        Raises:
            OSError: it could not be written; the old file stays, and it is tried again after the usual time.
        """
        content = encode(tuple(bindings))
        self._next_ms = now_ms + max(SHORTEST_PERIOD_MS, len(content) * HOUR_MS // MOST_BYTES_PER_HOUR)
        write_atomically(self._path, content, MODE)
        self._revision = revision

    def _lost(self, reason: str) -> str:
        return f"learnt bindings {self._path}: {reason}. Which device uses which DevAddr is learnt anew"
