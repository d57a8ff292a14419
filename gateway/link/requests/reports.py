"""Depositors' problem reports in the daemon: on the disk first, then acknowledged, then told. In the event loop."""

import asyncio
import hashlib
import secrets
from collections import deque
from collections.abc import Callable, Collection, Coroutine
from typing import Any, NoReturn

import msgspec
import structlog

from gateway.broker.settings import Message
from gateway.link.inbound import Refusal, read_report
from gateway.link.instant import Instant
from gateway.link.messages import Sentence, encode, eui_text, utc_text
from gateway.link.messages_depositor import ProblemAck, ProblemReport, ReportState
from gateway.link.requests.report_book import Again, KeptReport, ReportBook, TooMany, judged, resumed, with_kept
from gateway.link.requests.report_sentences import BUSY, NOT_KEPT, RECEIVED, STOPPING, too_many, unreadable
from gateway.link.requests.report_store import ReportStore, Stored
from gateway.link.requests.say import Say
from gateway.link.requests.window import HOUR_MS, Window, wait_ms, with_one_more
from gateway.link.topic import Channel, Topics

MOST_WAITING = 32
# Of answers that nothing is kept for: a program that repeats itself for ever must not fill the way to everybody else.
ANSWERS = (Window(30, HOUR_MS),)
MOST_STRANGERS = 100

_log = structlog.get_logger()


class ReportCounters(msgspec.Struct, frozen=True):
    """What became of all that came since the start; `unanswered`, of the refused and those that came again.

    `ignored` was retained, or on a topic of somebody who is no depositor.
    """

    kept: int = 0
    again: int = 0
    refused: int = 0
    unanswered: int = 0
    ignored: int = 0


class _Asked(msgspec.Struct, frozen=True):
    """One report as it came, and where its answer goes."""

    depositor: str
    payload: bytes
    at: Instant
    topic: str
    correlation_data: bytes | None


class _Answer(msgspec.Struct, frozen=True):
    """What became of it; refused where there is no `id`."""

    sentence: Sentence
    correlation_id: str | None
    id: str | None = None
    detail: str | None = None


