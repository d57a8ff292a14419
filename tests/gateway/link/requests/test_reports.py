"""Depositors' problem reports: kept first, then acknowledged, then told; each once, and none in silence."""

import asyncio
import contextlib
import errno
import threading
from collections.abc import AsyncIterator, Collection
from pathlib import Path

import pytest

from gateway.broker.settings import Message
from gateway.link.requests import report_sentences
from gateway.link.requests.report_book import SAME_BYTES_MS, KeptReport
from gateway.link.requests.report_store import ReportStore
from gateway.link.requests.reports import ANSWERS, MOST_WAITING, ReportDesk
from gateway.link.requests.window import HOUR_MS
from tests.gateway.broker.scene import PATIENCE_S, until
from tests.gateway.link.requests.kept_reports import kept_report
from tests.gateway.link.requests.scene import TOPICS, Answer, Clock, Said, asked, in_loop

REPORT = TOPICS.report("metropole")
WHOLE = {
    "text": "Plus rien depuis hier.\nSquare du Nord.",
    "dev_eui": "00005eef10000001",
    "contact": "J. Martin",
    "correlation_id": "7",
}


class Rig:
    """A desk with all around it; a second one on the same directory is the gateway after a restart."""

    def __init__(
        self, directory: Path, clock: Clock | None = None, depositors: Collection[str] = ("metropole", "syndicat")
    ) -> None:
        self.clock, self.said = clock or Clock(), Said()
        self.told: list[KeptReport] = []
        self._directory, self.store = directory, ReportStore(directory)
        self.desk = ReportDesk(
            TOPICS, self.store, lambda: depositors, self._say, now=self.clock, on_report=self.told.append
        )
        self.on_disk_when_said: list[int] = []

    def _say(self, topic: str, payload: bytes, *, correlation_data: bytes | None = None) -> None:
        self.on_disk_when_said.append(len(list(self._directory.glob("*.json"))))
        self.said.say(topic, payload, correlation_data=correlation_data)

    @property
    def kept(self) -> tuple[KeptReport, ...]:
        """What lies on the disk."""
        return self.store.load().reports

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """It handles reports as long as this lasts."""
        task = asyncio.create_task(self.desk.run())
        try:
            yield
            assert not task.done()
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def hear(self, *messages: Message) -> list[Answer]:
        """The answers to these while it runs, one after the other."""
        before = len(self.said)
        for message in messages:
            done = self.handled
            self.desk.take(message)
            await until(lambda done=done: self.handled > done)  # type: ignore[misc]
        return self.said[before:]

    @property
    def handled(self) -> int:
        """How many reports have met their fate."""
        counters = self.desk.counters
        return counters.kept + counters.again + counters.refused


@contextlib.asynccontextmanager
async def gateway(directory: Path, clock: Clock | None = None) -> AsyncIterator[Rig]:
    """A gateway that handles reports as long as this lasts."""
    rig = Rig(directory, clock)
    async with rig.running():
        yield rig


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "reports"


@in_loop
async def test_a_report_is_kept_acknowledged_with_its_identity_and_told(directory: Path) -> None:
    async with gateway(directory) as rig:
        (ack,) = await rig.hear(asked(REPORT, WHOLE))
    (kept,) = rig.kept
    assert rig.told == [kept]
    assert (kept.text, kept.dev_eui, kept.contact) == (WHOLE["text"], "00005EEF10000001", "J. Martin")
    assert ack.topic == f"{REPORT}/ack"
    assert ack.body == {
        "format": 1,
        "gateway_eui": "AA555A0000000101",
        "at": "2026-03-04T04:53:20.000Z",
        "clock_sure": True,
        "depositor": "metropole",
        "id": kept.id,
        "state": "received",
        "sentence": {"fr": report_sentences.RECEIVED.fr, "en": report_sentences.RECEIVED.en},
        "detail": None,
        "correlation_id": "7",
    }


@in_loop
async def test_it_is_on_the_disk_before_it_is_acknowledged(directory: Path) -> None:
    async with gateway(directory) as rig:
        await rig.hear(*(asked(REPORT, {"text": str(number)}) for number in range(3)))
    assert rig.on_disk_when_said == [1, 2, 3]


@in_loop
async def test_the_answer_goes_where_mqtt_5_asks_for_it_below_the_usual_topic_only(directory: Path) -> None:
    async with gateway(directory) as rig:
        answers = await rig.hear(
            asked(REPORT, {"text": "1"}, response_topic=f"{REPORT}/ack/desk", correlation_data=b"\0"),
            asked(REPORT, {"text": "2"}, response_topic=TOPICS.report_ack("syndicat")),
        )
    assert [(answer.topic, answer.correlation_data) for answer in answers] == [
        (f"{REPORT}/ack/desk", b"\0"),
        (f"{REPORT}/ack", None),
    ]


