"""Notices at work in the daemon: kept first, then sent to each contact until it has them.

An event becomes a notice, the notice goes to the disk, and from there into the lanes of the depositor's contacts. Each
lane sends one message at a time, in a thread that nobody waits for. What a contact has taken is noted on disk at once;
a kill in between makes it get that one message twice, and never not at all.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NoReturn

import msgspec
import structlog

from gateway.broker.own_thread import in_own_thread
from gateway.link.incident import IncidentEvent
from gateway.notices.channel import Channel, ChannelError
from gateway.notices.combined import message_of
from gateway.notices.compose import notice_id, notice_of
from gateway.notices.delivery import Pace, Parcel
from gateway.notices.fate import Fate
from gateway.notices.from_incident import Explain, by_detail, news_of
from gateway.notices.lanes import LaneReport, Lanes
from gateway.notices.news import News, Setting
from gateway.notices.notice import Lane, Notice
from gateway.notices.outbox import Outbox
from gateway.notices.outbox_file import OutboxFile, Put, Settle, Stored, numbers_of
from gateway.notices.recipients import addresses_of, setting_of
from gateway.policy.document import Policy

_log = structlog.get_logger()

AT_ONCE = 2
"""Messages that one channel sends at the same time."""
LONGEST_ATTEMPT_S = 180.0
DISK_PATIENCE_S = 5.0
"""What the disk has not taken by then goes on all the same."""
MOST_KNOWN = 2_000


class NoticesState(msgspec.Struct, frozen=True):
    """How things stand: notices that wait, messages that were accepted, notices that had to make room."""

    waiting: int
    delivered: int
    dropped: int
    disk_error: str | None
    lanes: tuple[LaneReport, ...]


class Notifier:
    """Tells depositors. `gateway` and `gateway_eui` say which gateway this is, `unix_time_s` the time if it is sure."""

    def __init__(
        self,
        directory: Path,
        channels: Mapping[str, Channel],
        gateway: str,
        gateway_eui: str,
        unix_time_s: Callable[[], int | None],
        *,
        pace: Pace | None = None,
        explain: Explain = by_detail,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Read what is kept; blocks for a disk at most. Needs a running event loop.

        Raises:
            OutboxError: nothing can be kept in that directory.
        """
        file = OutboxFile(directory)
        stored = file.load()
        if stored.problem is not None:
            _log.error("the notices that waited are lost: their file cannot be read", reason=stored.problem)
        self._channels = channels
        self._gateway = (gateway, gateway_eui)
        self._unix_time_s = unix_time_s
        self._explain = explain
        self._chance = chance
        self._policy: Policy | None = None
        self._setting = Setting(gateway, gateway_eui, "", "UTC")
        self._addresses: dict[Lane, str] = {}
        self._lanes = Lanes(pace or Pace())
        self._known = dict(stored.known)
        self._next_number = max(stored.known.values(), default=0) + 1
        self._unkept: dict[str, asyncio.Future[bool]] = {}
        self._outside: dict[int, tuple[Notice | None, tuple[Lane, ...]]] = {}
        self._delivered = self._dropped = 0
        self._news = asyncio.Event()
        self._room = {name: asyncio.Semaphore(AT_ONCE) for name in channels}
        self.on_fate: list[Callable[[Fate], None]] = []
        self._resume(stored)
        self._outbox = Outbox(file)

    @property
    def state(self) -> NoticesState:
        """How things stand."""
        lanes = tuple(self._lanes.reports().values())
        waiting = sum(lane.waiting for lane in lanes)
        return NoticesState(waiting, self._delivered, self._dropped, self._outbox.error, lanes)

    def follow(self, policy: Policy | None) -> None:
        """Tell the contacts of this policy from now on. Without one, those of the last stay."""
        if policy is None:
            return
        before, self._policy = self._addresses, policy
        self._setting = setting_of(policy, *self._gateway)
        self._addresses = addresses_of(policy, self._channels.keys())
        for lane, address in self._addresses.items():
            if before.get(lane) != address:
                self._lanes.try_now(lane)
        for lane, notices in self._lanes.withdraw(self._addresses):
            self._outbox.write(Settle(lane, numbers_of(notices), None), _nobody_waits)
            self._tell_fate(lane, notices, "withdrawn")
        self._news.set()

    def tell(self, event: IncidentEvent) -> asyncio.Future[bool]:
        """Tell an incident's depositor. The future is done once the disk has it: from then on no crash loses it."""
        language = self._language(event.incident.depositor)
        return self.tell_news(news_of(event, self._explain(event, language)), event.incident.depositor)

    def tell_news(self, news: News, depositor: str) -> asyncio.Future[bool]:
        """Tell a depositor. The result says whether it was new; what was told before is not told again."""
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        identity = notice_id(news)
        if identity in self._unkept:
            return self._unkept[identity]
        if identity in self._known:
            kept.set_result(False)
            return kept
        language, number = self._language(depositor), self._next_number
        unix_s = self._unix_time_s()
        notice = notice_of(news, depositor, language, self._setting, number=number, unix_s=unix_s)
        lanes = self._lanes_of(depositor)
        self._next_number += 1
        self._remember(identity, number)
        self._unkept[identity] = kept
        loop = asyncio.get_running_loop()
        self._outside[number] = (notice, lanes)
        loop.call_later(DISK_PATIENCE_S, self._admit, number)

        def written(done: bool) -> None:
            self._admit(number)
            if done and self._unkept.pop(identity, None) is not None and not kept.done():
                kept.set_result(True)

        self._outbox.write(Put(notice, lanes), written)
        return kept

    async def run(self) -> NoReturn:
        """Send what waits, until cancelled."""
        try:
            async with asyncio.TaskGroup() as attempts:
                while True:
                    self._news.clear()
                    parcels, next_s = self._lanes.due(self._addresses, time.monotonic())
                    for lane, parcel in parcels:
                        attempts.create_task(self._attempt(lane, parcel))
                    await self._wait_until(next_s)
        finally:
            self._outbox.close()

    async def _wait_until(self, next_s: float | None) -> None:
        try:
            async with asyncio.timeout(None if next_s is None else max(0.0, next_s - time.monotonic())):
                await self._news.wait()
        except TimeoutError:
            return

    async def _attempt(self, lane: Lane, parcel: Parcel) -> None:
        """Send one message, and note what came of it."""
        channel, message = self._channels[lane.channel], message_of(parcel.notices, parcel.lost)
        try:
            async with self._room[lane.channel]:
                # Not before there is room: the policy may change while this waits. A contact that is gone gets nothing.
                if address := self._addresses.get(lane):
                    unix_s = self._unix_time_s()
                    async with asyncio.timeout(LONGEST_ATTEMPT_S):
                        await in_own_thread(lambda: channel.send(message, address, unix_s), ChannelError)
        except ChannelError as error:
            self._failed(lane, str(error), is_refusal=error.is_refusal, wait_s=error.wait_s)
        except TimeoutError:
            self._failed(lane, f"no end after {LONGEST_ATTEMPT_S:.0f} s", is_refusal=False, wait_s=0)
        except RuntimeError as error:
            # A bug. It is on the log with all that is known of it; a gateway must not end for a letter.
            self._failed(lane, str(error), is_refusal=True, wait_s=0)
        else:
            await self._accepted(lane, parcel)
        self._lanes.release(lane)
        self._news.set()

    async def _accepted(self, lane: Lane, parcel: Parcel) -> None:
        """Note it. The lane goes on when the disk has it, so that a kill leaves one message in doubt and no more."""
        now_s = time.monotonic()
        noted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        reason = self._lanes.accepted(lane, parcel, now_s)
        state = self._lanes.state(lane, now_s, time.time())
        settle = Settle(lane, numbers_of(parcel.notices), state)
        self._outbox.write(settle, lambda _done: None if noted.done() else noted.set_result(None))
        self._delivered += 1
        if reason is not None:
            _log.info("notices get through again", depositor=lane.depositor, channel=lane.channel)
        self._tell_fate(lane, parcel.notices, "accepted")
        await asyncio.wait([noted], timeout=DISK_PATIENCE_S)

    def _failed(self, lane: Lane, reason: str, *, is_refusal: bool, wait_s: float) -> None:
        now_s = time.monotonic()
        if self._lanes.failed(lane, reason, now_s, self._chance(), is_refusal=is_refusal, wait_s=wait_s):
            _log.warning("a notice does not get through", depositor=lane.depositor, channel=lane.channel, reason=reason)

    def _resume(self, stored: Stored) -> None:
        self._lanes.resume(stored, time.monotonic(), time.time())

    def _admit(self, number: int) -> None:
        """Let a notice wait on its lanes, once."""
        notice, lanes = self._outside.pop(number, (None, ()))
        if notice is None:
            return
        now_s = time.monotonic()
        for lane in lanes:
            # The policy may have changed meanwhile.
            is_known = lane in self._addresses
            dropped = self._lanes.put(lane, notice, now_s, now_s) if is_known else (notice,)
            if dropped:
                self._drop(lane, dropped, now_s)
        self._news.set()

    def _drop(self, lane: Lane, notices: tuple[Notice, ...], now_s: float) -> None:
        state = self._lanes.state(lane, now_s, time.time())
        self._outbox.write(Settle(lane, numbers_of(notices), state), _nobody_waits)
        self._dropped += len(notices)
        self._tell_fate(lane, notices, "dropped")

    def _lanes_of(self, depositor: str) -> tuple[Lane, ...]:
        return tuple(lane for lane in self._addresses if lane.depositor == depositor)

    def _language(self, depositor: str) -> Literal["fr", "en"]:
        depositors = () if self._policy is None else self._policy.depositors
        return next((each.language for each in depositors if each.id == depositor), "fr")

    def _remember(self, identity: str, number: int) -> None:
        self._known[identity] = number
        while len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]

    def _tell_fate(
        self, lane: Lane, notices: tuple[Notice, ...], outcome: Literal["accepted", "dropped", "withdrawn"]
    ) -> None:
        if notices:
            fate = Fate(lane, notices, outcome, self._unix_time_s())
            for listener in self.on_fate:
                listener(fate)


def _nobody_waits(_done: bool) -> None:
    """What a lane's progress is about is true, kept or not."""