class ReportDesk:
    """Takes the reports of the depositors of the policy in force, one after the other while `run` runs.

    `on_report` is told of each that is kept: at least once, and again after a kill, with the same identity. `error` is
    why the disk takes none, None while it does.
    """

    def __init__(
        self,
        topics: Topics,
        store: ReportStore,
        depositors: Callable[[], Collection[str]],
        say: Say,
        *,
        now: Callable[[], Instant],
        on_report: Callable[[KeptReport], None],
    ) -> None:
        self._topics = topics
        self._store = store
        self._depositors = depositors
        self._say = say
        self._now = now
        self._on_report = on_report
        self._book: ReportBook | None = None
        self._waiting: deque[_Asked] = deque()
        self._something = asyncio.Event()
        self._answers: dict[str, tuple[int, ...]] = {}
        self._strangers: set[str] = set()
        self._is_ended = False
        self.counters = ReportCounters()
        self.error: str | None = None

    def take(self, message: Message) -> None:
        """Take a message of `Topics.all_reports`. It is answered later; never raises, and waits for nothing."""
        place = self._topics.parse(message.topic)
        if place is None or place.channel is not Channel.REPORT or place.depositor is None:
            self._ignore(message.topic, "it is no depositor's topic")
            return
        if message.retained:
            self._ignore(place.depositor, "it was retained: publish reports without -r")
            return
        if place.depositor not in self._depositors():
            self._ignore(place.depositor, "the policy has no such depositor")
            return
        answer_to = self._topics.answer_to(place, message.response_topic)
        asked = _Asked(place.depositor, message.payload, self._now(), answer_to, message.correlation_data)
        if self._is_ended or len(self._waiting) >= MOST_WAITING:
            sentence = STOPPING if self._is_ended else BUSY
            self._refuse(asked, _Answer(sentence, read_report(message.payload).correlation_id))
            return
        self._waiting.append(asked)
        self._something.set()

    async def run(self) -> NoReturn:
        """Handle what comes, until cancelled. What then waits is refused, and so is all that comes later."""
        try:
            await _whole(self._begin())
            while True:
                while not self._waiting:
                    self._something.clear()
                    await self._something.wait()
                await _whole(self._handle(self._waiting.popleft()))
        finally:
            self._is_ended = True
            for asked in self._waiting:
                self._refuse(asked, _Answer(STOPPING, read_report(asked.payload).correlation_id))
            self._waiting.clear()

    async def _begin(self) -> None:
        """Find what is kept, and tell what a kill may have left untold."""
        try:
            await self._opened()
        except OSError as error:
            self._tell(str(error))

    async def _handle(self, asked: _Asked) -> None:
        report = read_report(asked.payload)
        if isinstance(report, Refusal):
            sentence = unreadable(report.fault)
            self._refuse(asked, _Answer(sentence, report.correlation_id, detail=report.detail))
            return
        try:
            await self._judge(asked, report)
        except OSError as error:
            self._tell(str(error))
            self._refuse(asked, _Answer(NOT_KEPT, report.correlation_id))

    async def _judge(self, asked: _Asked, report: ProblemReport) -> None:
        """Keep a report, or say what else becomes of it. Raises OSError where the disk does not take it."""
        book = await self._opened()
        digest = hashlib.sha256(asked.payload).hexdigest()
        match judged(book, asked.depositor, report, digest, asked.at):
            case KeptReport() as kept:
                await asyncio.to_thread(self._store.keep, kept)
                self._tell(None)
                self._book = with_kept(book, kept)
                self._count(kept=1)
                self._acknowledge(asked.topic, asked.correlation_data, kept)
                await self._pass_on(kept)
            case Again(identity):
                self._count(again=1)
                self._answer_again(asked, _Answer(RECEIVED, report.correlation_id, identity))
            case TooMany(wait):
                self._refuse(asked, _Answer(too_many(wait), report.correlation_id))

    async def _opened(self) -> ReportBook:
        """The book; the first time it is read from the disk. Raises OSError where that cannot be read."""
        if self._book is None:
            stored = await asyncio.to_thread(self._store.load)
            self._book = resumed(stored.reports, secrets.token_hex(4), self._now())
            await self._go_on(stored)
        return self._book

    async def _go_on(self, stored: Stored) -> None:
        for damage in stored.damaged:
            _log.error("a depositor's report is damaged", reason=damage)
        for kept in stored.untold:
            self._acknowledge(self._topics.report_ack(kept.depositor), None, kept)
            await self._pass_on(kept)

    async def _pass_on(self, kept: KeptReport) -> None:
        """Tell operators and evidence, and then note that they were told."""
        _log.info("a depositor reports a problem", depositor=kept.depositor, id=kept.id)
        self._on_report(kept)
        try:
            await asyncio.to_thread(self._store.note_told, kept.id)
        except OSError as error:
            # It is kept and told; after a restart it is told again.
            self._tell(str(error))

    def _acknowledge(self, topic: str, correlation_data: bytes | None, kept: KeptReport) -> None:
        ack = self._ack(kept.depositor, _Answer(RECEIVED, kept.correlation_id, kept.id))
        self._say(topic, encode(ack), correlation_data=correlation_data)

    def _refuse(self, asked: _Asked, answer: _Answer) -> None:
        self._count(refused=1)
        self._answer_again(asked, answer)

    def _answer_again(self, asked: _Asked, answer: _Answer) -> None:
        """Answer what is not kept, unless that was done very often already."""
        before, now_ms = self._answers.get(asked.depositor, ()), self._now().ms
        if wait_ms(before, now_ms, ANSWERS):
            if not self.counters.unanswered:
                _log.warning("a depositor reports too often to be answered each time", depositor=asked.depositor)
            self._count(unanswered=1)
            return
        self._answers[asked.depositor] = with_one_more(before, now_ms, ANSWERS)
        ack = self._ack(asked.depositor, answer)
        self._say(asked.topic, encode(ack), correlation_data=asked.correlation_data)

    def _ack(self, depositor: str, answer: _Answer) -> ProblemAck:
        unix_ms = self._now().unix_ms
        return ProblemAck(
            gateway_eui=eui_text(self._topics.gateway_eui),
            at=None if unix_ms is None else utc_text(unix_ms),
            clock_sure=unix_ms is not None,
            depositor=depositor,
            id=answer.id,
            state=ReportState.REFUSED if answer.id is None else ReportState.RECEIVED,
            sentence=answer.sentence,
            detail=answer.detail,
            correlation_id=answer.correlation_id,
        )

    def _ignore(self, whose: str, reason: str) -> None:
        self._count(ignored=1)
        if whose not in self._strangers and len(self._strangers) < MOST_STRANGERS:
            self._strangers.add(whose)
            _log.warning("a problem report is ignored", of=whose, reason=reason)

    def _tell(self, error: str | None) -> None:
        if error is not None and self.error is None:
            _log.error("depositors' reports cannot be kept", reason=error)
        elif error is None and self.error is not None:
            _log.info("depositors' reports are kept again")
        self.error = error

    def _count(self, **more: int) -> None:
        counted = {name: getattr(self.counters, name) + count for name, count in more.items()}
        self.counters = msgspec.structs.replace(self.counters, **counted)


async def _whole(work: Coroutine[Any, Any, None]) -> None:
    """Do it to its end, also where this is cancelled meanwhile: what is on the disk is acknowledged and told."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
