"""What is to be told and not yet accepted, on disk. SQLite: one file, in which a change is whole or has not been.

A notice is stored once, with a row for each lane that it still waits on. Notices that wait nowhere are kept for a
while, so that one which is told again after a crash is known.
"""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from gateway.notices.notice import Lane, Notice

FILE = "outbox.sqlite"
FORMAT = 1
MODE, DIRECTORY_MODE = 0o600, 0o700
MOST_REMEMBERED = 500
"""Notices that wait nowhere any more."""

SCHEMA = f"""
BEGIN;
CREATE TABLE notice (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, content BLOB NOT NULL);
CREATE TABLE waiting (
    depositor TEXT NOT NULL, contact TEXT NOT NULL, channel TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (depositor, contact, channel, number)
) WITHOUT ROWID;
CREATE INDEX waiting_number ON waiting (number);
CREATE TABLE lane (
    depositor TEXT NOT NULL, contact TEXT NOT NULL, channel TEXT NOT NULL,
    allowed REAL NOT NULL, unix_ms INTEGER NOT NULL, lost INTEGER NOT NULL,
    PRIMARY KEY (depositor, contact, channel)
) WITHOUT ROWID;
PRAGMA user_version = {FORMAT};
COMMIT;
"""


class OutboxError(Exception):
    """The disk does not take a change; the text says why."""


class Put(msgspec.Struct, frozen=True):
    """A notice begins to wait on these lanes."""

    notice: Notice
    lanes: tuple[Lane, ...]


class LaneState(msgspec.Struct, frozen=True):
    """How many messages may go on a lane, as of a time of the host's clock, and how many notices were lost."""

    allowed: float
    unix_ms: int
    lost: int


class Settle(msgspec.Struct, frozen=True):
    """Notices wait on this lane no more. Without a state the lane has come to its end."""

    lane: Lane
    numbers: tuple[int, ...]
    state: LaneState | None


Change = Put | Settle


class Stored(msgspec.Struct, frozen=True):
    """All that was found: what waits on each lane, oldest first; the lanes; and the notices that are remembered.

    `problem` says why an older file could not be used, if there was one.
    """

    waiting: dict[Lane, list[Notice]]
    lanes: dict[Lane, LaneState]
    known: dict[str, int]
    problem: str | None = None


class OutboxFile:
    """One outbox in one directory. One thread uses it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / FILE
        self._database: sqlite3.Connection | None = None

    def load(self) -> Stored:
        """Open it and read all. What cannot be read is set aside, and a new one begun.

        Raises:
            OutboxError: not even a new one can be used.
        """
        try:
            return self._read(None)
        except (sqlite3.DatabaseError, msgspec.MsgspecError, OSError) as error:
            self.close()
            problem = str(error)
        try:
            self._set_aside()
            return self._read(problem)
        except (sqlite3.DatabaseError, OSError) as error:
            self.close()
            raise OutboxError(str(error)) from error

    def apply(self, changes: Sequence[Change]) -> None:
        """All of these changes, or none. When this returns, no power cut undoes them.

        Raises:
            OutboxError: none of them was made.
        """
        try:
            database = self._database or self._open()
            database.execute("BEGIN IMMEDIATE")
            try:
                for change in changes:
                    _make(database, change)
                _forget(database)
                database.execute("COMMIT")
            except sqlite3.Error:
                with suppress(sqlite3.Error):
                    database.execute("ROLLBACK")
                raise
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise OutboxError(str(error)) from error

    def close(self) -> None:
        """Let go of the file."""
        if self._database is not None:
            with suppress(sqlite3.Error):
                self._database.close()
            self._database = None

    def _read(self, problem: str | None) -> Stored:
        database = self._open()
        found = database.execute("PRAGMA quick_check(1)").fetchone()
        if found != ("ok",):
            raise sqlite3.DatabaseError(f"damaged: {found}")
        decoder = msgspec.json.Decoder(Notice)
        rows = database.execute("SELECT number, id, content FROM notice ORDER BY number").fetchall()
        notices = {number: decoder.decode(content) for number, _, content in rows}
        waiting: dict[Lane, list[Notice]] = {}
        for depositor, contact, channel, number in database.execute("SELECT * FROM waiting ORDER BY number"):
            waiting.setdefault(Lane(depositor, contact, channel), []).append(notices[number])
        lanes = {
            Lane(depositor, contact, channel): LaneState(allowed, unix_ms, lost)
            for depositor, contact, channel, allowed, unix_ms, lost in database.execute("SELECT * FROM lane")
        }
        return Stored(waiting, lanes, {identity: number for number, identity, _ in rows}, problem)

    def _open(self) -> sqlite3.Connection:
        self._directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE))
        database = self._database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        # A commit is one write to the log and one sync; the log is copied into the file now and then, and stays small.
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA wal_autocheckpoint = 64")
        database.execute("PRAGMA journal_size_limit = 524288")
        (found,) = database.execute("PRAGMA user_version").fetchone()
        if found == 0:
            database.executescript(SCHEMA)
            self._sync_name()
        elif found != FORMAT:
            raise sqlite3.DatabaseError(f"of format {found}, which this version does not know")
        return database

    def _set_aside(self) -> None:
        """Keep what cannot be read for whoever wants to know, in the place of what was kept so before."""
        for suffix in ("", "-wal", "-shm"):
            path = self._path.with_name(self._path.name + suffix)
            if path.exists():
                path.replace(path.with_name(path.name + ".unreadable"))

    def _sync_name(self) -> None:
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _make(database: sqlite3.Connection, change: Change) -> None:
    match change:
        case Put(notice, lanes):
            content = msgspec.json.encode(notice)
            database.execute("INSERT OR IGNORE INTO notice VALUES (?, ?, ?)", (notice.number, notice.id, content))
            database.executemany(
                "INSERT OR IGNORE INTO waiting VALUES (?, ?, ?, ?)", [(*_key(lane), notice.number) for lane in lanes]
            )
        case Settle(lane, numbers, state):
            database.executemany(
                "DELETE FROM waiting WHERE depositor = ? AND contact = ? AND channel = ? AND number = ?",
                [(*_key(lane), number) for number in numbers],
            )
            if state is None:
                database.execute("DELETE FROM lane WHERE depositor = ? AND contact = ? AND channel = ?", _key(lane))
            else:
                row = (*_key(lane), state.allowed, state.unix_ms, state.lost)
                database.execute("INSERT OR REPLACE INTO lane VALUES (?, ?, ?, ?, ?, ?)", row)


def _key(lane: Lane) -> tuple[str, str, str]:
    return lane.depositor, lane.contact, lane.channel


def _forget(database: sqlite3.Connection) -> None:
    database.execute(
        "DELETE FROM notice WHERE number <= (SELECT max(number) FROM notice) - ?"
        " AND NOT EXISTS (SELECT 1 FROM waiting WHERE waiting.number = notice.number)",
        (MOST_REMEMBERED,),
    )


def numbers_of(notices: Iterable[Notice]) -> tuple[int, ...]:
    """What notices are called in the file."""
    return tuple(notice.number for notice in notices)
