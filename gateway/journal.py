"""The journal's own protocol: an event with its fields, so that `journalctl CANDELABRE_SERVER=main` finds it.

One datagram of `NAME=value` lines for each entry; a value of several lines is framed by its length; an entry that is
too long for a datagram is handed over in a sealed memory file. systemd's "Journal Native Protocol", and
systemd.journal-fields(7) for the names.
"""

import array
import errno
import fcntl
import functools
import json
import os
import re
import socket
from collections.abc import Mapping
from typing import Any

SOCKET_PATH = "/run/systemd/journal/socket"
IDENTIFIER = "candelabre"
PREFIX = "CANDELABRE_"
LONGEST_NAME = 64
# How long a journal that is busy is waited for; one that did not take the last line is not waited for at all.
PATIENCE_S = 0.2
# Keys that are the same thing, to whoever searches; and those that the journal has names of its own for.
ALIASES: Mapping[str, str] = {"backend": "SERVER"}
OWN_NAMES: Mapping[str, str] = {"pathname": "CODE_FILE", "lineno": "CODE_LINE", "func_name": "CODE_FUNC"}
SEALED = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
WARNING = 4
NEEDS_QUOTES = re.compile(r'[\s"=]')
NOT_FIELDS = frozenset({"level", "exception", "timestamp"})


def entry(priority: int, event: Mapping[str, Any]) -> bytes:
    """One event as the journal takes it: a readable MESSAGE, and a field for each key."""
    fields = {"MESSAGE": message(event), "PRIORITY": str(priority), "SYSLOG_IDENTIFIER": IDENTIFIER}
    for key, value in event.items():
        if key not in NOT_FIELDS and value is not None:
            fields[field_name(key)] = as_text(value)
            if key in ALIASES:
                fields[PREFIX + ALIASES[key]] = as_text(value)
    return b"".join(_field(name, value.encode(errors="replace")) for name, value in fields.items())


def message(event: Mapping[str, Any]) -> str:
    """An event for a person: what happened, then what is to be said of it; an exception's lines follow."""
    told = [str(event.get("event", ""))]
    told += [
        f"{key}={_quoted(as_text(value))}"
        for key, value in event.items()
        if key != "event" and key not in NOT_FIELDS and key not in OWN_NAMES and value is not None
    ]
    line = " ".join(told)
    return f"{line}\n{event['exception']}" if event.get("exception") else line


@functools.cache
def field_name(key: str) -> str:
    """The journal's name of a key: capitals, digits and underscores, 64 at most."""
    return OWN_NAMES.get(key) or (PREFIX + re.sub(r"[^A-Z0-9_]", "_", key.upper()))[:LONGEST_NAME]


def as_text(value: object) -> str:
    """A value as people and searches write it."""
    if isinstance(value, str):
        return value
    return repr(value) if type(value) in (int, float) else json.dumps(value, ensure_ascii=False, default=str)


def _quoted(text: str) -> str:
    return text if text and NEEDS_QUOTES.search(text) is None else json.dumps(text, ensure_ascii=False)


def _field(name: str, value: bytes) -> bytes:
    if b"\n" not in value:
        return b"%s=%s\n" % (name.encode(), value)
    return b"%s\n%s%s\n" % (name.encode(), len(value).to_bytes(8, "little"), value)


def is_there(path: str = SOCKET_PATH) -> bool:
    """Whether a journal takes entries there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


class JournalWriter:
    """Gives entries to the journal, and never fails: what it does not take is lost, and the next entry is told so.

    A journal that was restarted is found again. The methods are those that structlog calls.
    """

    def __init__(self, path: str = SOCKET_PATH) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.settimeout(PATIENCE_S)
        self._lost = 0

    def msg(self, content: bytes) -> None:
        """Write one entry, or count it."""
        try:
            if self._lost:
                self._send(entry(WARNING, {"event": "log lines could not be written", "lost": self._lost}))
            self._send(content)
        except OSError:
            self._lost += 1
            # The event loop waits for this: once is enough.
            self._socket.settimeout(0)
        else:
            if self._lost:
                self._lost = 0
                self._socket.settimeout(PATIENCE_S)

    def close(self) -> None:
        """Nothing is written any more."""
        self._socket.close()

    debug = info = warning = error = critical = exception = log = msg

    def _send(self, content: bytes) -> None:
        try:
            self._socket.sendto(content, self._path)
        except OSError as error:
            if error.errno not in (errno.EMSGSIZE, errno.ENOBUFS):
                raise
            self._send_file(content)

    def _send_file(self, content: bytes) -> None:
        """By way of a file in memory, which nobody can change any more."""
        descriptor = os.memfd_create("candelabre-log", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            file.write(content)
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, SEALED)
            passed = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))
            self._socket.sendmsg([], [passed], 0, self._path)