@in_loop
async def test_without_a_sure_clock_a_report_is_kept_all_the_same(directory: Path) -> None:
    async with gateway(directory, Clock(5, None)) as rig:
        (ack,) = await rig.hear(asked(REPORT, WHOLE))
    assert (ack["state"], ack["at"], ack["clock_sure"]) == ("received", None, False)
    assert rig.kept[0].unix_ms is None


@in_loop
async def test_what_cannot_be_read_is_refused_with_what_to_mend(directory: Path) -> None:
    async with gateway(directory) as rig:
        (ack,) = await rig.hear(asked(REPORT, {"text": "", "correlation_id": "7"}))
    assert (ack["state"], ack["id"], ack["correlation_id"]) == ("refused", None, "7")
    assert "$.text" in ack["detail"]
    assert rig.kept == ()


@pytest.mark.parametrize(
    "message",
    [
        asked(TOPICS.report("somebody"), WHOLE),
        asked(REPORT, WHOLE, retained=True),
        asked(f"{REPORT}/ack", WHOLE),
        asked(TOPICS.command("log_level"), WHOLE),
    ],
)
@in_loop
async def test_what_is_no_depositors_report_is_counted_and_not_answered(directory: Path, message: Message) -> None:
    async with gateway(directory) as rig:
        rig.desk.take(message)
        await rig.hear(asked(REPORT, {"text": "another"}))
    assert (len(rig.said), len(rig.kept), rig.desk.counters.ignored) == (1, 1, 1)


@in_loop
async def test_whoever_is_a_depositor_no_more_is_ignored_from_then_on(directory: Path) -> None:
    depositors = {"metropole"}
    rig = Rig(directory, depositors=depositors)
    async with rig.running():
        await rig.hear(asked(REPORT, {"text": "1"}))
        depositors.clear()
        rig.desk.take(asked(REPORT, {"text": "2"}))
    assert (len(rig.said), rig.desk.counters.ignored) == (1, 1)


@in_loop
async def test_one_that_is_delivered_twice_is_kept_and_told_once_and_gets_one_identity(directory: Path) -> None:
    async with gateway(directory) as rig:
        first, second, third = await rig.hear(
            asked(REPORT, WHOLE), asked(REPORT, WHOLE), asked(REPORT, WHOLE | {"contact": "x"})
        )
    assert first == second == third
    assert len(rig.kept) == len(rig.told) == 1
    assert (rig.desk.counters.kept, rig.desk.counters.again) == (1, 2)


@in_loop
async def test_so_it_is_over_a_restart(directory: Path) -> None:
    async with gateway(directory) as before:
        (first,) = await before.hear(asked(REPORT, {"text": "x"}))
    before.clock.move(SAME_BYTES_MS)
    async with gateway(directory, before.clock) as after:
        (second,) = await after.hear(asked(REPORT, {"text": "x"}))
    assert first["id"] == second["id"]
    assert (len(after.kept), after.told) == (1, [])


@in_loop
async def test_beyond_six_an_hour_a_report_is_refused_and_told_when_to_try_again(directory: Path) -> None:
    async with gateway(directory) as rig:
        answers = await rig.hear(*(asked(REPORT, {"text": str(number)}) for number in range(7)))
        (other,) = await rig.hear(asked(TOPICS.report("syndicat"), {"text": "7"}))
    assert [answer["state"] for answer in answers] == ["received"] * 6 + ["refused"]
    assert "60 minutes" in answers[-1]["sentence"]["fr"]
    assert other["state"] == "received"
    rig.clock.move(HOUR_MS - 1)
    async with gateway(directory, rig.clock) as after:
        (early,) = await after.hear(asked(REPORT, {"text": "8"}))
        rig.clock.move(1)
        (late,) = await after.hear(asked(REPORT, {"text": "9"}))
    assert "1 minute" in early["sentence"]["en"]
    assert late["state"] == "received"


