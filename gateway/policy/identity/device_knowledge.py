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
from gateway.policy.identity.session_keys import Keyring, credential_path, read_keys
from gateway.policy.source.policy_file import UnreadableError, read_regular_file

LOOK_S = 10.0
CREDENTIAL_PREFIX = "credential:"

_log = structlog.get_logger()


class DeviceKnowledge:
    """Bindings and keys, kept up to date. `authenticator` is None where the configuration names no keys."""

    def __init__(
        self, section: PolicySection, store_path: Path, region: str, ledger: Ledger, now_ms: Callable[[], int]
    ) -> None:
        """Read what the files hold.

        Raises:
            ConfigError: a file that the configuration names cannot be used.
        """
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
        self.authenticator: Authenticator | None = None
        if self._session_keys is not None:
            self.authenticator = Authenticator(self._read_keys(self._session_keys), self.bindings, region)
        if self._bindings_file is not None:
            self._stamp = _stamp(self._bindings_file)
            self.bindings.replace_written(_written(self._bindings_file))

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
        now_ms = self._now_ms()
        joined = event.is_join
        if joined:
            self.bindings.joined(event.dev_eui, event.dev_addr, now_ms)
        else:
            joined = self.bindings.seen(event.dev_eui, event.dev_addr, now_ms)
        if joined and self.authenticator is not None and self.authenticator.keyring.joined(event.dev_eui):
            _log.info("a device joined: its session keys are used no more", dev_eui=f"{event.dev_eui:016X}")
        if len(self.bindings.at(event.dev_addr)) == 1:
            self._ledger.adopt(~event.dev_addr, event.dev_eui, now_ms)

    def reload(self) -> None:
        """Read the files again; one that cannot be used changes nothing."""
        try:
            if self.authenticator is not None and self._session_keys is not None:
                self.authenticator.keyring = self._read_keys(self._session_keys)
        except ConfigError as error:
            _log.error("session keys cannot be used: those read before stay", reason=str(error))
        self._reload_bindings()

    async def run(self) -> NoReturn:
        """Look at the bindings file, and keep what is learnt, until cancelled."""
        try:
            while True:
                await asyncio.sleep(LOOK_S)
                if self._bindings_file is not None and _stamp(self._bindings_file) != self._stamp:
                    self._reload_bindings()
                if self._store.due(self.bindings.revision, self._now_ms()):
                    learnt, revision = self.bindings.learnt(), self.bindings.revision
                    await asyncio.to_thread(self._write, learnt, revision)
        finally:
            if self._store.changed(self.bindings.revision):
                self._write(self.bindings.learnt(), self.bindings.revision)

    def _write(self, learnt: tuple[Binding, ...], revision: int) -> None:
        try:
            self._store.write(learnt, revision, self._now_ms())
        except OSError as error:
            _log.error("bindings cannot be kept: a restart learns them anew", reason=error.strerror)

    def _reload_bindings(self) -> None:
        if self._bindings_file is None:
            return
        self._stamp = _stamp(self._bindings_file)
        try:
            self.bindings.replace_written(_written(self._bindings_file))
        except ConfigError as error:
            _log.error("the bindings file cannot be used: what it said before stays", reason=str(error))

    def _read_keys(self, source: str) -> Keyring:
        if source.startswith(CREDENTIAL_PREFIX):
            return Keyring(read_keys(credential_path(source.removeprefix(CREDENTIAL_PREFIX)), is_credential=True))
        return Keyring(read_keys(Path(source)))


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
