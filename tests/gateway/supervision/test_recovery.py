"""What mends the radio, on a radio that does what the test says: steps, news, files, and the state for screens."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.supervision.deafness import DeafnessWatch
from gateway.supervision.ears import Ears
from gateway.supervision.ladder import Case, Ladder, found, next_step
from gateway.supervision.recovery import REBOOT_WANTED, Recovery
from gateway.supervision.recovery_file import FILE, RecoveryFile
from gateway.supervision.repair_journal import MOST_TOLD_STEPS
from gateway.supervision.repairs import Deafness, RepairEvent, RepairNews
from gateway.supervision.rungs import Means, RestartPolicy, Rung, Trouble
from radio.concentrator import RadioHealth
from radio.sx1302.receiver_counters import CanaryState, ReceiverCounters
from radio.tx_dispatcher import EmissionReport
from radio.tx_queue import TxClass, TxEntry, TxRequest
from tests.flows.learnt_traffic import learnt
from tests.radio.live import run, until
from tests.radio.test_tx_dispatcher import PACKET

LOOK_S = 0.005
ENTRY = TxEntry(1, TxRequest(PACKET, TxClass.A, 100_000, 5, "main"), 5)


class Radio:
    """A radio at work; `asked` are the rungs that it was asked for."""

    def __init__(self) -> None:
        self.concentrator: Radio | None = self
        self.is_at_work = True
        self.asked: list[Rung] = []
        self.packets = 0
        self.astray: tuple[int, ...] = ()
        self.is_urgent = False
        self.rearms, self.is_lost_by_rearming = True, False

    def health(self) -> RadioHealth:
        canary = CanaryState(1, 0.0, self.astray)
        return RadioHealth(received=ReceiverCounters(packets=self.packets), canary=canary)

    def watch_closely(self, *, is_urgent: bool) -> None:
        self.is_urgent = is_urgent

    async def rearm(self) -> bool:
        self.asked.append(Rung.REARM)
        self.is_at_work = not self.is_lost_by_rearming
        return self.rearms and self.is_at_work

    async def restart_by(self, rung: Rung, _reason: str) -> bool:
        self.asked.append(rung)
        self.is_at_work = False
        return True

    async def give_up(self, _reason: str) -> None:
        self.asked.append(Rung.RESTART_PROCESS)
        self.is_at_work = False


class Scene:
    """A recovery that looks at a radio all the time, on a clock that the test puts forward."""

    def __init__(self, directory: Path, *, means: Means | None = None, policy: RestartPolicy | None = None) -> None:
        self.forward_s = 0.0
        self.radio = Radio()
        self.news: list[RepairNews] = []
        self.ears = Ears(now_s=self.now_s)
        self.ears.watch = DeafnessWatch.begun(self.now_s(), learnt(20.0))
        self.file = RecoveryFile(directory / FILE)
        self.recovery = Recovery(
            policy,
            means or Means(has_reset=True),
            file=self.file,
            ears=self.ears,
            runtime=directory,
            look_s=LOOK_S,
        )
        self.recovery.on_news(self.news.append)

    def now_s(self) -> float:
        return 1_000.0 + self.forward_s

    def told(self) -> list[tuple[RepairEvent, Rung | None]]:
        return [(news.event, news.rung) for news in self.news]

    def has_asked_last(self, rung: Rung) -> bool:
        return self.radio.asked[-1:] == [rung]

    async def fall_silent(self) -> None:
        """Be deaf by the clock, once all that was heard is known."""
        await until(lambda: self.recovery.state.canary.passes == 1)
        self.forward_s += 100_000


def played(scene: Scene, play: Callable[[], Awaitable[None]]) -> None:
    """Look at the radio for as long as a test plays."""

    async def main() -> None:
        looking = asyncio.create_task(scene.recovery.run(scene.radio))
        await play()
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)

    run(main())


def test_a_deaf_radio_is_rearmed_and_mended_once_it_hears(tmp_path: Path) -> None:
    scene = Scene(tmp_path)

    async def play() -> None:
        await scene.fall_silent()
        await until(lambda: scene.radio.asked == [Rung.REARM])
        await until(lambda: scene.recovery.state.under_way is None)
        assert scene.recovery.deafness is Deafness.BEING_MENDED
        assert scene.radio.is_urgent
        scene.radio.packets += 1
        await until(lambda: scene.recovery.state.open == ())
        assert not scene.radio.is_urgent

    played(scene, play)
    assert scene.told() == [(RepairEvent.BEGUN, Rung.REARM), (RepairEvent.MENDED, Rung.REARM)]
    # Shown for a moment more, so that whoever looks once a second sees it.
    assert scene.recovery.deafness is Deafness.BEING_MENDED
    last = scene.recovery.state.last
    assert last is not None
    assert (last.rung, last.trouble, last.mended) == (Rung.REARM, Trouble.DEAF, True)
    assert last.reason.startswith("nothing was heard for 100000 s; the longest silence of a usual day at this hour is ")


def test_while_the_radio_is_started_again_nothing_else_is_done(tmp_path: Path) -> None:
    scene = Scene(tmp_path)

    async def play() -> None:
        scene.radio.is_lost_by_rearming = True
        await scene.fall_silent()
        await until(lambda: bool(scene.radio.asked))
        state = scene.recovery.state
        assert state.under_way is not None
        assert state.under_way.rung is Rung.REARM
        await asyncio.sleep(5 * LOOK_S)
        assert scene.radio.asked == [Rung.REARM]
        scene.radio.is_at_work = True
        scene.recovery.started()
        assert scene.recovery.state.under_way is None

    played(scene, play)


def test_it_climbs_as_far_as_it_may_and_then_says_so(tmp_path: Path) -> None:
    scene = Scene(tmp_path, means=Means(has_reset=True, restart_allowed=False))

    async def play() -> None:
        await scene.fall_silent()
        for rung in (Rung.REARM, Rung.RESTART_CHIP, Rung.RESET_LINE):
            await until(functools.partial(scene.has_asked_last, rung))
            if rung is not Rung.REARM:
                scene.radio.is_at_work = True
                scene.recovery.started()
            await until(lambda: scene.recovery.state.under_way is None)
            scene.forward_s += 100_000
        await until(lambda: scene.recovery.deafness is Deafness.GIVEN_UP)

    played(scene, play)
    assert scene.told()[-1] == (RepairEvent.GAVE_UP, Rung.RESET_LINE)
    assert RecoveryFile(tmp_path / FILE).ladder.open[0].gave_up


def test_a_register_that_went_astray_is_written_by_rearming(tmp_path: Path) -> None:
    scene = Scene(tmp_path)

    async def play() -> None:
        scene.radio.astray = (0x5821,)
        await until(lambda: bool(scene.radio.asked))
        assert scene.recovery.state.open == (Trouble.ASTRAY,)
        scene.radio.astray = ()

    played(scene, play)
    assert scene.radio.asked == [Rung.REARM]
    assert scene.news[0].reason == "register 0x5821 does not hold what was written to it"


def test_a_register_that_flaps_after_all_was_tried_does_not_wear_the_disk(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    rungs = (Rung.REARM, Rung.RESTART_CHIP, Rung.RESET_LINE)
    scene.file.ladder = Ladder((Case(Trouble.ASTRAY, "?", 0.0, rungs, tried_s=scene.file.now_s() - 10_000),))
    written: list[int] = []

    async def play() -> None:
        for times in range(1, 4):
            scene.radio.astray = (0x5821,)
            await until(lambda: scene.told().count((RepairEvent.GAVE_UP, Rung.RESET_LINE)) == times)  # noqa: B023
            await until((tmp_path / FILE).exists)
            written.append((tmp_path / FILE).stat().st_ino)
            scene.radio.astray = ()
            await until(lambda: scene.recovery.state.open == ())

    played(scene, play)
    assert len(set(written)) == 1


def test_packets_that_are_not_seen_on_the_air_restart_the_chip(tmp_path: Path) -> None:
    scene = Scene(tmp_path)

    async def play() -> None:
        for seen in (True, False, False, True, False, False, False):
            assert scene.radio.asked == []
            scene.recovery.emission_ended(EmissionReport(ENTRY, "" if seen else "not seen", programmed=True, seen=seen))
        await until(lambda: scene.radio.asked == [Rung.RESTART_CHIP])

    played(scene, play)


def test_a_packet_that_was_seen_and_failed_all_the_same_was_on_the_air(tmp_path: Path) -> None:
    scene = Scene(tmp_path)

    async def play() -> None:
        for _ in range(9):
            scene.recovery.emission_ended(EmissionReport(ENTRY, "not seen to end", programmed=True, seen=True))
        await asyncio.sleep(5 * LOOK_S)

    played(scene, play)
    assert scene.radio.asked == []


def test_packets_that_nobody_looked_at_in_time_say_nothing_of_the_chip(tmp_path: Path) -> None:
    scene = Scene(tmp_path)

    async def play() -> None:
        for _ in range(9):
            scene.recovery.emission_ended(EmissionReport(ENTRY, "not seen", programmed=True, missed=True))
        await asyncio.sleep(5 * LOOK_S)

    played(scene, play)
    assert scene.radio.asked == []


def test_a_deaf_radio_whose_place_cannot_be_kept_ends_no_process(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no directory")
    scene = Scene(tmp_path / "state")
    place = found(Ladder(), Trouble.DEAF, "?", scene.file.now_s() - 10_000)
    for _ in range(3):
        place, _step = next_step(place, Trouble.DEAF, Means(has_reset=True), scene.file.now_s() - 10_000)
    scene.file.ladder = place

    async def play() -> None:
        await scene.fall_silent()
        await until(lambda: (RepairEvent.GAVE_UP, Rung.RESET_LINE) in scene.told())

    played(scene, play)
    assert Rung.RESTART_PROCESS not in scene.radio.asked


def test_a_radio_that_is_lost_while_the_disk_is_waited_for_is_not_given_up_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path)
    rungs = (Rung.REARM, Rung.RESTART_CHIP, Rung.RESET_LINE)
    scene.file.ladder = Ladder((Case(Trouble.DEAF, "?", 0.0, rungs, tried_s=scene.file.now_s() - 10_000),))

    def save(_place: Ladder | None = None) -> bool:
        scene.file.ladder = Ladder()
        return True

    monkeypatch.setattr(scene.file, "save", save)

    async def play() -> None:
        await scene.fall_silent()
        await until(lambda: bool(scene.radio.asked))

    played(scene, play)
    assert scene.radio.asked[0] is Rung.REARM


def test_rearming_that_is_not_answered_is_one_that_brought_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path)

    async def play() -> None:
        scene.radio.rearms = False
        await scene.fall_silent()
        await until(lambda: bool(scene.radio.asked))
        await until(lambda: scene.recovery.state.under_way is None)

    played(scene, play)


def test_packets_that_never_reached_the_chip_say_nothing_of_it(tmp_path: Path) -> None:
    scene = Scene(tmp_path)

    async def play() -> None:
        for _ in range(9):
            scene.recovery.emission_ended(EmissionReport(ENTRY, "the radio was stopped"))
        await asyncio.sleep(5 * LOOK_S)

    played(scene, play)
    assert scene.radio.asked == []


class TestLost:
    """The radio is lost, or does not start."""

    def test_each_attempt_is_told_with_what_it_does_and_a_start_mends_it(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, policy=RestartPolicy(delays_s=(0.5, 2.0)))

        async def main() -> None:
            first = await scene.recovery.lost("no chip", 0.0)
            assert (first.rung, first.wait_s) == (Rung.RESTART_CHIP, 0.5)
            assert scene.recovery.state.next_step_s == pytest.approx(0.5, abs=0.1)
            second = await scene.recovery.lost("no chip", 0.0, after=first.rung)
            assert (second.rung, second.wait_s) == (Rung.RESET_LINE, 2.0)
            scene.recovery.started()

        run(main())
        assert scene.told() == [
            (RepairEvent.BEGUN, Rung.RESTART_CHIP),
            (RepairEvent.BEGUN, Rung.RESET_LINE),
            (RepairEvent.MENDED, Rung.RESET_LINE),
        ]
        state = scene.recovery.state
        assert (state.under_way, state.next_step_s, state.open) == (None, None, ())
        assert state.counts == {Rung.RESTART_CHIP: 1, Rung.RESET_LINE: 1}

    def test_a_radio_that_worked_long_enough_is_given_all_attempts_again(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, policy=RestartPolicy(delays_s=(0.0,) * 2, healthy_after_s=60))

        async def main() -> None:
            rungs = [(await scene.recovery.lost("no chip", worked_s)).rung for worked_s in (0.0, 59.0, 60.0, 0.0, 0.0)]
            assert rungs == [
                Rung.RESTART_CHIP, Rung.RESET_LINE, Rung.RESTART_CHIP, Rung.RESET_LINE, Rung.RESTART_PROCESS,
            ]  # fmt: skip

        run(main())

    def test_before_the_process_ends_the_place_is_on_the_disk(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, policy=RestartPolicy(delays_s=()))
        run(_lost(scene))
        kept = RecoveryFile(tmp_path / FILE).ladder
        assert [each.rung for each in kept.taken] == [Rung.RESTART_PROCESS]
        again = Scene(tmp_path)
        again.recovery.started()
        assert again.told() == [(RepairEvent.MENDED, Rung.RESTART_PROCESS)]

    def test_a_process_that_could_not_tell_the_next_one_goes_on_by_itself(self, tmp_path: Path) -> None:
        (tmp_path / "state").write_text("no directory")
        scene = Scene(tmp_path / "state", policy=RestartPolicy(delays_s=()))

        async def main() -> None:
            step = await scene.recovery.lost("no chip", 0.0)
            assert (step.rung, step.wait_s) == (Rung.RESTART_CHIP, 2.0)

        run(main())
        assert scene.recovery.state.counts == {Rung.RESTART_CHIP: 1}
        assert [each.rung for each in scene.recovery.ladder.taken] == [Rung.RESTART_CHIP]

    def test_a_reboot_is_asked_for_by_a_file_that_says_why(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, means=Means(restart_allowed=False, reboot_allowed=True), policy=RestartPolicy(()))
        run(_lost(scene))
        assert (tmp_path / REBOOT_WANTED).read_text() == "no chip\n"
        assert RecoveryFile(tmp_path / FILE).ladder.taken[0].rung is Rung.REBOOT

    def test_where_it_cannot_be_asked_for_that_is_said(self, tmp_path: Path) -> None:
        (tmp_path / REBOOT_WANTED).mkdir()
        scene = Scene(tmp_path, means=Means(restart_allowed=False, reboot_allowed=True), policy=RestartPolicy(()))
        with capture_logs() as logs:
            run(_lost(scene))
        assert "a reboot cannot be asked for" in [entry["event"] for entry in logs]

    def test_after_some_attempts_only_the_end_is_told(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, policy=RestartPolicy(delays_s=(0.0,) * 100))

        async def main() -> None:
            for _ in range(50):
                await scene.recovery.lost("no chip", 0.0)
            scene.recovery.started()

        run(main())
        assert len(scene.news) == MOST_TOLD_STEPS + 1
        assert scene.news[-1].event is RepairEvent.MENDED


async def _lost(scene: Scene) -> None:
    await scene.recovery.lost("no chip", 0.0)