@pytest.mark.parametrize("work", ["load", "keep"])
@in_loop
async def test_a_disk_that_fails_is_admitted_and_the_report_is_taken_once_it_works(
    directory: Path, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    def fails(*_: KeptReport) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    rig = Rig(directory)
    monkeypatch.setattr(rig.store, work, fails)
    async with rig.running():
        (ack,) = await rig.hear(asked(REPORT, WHOLE))
        assert (ack["state"], ack["id"], ack["correlation_id"]) == ("refused", None, "7")
        assert ack["sentence"]["en"] == report_sentences.NOT_KEPT.en
        assert rig.told == []
        assert rig.desk.error == "[Errno 28] No space left on device"
        monkeypatch.undo()
        (again,) = await rig.hear(asked(REPORT, WHOLE))
    assert again["state"] == "received"
    assert rig.desk.error is None
    assert len(rig.kept) == len(rig.told) == 1


@in_loop
async def test_a_disk_that_cannot_be_read_is_told_before_anybody_reports(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise OSError(errno.EIO, "Input/output error")

    rig = Rig(directory)
    monkeypatch.setattr(rig.store, "load", fails)
    async with rig.running():
        await until(lambda: rig.desk.error == "[Errno 5] Input/output error")


@in_loop
async def test_what_a_kill_left_untold_is_told_and_acknowledged_at_the_next_start(directory: Path) -> None:
    before = ReportStore(directory)
    before.keep(kept_report(1))
    before.note_told(kept_report(1).id)
    before.keep(kept_report(2, correlation_id="8"))
    async with gateway(directory) as rig:
        await until(lambda: len(rig.told) == 1)
    assert rig.told == [kept_report(2, correlation_id="8")]
    (ack,) = rig.said
    assert (ack.topic, ack["id"], ack["correlation_id"]) == (f"{REPORT}/ack", kept_report(2).id, "8")
    async with gateway(directory) as third:
        await third.hear(asked(REPORT, {"text": "another"}))
    assert [kept.text for kept in third.told] == ["another"]


@in_loop
async def test_a_damaged_report_hides_no_other(directory: Path) -> None:
    ReportStore(directory).keep(kept_report(1))
    (directory / f"{kept_report(1).id}.json").write_bytes(b"")
    async with gateway(directory) as rig:
        (ack,) = await rig.hear(asked(REPORT, WHOLE))
    assert ack["state"] == "received"


@in_loop
async def test_more_than_can_wait_are_refused_and_the_others_are_not(directory: Path) -> None:
    rig = Rig(directory)
    for number in range(MOST_WAITING + 1):
        rig.desk.take(asked(REPORT, {"text": "x", "correlation_id": str(number)}))
    (busy,) = rig.said
    assert busy["sentence"]["en"] == report_sentences.BUSY.en
    assert busy["correlation_id"] == str(MOST_WAITING)
    async with rig.running():
        await until(lambda: rig.handled == MOST_WAITING + 1)
    assert [kept.correlation_id for kept in rig.told] == ["0", "1", "2", "3", "4", "5"]


@in_loop
async def test_a_program_that_repeats_itself_for_ever_is_not_answered_each_time(directory: Path) -> None:
    (window,) = ANSWERS
    async with gateway(directory) as rig:
        await rig.hear(*(asked(REPORT, {"text": ""}) for _ in range(window.most + 1)))
        (real,) = await rig.hear(asked(REPORT, {"text": "A real one."}))
        assert real["state"] == "received"
        assert len(rig.said) == window.most + 1
        assert (rig.desk.counters.unanswered, rig.desk.counters.refused) == (1, window.most + 1)
        rig.clock.move(HOUR_MS)
        (refused,) = await rig.hear(asked(REPORT, {"text": ""}))
    assert refused["state"] == "refused"


@in_loop
async def test_at_the_end_what_is_being_written_is_acknowledged_and_what_waits_is_refused(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig(directory)
    begun, may_go_on, keep = threading.Event(), threading.Event(), rig.store.keep

    def slowly(report: KeptReport) -> None:
        begun.set()
        may_go_on.wait(PATIENCE_S)
        keep(report)

    monkeypatch.setattr(rig.store, "keep", slowly)
    task = asyncio.create_task(rig.desk.run())
    for text in ("1", "2"):
        rig.desk.take(asked(REPORT, {"text": text, "correlation_id": text}))
    await asyncio.to_thread(begun.wait, PATIENCE_S)
    task.cancel()
    await asyncio.sleep(0)
    may_go_on.set()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    rig.desk.take(asked(REPORT, {"text": "3", "correlation_id": "3"}))
    assert [(answer["correlation_id"], answer["state"]) for answer in rig.said] == [
        ("1", "received"),
        ("2", "refused"),
        ("3", "refused"),
    ]
    assert [kept.text for kept in rig.told] == ["1"]
    assert {answer["sentence"]["fr"] for answer in rig.said[1:]} == {report_sentences.STOPPING.fr}
