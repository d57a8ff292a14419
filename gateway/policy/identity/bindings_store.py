"""Learnt bindings on disk: all of them in one file that is written seldom, and what is new since in a log beside it.

A lost binding could shut a device out: its frames would be nobody's, and the network server would not hear of it. So
each new one is appended at once, which no kill of the process loses. The file is a line of text (format, checksum,
number) and records of fixed size, the least recently seen first; the log has records with a checksum each.
"""

import contextlib
import os
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
_CHECKSUM = struct.Struct("<I")
_LOGGED_BYTES = _RECORD.size + _CHECKSUM.size
# Past this many the whole is written anew, whatever the time.
MOST_LOGGED = 20_000


def bindings_path(state_dir: Path) -> Path:
    """Where a gateway keeps what it learnt of bindings."""
    return state_dir / "bindings"


def encode(bindings: Sequence[Binding]) -> bytes:
    """The file's content."""
    body = b"".join([_record(binding) for binding in bindings])
    return b"candelabre bindings 1 %08x %d\n" % (zlib.crc32(body), len(bindings)) + body


def decode(content: bytes) -> tuple[Binding, ...] | None:
    """The bindings of a file's content, None where it is not whole."""
    header = _HEADER.match(content)
    if header is None:
        return None
    body = content[header.end() :]
    if len(body) != int(header[2]) * _RECORD.size or zlib.crc32(body) != int(header[1], 16):
        return None
    return tuple([_binding(fields) for fields in _RECORD.iter_unpack(body)])


def decode_log(content: bytes) -> list[Binding]:
    """The bindings of a log, up to where it is not whole."""
    bindings: list[Binding] = []
    for start in range(0, len(content) - _LOGGED_BYTES + 1, _LOGGED_BYTES):
        record = content[start : start + _RECORD.size]
        (checksum,) = _CHECKSUM.unpack_from(content, start + _RECORD.size)
        if checksum != zlib.crc32(record):
            break
        bindings.append(_binding(_RECORD.unpack(record)))
    return bindings


def _record(binding: Binding) -> bytes:
    has_join_eui = binding.join_eui is not None
    return _RECORD.pack(binding.dev_eui, binding.dev_addr, has_join_eui, binding.join_eui or 0, binding.last_seen_ms)


def _binding(fields: tuple[int, int, bool, int, int]) -> Binding:
    dev_eui, dev_addr, has_join_eui, join_eui, last_seen_ms = fields
    return Binding(dev_eui, dev_addr, last_seen_ms, join_eui if has_join_eui else None)


class BindingsStore:
    """Keeps learnt bindings. `due` and `changed` are cheap; `write` blocks, and may run in a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log_path = path.with_name(f"{path.name}.log")
        self._old_log_path = path.with_name(f"{path.name}.log.old")
        self._log: int | None = None
        self._logged = 0
        self._revision = 0
        self._next_ms = 0

    def load(self) -> tuple[tuple[Binding, ...], str | None]:
        """What was kept, and what the maintainer should know of it, if anything. Writes nothing."""
        kept, problem = self._load_file()
        latest = {binding.dev_eui: binding for binding in kept}
        logged = [*self._load_log(self._old_log_path), *self._load_log(self._log_path)]
        for binding in logged:
            known = latest.get(binding.dev_eui)
            if known is None or known.last_seen_ms <= binding.last_seen_ms:
                latest.pop(binding.dev_eui, None)
                latest[binding.dev_eui] = binding
        return tuple(latest.values()), problem

    def note(self, binding: Binding) -> None:
        """Append a new binding; no kill of the process loses it.

        Raises:
            OSError: it could not be written.
        """
        if self._log is None:
            self._log_path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
            self._log = os.open(self._log_path, flags, MODE)
            # Half a record, as a power cut leaves it, would spoil all that follow.
            os.ftruncate(self._log, os.fstat(self._log).st_size // _LOGGED_BYTES * _LOGGED_BYTES)
        record = _record(binding)
        os.write(self._log, record + _CHECKSUM.pack(zlib.crc32(record)))
        self._logged += 1

    def changed(self, revision: int) -> bool:
        """Whether the bindings, at this revision, are others than those kept: to be asked at a stop."""
        return revision != self._revision

    def due(self, revision: int, now_ms: int) -> bool:
        """Whether it is time to write."""
        return self.changed(revision) and (now_ms >= self._next_ms or self._logged >= MOST_LOGGED)

    def set_log_aside(self) -> None:
        """Have what is noted from now on outlive the next `write`, which is of what there is now. Never raises."""
        if self._log is not None:
            os.close(self._log)
            self._log, self._logged = None, 0
        if not self._old_log_path.exists():
            with contextlib.suppress(OSError):  # then it stays, and is read again without harm
                self._log_path.rename(self._old_log_path)

    def write(self, bindings: Iterable[Binding], revision: int, now_ms: int) -> None:
        """Put these in the file's place, on disk when this returns; comes after `set_log_aside`.

        Raises:
            OSError: it could not be written; the old file stays, and it is tried again after the usual time.
        """
        content = encode(tuple(bindings))
        self._next_ms = now_ms + max(SHORTEST_PERIOD_MS, len(content) * HOUR_MS // MOST_BYTES_PER_HOUR)
        write_atomically(self._path, content, MODE)
        self._old_log_path.unlink(missing_ok=True)
        self._revision = revision

    def _load_file(self) -> tuple[tuple[Binding, ...], str | None]:
        try:
            if self._path.stat().st_size > MOST_DEVICES * _RECORD.size + 64:
                return (), self._lost("too large")
            bindings = decode(self._path.read_bytes())
        except FileNotFoundError:
            return (), None
        except OSError as error:
            return (), self._lost(error.strerror or str(error))
        return ((), self._lost("damaged")) if bindings is None else (bindings, None)

    def _load_log(self, path: Path) -> list[Binding]:
        try:
            with path.open("rb") as file:
                return decode_log(file.read(4 * MOST_LOGGED * _LOGGED_BYTES))
        except OSError:
            return []

    def _lost(self, reason: str) -> str:
        return f"learnt bindings {self._path}: {reason}. Which device uses which DevAddr is learnt anew"
