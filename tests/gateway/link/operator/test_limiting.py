"""What comes and goes is told a few times an hour, and last as it came to rest."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.messages import Sentence
from gateway.link.messages_operator import Occurrence
from gateway.link.operator.happening import Happening
from gateway.link.operator.limiting import MOST, PERIOD_MS, Limits, due, limited

S = 1000
FLAPS = Happening(Occurrence.SERVER_LOST, "error", Sentence("a", "b"), {"server": "main"}, matter="server main")


def numbered(number: int, matter: str | None = "server main") -> Happening:
    return msgspec.structs.replace(FLAPS, details={"number": number}, matter=matter)


class Told:
    """What came through, by a clock that the test moves."""

    def __init__(self) -> None:
        self.limits, self.now_ms = Limits(), 10 * S
        self.told: list[Happening] = []

    def happen(self, happening: Happening) -> Happening | None:
        self.limits, told = limited(self.limits, happening, self.now_ms)
        self.told += [] if told is None else [told]
        return told

    def wait(self, seconds: float) -> tuple[Happening, ...]:
        self.now_ms += round(seconds * S)
        self.limits, told = due(self.limits, self.now_ms)
        self.told += told
        return told


def test_a_matter_is_told_six_times_an_hour_and_others_all_the_same() -> None:
    told = Told()
    for number in range(20):
        told.happen(numbered(number))
        told.wait(1)
    assert [each.details["number"] for each in told.told] == list(range(MOST))
    assert told.happen(numbered(0, "clock")) is not None


def test_what_is_of_no_matter_is_always_told_as_it_is() -> None:
    told = Told()
    assert [told.happen(numbered(number, None)) for number in range(50)] == [numbered(n, None) for n in range(50)]


def test_the_next_that_is_told_says_how_many_were_not() -> None:
    told = Told()
    for number in range(MOST + 4):
        told.happen(numbered(number))
    told.now_ms += PERIOD_MS
    after = told.happen(numbered(99))
    assert after is not None
    assert after.details == {"number": 99, "left_out": 4}
    again = told.happen(numbered(100))
    assert again is not None
    assert again.details == {"number": 100}


def test_the_last_that_had_no_room_is_told_late() -> None:
    told = Told()
    for number in range(MOST + 3):
        told.happen(numbered(number))
    assert told.wait(PERIOD_MS / S - 1) == ()
    (late,) = told.wait(1)
    assert late.details == {"number": MOST + 2, "left_out": 2, "late_s": 3600.0}
    assert told.wait(PERIOD_MS / S) == ()


def test_what_was_told_on_time_does_not_say_that_it_was() -> None:
    assert Told().happen(FLAPS) == FLAPS


def test_a_matter_that_is_at_rest_is_forgotten() -> None:
    told = Told()
    told.happen(FLAPS)
    told.wait(PERIOD_MS / S)
    told.happen(numbered(0, "clock"))
    assert set(told.limits.told) == {"clock"}


steps = st.lists(st.tuples(st.floats(0, 900), st.sampled_from(["a", "b"])), max_size=60)


@given(steps)
def test_whatever_happens_no_hour_has_more_than_its_share_and_each_is_told_or_counted(
    happenings: list[tuple[float, str]],
) -> None:
    told, times = Told(), list[tuple[int, str | None]]()
    for number, (seconds, matter) in enumerate(happenings):
        before = len(told.told)
        told.wait(seconds)
        told.happen(numbered(number, matter))
        times += [(told.now_ms, each.matter) for each in told.told[before:]]
    told.wait(PERIOD_MS / S)
    for matter in ("a", "b"):
        own = [ms for ms, whose in times if whose == matter]
        assert all(later - earlier >= PERIOD_MS for earlier, later in zip(own, own[MOST:], strict=False))
        mine = [each for each in told.told if each.matter == matter]
        left_out = sum(int(each.details.get("left_out") or 0) for each in mine)
        assert len(mine) + left_out == sum(whose == matter for _, whose in happenings)
        happened = [number for number, (_, whose) in enumerate(happenings) if whose == matter]
        assert [each.details["number"] for each in mine[-1:]] == happened[-1:]
