"""What the gateway knows of devices beside the policy: their DevAddrs, as a server says, and some of their keys."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import structlog

from forwarder.counted_warning import CountedWarning
from gateway.broker.settings import Message
from gateway.config.policy_section import PolicySection
from gateway.config.problems import ConfigError, Problem
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.identity.authenticity import Authenticator
from gateway.policy.identity.binding_events import LARGEST_FILE_BYTES, EventRefusal, parse_bindings_file, read_event
from gateway.policy.identity.bindings import Binding, Bindings
from gateway.policy.identity.bindings_store import BindingsStore
from gateway.policy.identity.session_keys import Keyring, read_keys
from gateway.policy.source.policy_file import UnreadableError, read_regular_file

LOOK_S = 10.0

_log = structlog.get_logger()


class DeviceKnowledge:
    """Bindings and keys, kept up to date. `authenticator` is None where the configuration names no keys."""

    def __init__(
        self, section: PolicySection, store_path: Path, region: str, ledger: Ledger, now_ms: Callable[[], int]
    ) -> None:
        """Read what the files hold. One that cannot be used is told, and is as empty until it is read again."""
        self._store = BindingsStore(store_path)
        self._ledger = ledger
        self._now_ms = now_ms
        self._bindings_file = None if section.bindings_file is None else Path(section.bindings_file)
        self._session_keys = section.session_keys
        self._refused_event = CountedWarning(_log, "an event of the network server cannot be used")
        self._stamp: tuple[int, ...] | None = None
        learnt, note = self._store.load()
        if note is not None:
            _log.warning("bindings", note=note)
        self.bindings = Bindings(learnt)
        self._reload_wanted = asyncio.Event()
        self._unwritten = CountedWarning(_log, "a binding cannot be written: a power cut would lose it")
        self.may_adopt: Callable[[int, int], bool] = lambda _dev_addr, _dev_eui: True
        """Whether what was charged to a DevAddr may be held against a device: both are one depositor's."""
        self.authenticator: Authenticator | None = None
        if self._session_keys is not None:
            self.authenticator = Authenticator(Keyring(), self.bindings, region)
            self._read_session_keys()
        if self._bindings_file is not None:
            self._stamp = _stamp(self._bindings_file)
            self.bindings.replace_written(_written_or_none(self._bindings_file) or ())

    def take_message(self, message: Message) -> None:
        """Learn from an event of the network server. One that the broker kept is of the past: nothing is learnt."""
        if message.retained:
            return
        event = read_event(message.topic, message.payload)
        if event is EventRefusal.OTHER_TOPIC:
            return
        if isinstance(event, EventRefusal):
            self._refused_event.happened(topic=message.topic, reason=event.value)
            return
        now_ms, revision = self._now_ms(), self.bindings.revision
        is_first = self.bindings.of(event.dev_eui) is None
        joined = event.is_join
        if joined:
            self.bindings.joined(event.dev_eui, event.dev_addr, now_ms)
        else:
            joined = self.bindings.seen(event.dev_eui, event.dev_addr, now_ms)
        if joined:
            self._forget_keys(event.dev_eui)
        if self.bindings.revision != revision:
            self._note(event.dev_eui)
        # After a join the address is new to the device: what was charged to it was another's.
        alone = len(self.bindings.at(event.dev_addr)) == 1
        if is_first and alone and not event.is_join and self.may_adopt(event.dev_addr, event.dev_eui):
            self._ledger.adopt(~event.dev_addr, event.dev_eui, now_ms)

    def accepted_join(self, join_eui: int | None, dev_eui: int) -> None:
        """The gateway sends a join accept: the server has found the join request genuine."""
        if join_eui is not None:
            self.bindings.heard_join(join_eui, dev_eui)
        self._forget_keys(dev_eui)

    def reload(self) -> None:
        """Have the files read again soon; one that cannot be used changes nothing."""
        self._reload_wanted.set()

    async def read_files(self) -> None:
        """Read the files again, on a thread: large ones take longer than a downlink may wait."""
        await asyncio.to_thread(self._read_session_keys)
        await self._read_bindings_file()

    async def run(self) -> NoReturn:
        """Look at the files, and keep what is learnt, until cancelled."""
        try:
            while True:
                await self._next_look()
                if self._bindings_file is not None and _stamp(self._bindings_file) != self._stamp:
                    await self._read_bindings_file()
                if self._store.due(self.bindings.revision, self._now_ms()):
                    self._store.set_log_aside()
                    learnt, revision = self.bindings.learnt(), self.bindings.revision
                    await asyncio.to_thread(self._write, learnt, revision)
        finally:
            if self._store.changed(self.bindings.revision):
                self._store.set_log_aside()
                self._write(self.bindings.learnt(), self.bindings.revision)

    async def _next_look(self) -> None:
        try:
            async with asyncio.timeout(LOOK_S):
                await self._reload_wanted.wait()
        except TimeoutError:
            return
        self._reload_wanted.clear()
        await self.read_files()

    def _note(self, dev_eui: int) -> None:
        binding = self.bindings.of(dev_eui)
        if binding is None:
            return
        try:
            self._store.note(binding)
        except OSError as error:
            self._unwritten.happened(reason=error.strerror)

    def _forget_keys(self, dev_eui: int) -> None:
        if self.authenticator is not None and self.authenticator.keyring.joined(dev_eui):
            _log.info("a device joined: its session keys are used no more", dev_eui=f"{dev_eui:016X}")

    def _write(self, learnt: tuple[Binding, ...], revision: int) -> None:
        try:
            self._store.write(learnt, revision, self._now_ms())
        except OSError as error:
            self._unwritten.happened(reason=error.strerror)

    def _read_session_keys(self) -> None:
        if self.authenticator is None or self._session_keys is None:
            return
        try:
            self.authenticator.keyring = Keyring(read_keys(self._session_keys))
        except ConfigError as error:
            _log.error("session keys cannot be used: those read before stay", reason=str(error))

    async def _read_bindings_file(self) -> None:
        if self._bindings_file is None:
            return
        self._stamp = _stamp(self._bindings_file)
        written = await asyncio.to_thread(_written_or_none, self._bindings_file)
        if written is not None:
            self.bindings.replace_written(written)


def _written_or_none(path: Path) -> tuple[Binding, ...] | None:
    """What a bindings file says; None, and an error in the log, where it cannot be used."""
    try:
        return _written(path)
    except ConfigError as error:
        _log.error("the bindings file cannot be used: what it said before stays", reason=str(error))
        return None


def _written(path: Path) -> tuple[Binding, ...]:
    """What a bindings file says. Raises ConfigError."""
    try:
        content = read_regular_file(path, LARGEST_FILE_BYTES, follow_links=True)
    except UnreadableError as error:
        raise ConfigError(str(path), [Problem("", None, str(error))]) from error
    if content is None:
        raise ConfigError(str(path), [Problem("", None, "there is no such file")])
    return parse_bindings_file(content, str(path))


def _stamp(path: Path) -> tuple[int, ...] | None:
    """What changes when the file does."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
