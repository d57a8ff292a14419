"""What the radios hear, given to the watch over their hearing."""

from pathlib import Path

import pytest

from gateway.supervision.deafness import DeafnessWatch, Hearing
from gateway.supervision.ears import FILE, KEEP_EVERY_S, LONGEST_QUICK_S, SHORTEST_QUICK_S, Ears
from radio.concentrator import RadioHealth
from radio.sx1302.receiver_counters import ReceiverCounters
from tests.flows.learnt_traffic import learnt


class Radio:
    """A radio at work, as far as it is listened to."""

    def __init__(self) -> None:
        self.packets = 0

    def health(self) -> RadioHealth:
        return RadioHealth(received=ReceiverCounters(packets=self.packets))


class Place:
    """A gateway's ears at a moment that the test sets."""

    def __init__(self, path: Path | None = None, per_s: float | None = None) -> None:
        self.now_s = 1_000.0
        self.radio = Radio()
        self.ears = Ears(path, lambda: self.now_s)
        if per_s is not None:
            self.ears.watch = DeafnessWatch.begun(self.now_s, learnt(per_s))

    def listen(self, after_s: float = 1.0, packets: int = 0) -> int:
        self.now_s += after_s
        self.radio.packets += packets
        return self.ears.listen(self.radio)

    def listen_for(self, seconds: int, per_s: int) -> None:
        for _ in range(seconds):
            self.listen(packets=per_s)


def test_each_packet_is_counted_once_whichever_radio_heard_it() -> None:
    place = Place()
    assert [place.listen(packets=count) for count in (3, 0, 2)] == [3, 0, 2]
    place.radio = Radio()
    assert [place.listen(packets=count) for count in (4, 1)] == [4, 1]


def test_silence_is_measured_from_the_last_packet() -> None:
    place = Place()
    place.listen(packets=1)
    for _ in range(5):
        place.listen()
    assert place.ears.report().silent_s == 5


def test_the_time_without_a_radio_is_no_silence() -> None:
    place = Place()
    place.listen(packets=1)
    place.now_s += 300
    place.radio = Radio()
    place.listen()
    assert place.ears.report().silent_s == pytest.approx(0, abs=1)


def test_nor_is_that_of_an_own_transmission() -> None:
    place = Place()
    place.listen(packets=1)
    place.listen(after_s=3)
    place.ears.emitted(1.5)
    assert place.ears.report().silent_s == 1.5


class TestQuick:
    """How soon something is sure to be heard again."""

    def test_nobody_knows_before_enough_was_heard(self) -> None:
        place = Place()
        place.listen_for(1, 20)
        assert place.ears.quick_s is None

    @pytest.mark.parametrize(("per_s", "quick_s"), [(100, SHORTEST_QUICK_S), (20, 2.0), (5, 8.0), (4, LONGEST_QUICK_S)])
    def test_it_is_sooner_where_more_is_heard(self, per_s: int, quick_s: float) -> None:
        place = Place()
        place.listen_for(60, per_s)
        assert place.ears.quick_s == pytest.approx(quick_s, rel=0.05)

    def test_where_little_is_heard_nothing_is_sure_so_soon(self) -> None:
        place = Place()
        place.listen_for(600, 3)
        assert place.ears.quick_s is None

    def test_a_deaf_radio_does_not_make_it_forgotten(self) -> None:
        place = Place(per_s=20)
        place.listen_for(60, 20)
        before_s = place.ears.quick_s
        place.listen(after_s=10_000)
        assert place.ears.report().hearing is Hearing.DEAF
        place.listen_for(600, 0)
        assert place.ears.quick_s == before_s


def test_a_repair_is_a_trial_and_hearing_ends_it() -> None:
    place = Place(per_s=20)
    place.listen(packets=20)
    place.listen(after_s=10_000)
    place.ears.repaired(idle_check=False)
    assert place.ears.report().hearing is Hearing.TRYING
    place.listen(packets=1)
    assert place.ears.report().hearing is Hearing.HEARS


def test_giving_up_leaves_the_silence_alone() -> None:
    place = Place(per_s=20)
    place.listen(packets=20)
    place.listen(after_s=10_000)
    place.ears.gave_up()
    assert place.ears.report().hearing is Hearing.SILENT


def test_a_receiver_that_never_hears_is_due_after_hours_and_then_again() -> None:
    place = Place()
    place.listen(packets=1)
    place.listen(after_s=6 * 3_600 - 1)
    assert not place.ears.is_idle_check_due
    place.listen()
    assert place.ears.is_idle_check_due
    place.ears.repaired(idle_check=True)
    assert not place.ears.is_idle_check_due
    place.listen(after_s=12 * 3_600)
    assert place.ears.is_idle_check_due


class TestKeeping:
    """What was learnt outlives the process."""

    def test_it_is_known_in_the_next_one(self, tmp_path: Path) -> None:
        place = Place(tmp_path / FILE, per_s=20)
        place.ears.save()
        again = Place(tmp_path / FILE)
        again.listen(packets=1)
        assert again.ears.report().hearing is Hearing.HEARS

    def test_it_is_worth_a_write_once_an_hour(self, tmp_path: Path) -> None:
        place = Place(tmp_path / FILE)
        place.now_s += KEEP_EVERY_S - 1
        assert not place.ears.is_worth_a_write
        place.now_s += 1
        assert place.ears.is_worth_a_write
        place.ears.save()
        assert not place.ears.is_worth_a_write

    @pytest.mark.parametrize("content", [b"", b"garbage", b"\xff" * 100_000])
    def test_garbage_is_learnt_anew(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / FILE).write_bytes(content)
        assert Place(tmp_path / FILE).ears.report().hearing is Hearing.LEARNING

    def test_a_disk_that_takes_nothing_or_gives_nothing_harms_nobody(self, tmp_path: Path) -> None:
        (tmp_path / "no directory").write_text("")
        place = Place(tmp_path / "no directory" / FILE)
        place.ears.save()
        (tmp_path / FILE).mkdir()
        Place(tmp_path / FILE).ears.save()
