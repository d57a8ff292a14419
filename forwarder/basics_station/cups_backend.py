"""A Basics Station backend whose server may move: CUPS says where it is and who we are, and we connect there."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec
import structlog

from forwarder.backend import Backend, BackendCounters, Deliver, EmissionId, GatewayStats, OnFate, Uplink
from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.cups_schedule import first_contact_s, hurried_s, next_contact_s
from forwarder.basics_station.cups_session import Contact, CupsSession
from forwarder.basics_station.cups_sets import Chosen, connection_config
from forwarder.basics_station.cups_standing import Kind
from forwarder.basics_station.xtime import Draw
from forwarder.beat import DISK_S, Beat


class LnsBackend(Backend, Protocol):
    """A backend that can go to another server, and has the concentrator's counter in its messages."""

    def change(self, config: BasicsStationConfig) -> None:
        """Go to the server of another configuration, with its credentials."""

    def radio_started(self) -> None:
        """The concentrator counter has begun anew."""


OnLink = Callable[[BasicsStationConfig, bool], None]
"""Told by which configuration an LNS was tried, and True when it is ready, False each time that there is no connection,
or none any more.
"""
MakeLns = Callable[[BasicsStationConfig, OnLink], LnsBackend]


class CupsBackend:
    """A network server found by CUPS; implements `forwarder.backend.Backend`.

    While no LNS is known uplinks are dropped, counted, and given back to whoever gave them with a key. `make` makes the
    backend for the first LNS that is known, which goes from there to the others.
    """

    keeps_order = True
    """As an LNS's does: one connection after the other, each in order."""

    def __init__(
        self,
        config: BasicsStationConfig,
        session: CupsSession,
        make: MakeLns,
        interval_s: float,
        *,
        draw: Draw = secrets.randbelow,
    ) -> None:
        self._config = config
        self._session = session
        self._make = make
        self._interval_s = interval_s
        self._draw = draw
        self._log = structlog.get_logger().bind(backend=config.name)
        self._lns: LnsBackend | None = None
        # The sets that connections are made with: the one in use, and the one before it, of which news may still come.
        self._names: dict[BasicsStationConfig, str] = {}
        self._dropped = 0
        self._on_fate: OnFate | None = None
        self._news: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()
        self._changed = asyncio.Event()
        self._hurried = asyncio.Event()
        self._beat = Beat()

    @property
    def name(self) -> str:
        """The name given in the configuration."""
        return self._config.name

    @property
    def on_fate(self) -> OnFate | None:
        """See `forwarder.backend.Backend`."""
        return self._on_fate

    @on_fate.setter
    def on_fate(self, told: OnFate | None) -> None:
        self._on_fate = told
        if self._lns is not None:
            self._lns.on_fate = told

    @property
    def counters(self) -> BackendCounters:
        """A snapshot."""
        counters = BackendCounters() if self._lns is None else self._lns.counters
        dropped = counters.uplinks_dropped + self._dropped
        return msgspec.structs.replace(counters, uplinks_dropped=dropped, beat_s=self._last_beat_s(counters.beat_s))

    async def run(self, deliver: Deliver) -> None:
        """Keep in touch with CUPS and connected to the LNS until cancelled."""
        self._beat.begin("LNS", "judge", "CUPS")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._serve(deliver))
            tasks.create_task(self._judge())
            tasks.create_task(self._keep_in_touch())

    def send_uplinks(self, uplinks: Sequence[Uplink]) -> None:
        """Send what one poll of the radio returned, where there is an LNS."""
        if self._lns is not None:
            self._lns.send_uplinks(uplinks)
            return
        self._dropped += len(uplinks)
        keys = [uplink.key for uplink in uplinks if uplink.key]
        if keys and self._on_fate is not None:
            self._on_fate(keys, False)

    def send_stats(self, stats: GatewayStats) -> None:
        """See `forwarder.backend.Backend`."""
        if self._lns is not None:
            self._lns.send_stats(stats)

    def emission_ended(self, emission: EmissionId, failure: str) -> None:
        """See `forwarder.backend.Backend`."""
        if self._lns is not None:
            self._lns.emission_ended(emission, failure)

    def radio_started(self) -> None:
        """The concentrator counter has begun anew."""
        if self._lns is not None:
            self._lns.radio_started()

    def _last_beat_s(self, lns_s: float | None) -> float | None:
        own_s = self._beat.last_s
        return own_s if own_s is None or lns_s is None else min(own_s, lns_s)

    async def _serve(self, deliver: Deliver) -> None:
        """One LNS after the other, by one backend."""
        while (chosen := await self._known_lns("LNS")) is None:
            self._log.info("no LNS is known yet: CUPS is asked for it")
            await self._beat.wait("LNS", self._changed.wait)
            self._changed.clear()
        lns = self._make(self._connection(chosen), self._heard)
        lns.on_fate = self._on_fate
        self._lns = lns
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(lns.run(deliver))
            tasks.create_task(self._follow(lns, chosen))

    async def _follow(self, lns: LnsBackend, current: Chosen) -> None:
        """Wherever the sets lead."""
        while True:
            await self._beat.wait("LNS", self._changed.wait)
            self._changed.clear()
            chosen = await self._known_lns("LNS")
            if chosen is not None and chosen != current:
                current = chosen
                lns.change(self._connection(chosen))

    async def _known_lns(self, loop: str) -> Chosen | None:
        self._beat.at_work(loop, DISK_S)
        return await self._session.lns()

    def _connection(self, chosen: Chosen) -> BasicsStationConfig:
        config = connection_config(self._config, chosen)
        self._names = dict([*self._names.items(), (config, chosen.name)][-2:])
        return config

    def _heard(self, config: BasicsStationConfig, ready: bool) -> None:
        name = self._names.get(config)
        if name is not None:
            self._news.put_nowait((name, ready))

    async def _judge(self) -> None:
        """Which credentials work, as the connection tells."""
        while True:
            name, ready = await self._beat.wait("judge", self._news.get)
            self._beat.at_work("judge", DISK_S)
            if ready:
                self._tell(await self._session.lns_worked(name))
            elif await self._session.lns_failed(name):
                self._hurried.set()
                chosen = await self._session.lns()
                if chosen is None or chosen.name != name:
                    self._log.warning("the LNS is not reached: other credentials, or another address, are tried")
                    self._changed.set()

    async def _keep_in_touch(self) -> None:
        failures = 0
        last_s = -self._interval_s
        has_lns = await self._known_lns("CUPS") is not None
        due_s = _now_s() + first_contact_s(self._draw, has_lns=has_lns)
        while True:
            await self._until(due_s, last_s)
            self._beat.at_work("CUPS", self._longest_contact_s)
            contact = await self._session.contact()
            last_s = _now_s()
            failures = failures + 1 if contact.failure else 0
            cups_changed = Kind.CUPS in contact.changed
            delay_s = next_contact_s(failures, self._interval_s, self._draw, cups_changed=cups_changed)
            due_s = last_s + delay_s
            self._report(contact, delay_s)
            if Kind.LNS in contact.changed:
                self._changed.set()

    async def _until(self, due_s: float, last_s: float) -> None:
        """Until a contact is due, or sooner if the LNS is not reached."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(due_s):
                await self._beat.wait("CUPS", self._hurried.wait)
        self._hurried.clear()
        await self._beat.sleep("CUPS", hurried_s(due_s, last_s, _now_s()) - _now_s())

    @property
    def _longest_contact_s(self) -> float:
        cups = self._config.cups
        return DISK_S if cups is None else DISK_S + cups.timeout_s + cups.hook_timeout_s

    def _report(self, contact: Contact, next_in_s: float) -> None:
        self._tell(contact.remarks)
        if contact.failure:
            self._log.warning("CUPS gave no update", reason=printable(contact.failure), next_in_s=round(next_in_s))
        else:
            changed = sorted(str(kind) for kind in contact.changed)
            self._log.info("CUPS was asked", changed=changed, next_in_s=round(next_in_s))

    def _tell(self, remarks: Sequence[str]) -> None:
        for remark in remarks:
            self._log.warning("CUPS", remark=printable(remark))


def printable(text: str) -> str:
    """What a server said, so that it can do nothing to a terminal or a log."""
    return "".join(character if character.isprintable() else "?" for character in text[:300])


def _now_s() -> float:
    return asyncio.get_running_loop().time()
