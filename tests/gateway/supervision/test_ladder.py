"""The recovery ladder: what is done next about a trouble, how often, and what is remembered of it."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.supervision.ladder import (
    LONGEST_WAIT_S,
    Ladder,
    Step,
    forgotten,
    found,
    mended,
    next_start,
    next_step,
    shared,
    tidied,
    tried,
)
from gateway.supervision.recovery_file import LARGEST_BYTES
from gateway.supervision.rungs import (
    AGAIN_AFTER_S,
    CALM_S,
    CEILINGS,
    CEILINGS_BY_SILENCE,
    DAY_S,
    HOUR_S,
    OF_CHIP,
    WEEK_S,
    Means,
    RestartPolicy,
    Rung,
    Trouble,
)

ALL = Means(has_reset=True, has_power=True, restart_allowed=True, reboot_allowed=True)
BARE = Means(restart_allowed=False)
THREE = RestartPolicy(delays_s=(0.5, 1.0, 2.0))
REARM, CHIP, RESET, POWER, PROCESS, REBOOT = Rung


def climb(trouble: Trouble, means: Means = ALL, ladder: Ladder | None = None, now_s: float = 0.0) -> list[Rung]:
    """All rungs that a trouble takes until it gives up, a minute apart."""
    ladder = found(ladder or Ladder(), trouble, "?", now_s)
    taken: list[Rung] = []
    while True:
        ladder, step = next_step(ladder, trouble, means, now_s + 60 * len(taken))
        if step is None:
            return taken
        taken.append(step.rung)


def starts(
    count: int, means: Means = ALL, ladder: Ladder | None = None, now_s: float = 0.0
) -> tuple[Ladder, list[Step]]:
    """So many failures in a row."""
    ladder, steps = ladder or Ladder(), list[Step]()
    for number in range(count):
        ladder, step = next_start(ladder, "no chip", means, THREE, now_s + number)
        steps.append(step)
    return ladder, steps


class TestClimbing:
    """A radio at work that is not well."""

    @pytest.mark.parametrize(
        ("trouble", "rungs"),
        [
            (Trouble.DEAF, [REARM, CHIP, RESET, POWER, PROCESS, REBOOT]),
            (Trouble.MUTE, [CHIP, RESET, POWER]),
            (Trouble.ASTRAY, [REARM, CHIP, RESET, POWER]),
        ],
    )
    def test_the_lowest_rung_that_can_help_comes_first_and_then_the_next(
        self, trouble: Trouble, rungs: list[Rung]
    ) -> None:
        assert climb(trouble) == rungs

    @pytest.mark.parametrize(
        ("means", "rungs"),
        [
            (BARE, [REARM, CHIP]),
            (Means(has_reset=True, restart_allowed=False), [REARM, CHIP, RESET]),
            (Means(has_power=True), [REARM, CHIP, POWER, PROCESS]),
            (Means(restart_allowed=False, reboot_allowed=True), [REARM, CHIP, REBOOT]),
        ],
    )
    def test_what_the_board_lacks_or_the_host_does_not_allow_is_left_out(self, means: Means, rungs: list[Rung]) -> None:
        assert climb(Trouble.DEAF, means) == rungs

    def test_a_step_says_what_it_is_for_and_which_of_its_case_it_is(self) -> None:
        ladder = found(Ladder(), Trouble.DEAF, "nothing was heard for 300 s", 0)
        ladder, _ = next_step(ladder, Trouble.DEAF, ALL, 0)
        _, step = next_step(ladder, Trouble.DEAF, ALL, 10)
        assert step == Step(CHIP, Trouble.DEAF, "nothing was heard for 300 s", 2)

    def test_what_is_mended_begins_from_the_bottom_once_it_was_calm_for_long_enough(self) -> None:
        ladder = found(Ladder(), Trouble.DEAF, "?", 0)
        ladder, _ = next_step(ladder, Trouble.DEAF, ALL, 0)
        ladder, case = mended(ladder, Trouble.DEAF, 10)
        assert case is not None
        assert case.rungs == (REARM,)
        soon, late = (found(ladder, Trouble.DEAF, "?", 10 + CALM_S[Trouble.DEAF] + after_s) for after_s in (-1, 0))
        assert next_step(soon, Trouble.DEAF, ALL, 4_000)[1] == Step(CHIP, Trouble.DEAF, "?", 2)
        assert next_step(late, Trouble.DEAF, ALL, 4_000)[1] == Step(REARM, Trouble.DEAF, "?", 1)

    def test_what_is_not_open_cannot_be_mended(self) -> None:
        assert mended(Ladder(), Trouble.DEAF, 0) == (Ladder(), None)
        ladder, _ = mended(found(Ladder(), Trouble.DEAF, "?", 0), Trouble.DEAF, 1)
        assert mended(ladder, Trouble.DEAF, 2) == (ladder, None)

    def test_a_case_that_gave_up_is_begun_anew_after_hours(self) -> None:
        ladder = found(Ladder(), Trouble.ASTRAY, "?", 0)
        for _ in range(3):
            ladder, _ = next_step(ladder, Trouble.ASTRAY, BARE, 0)
        assert ladder.open[0].gave_up
        assert next_step(found(ladder, Trouble.ASTRAY, "?", AGAIN_AFTER_S - 1), Trouble.ASTRAY, BARE, 1)[1] is None
        _, step = next_step(found(ladder, Trouble.ASTRAY, "?", AGAIN_AFTER_S), Trouble.ASTRAY, BARE, AGAIN_AFTER_S)
        assert step is not None
        assert step.rung is REARM

    def test_a_start_of_the_radio_counts_for_all_that_goes_on(self) -> None:
        ladder = found(found(Ladder(), Trouble.DEAF, "?", 0), Trouble.MUTE, "?", 0)
        ladder = shared(ladder, RESET, 5)
        assert [next_step(ladder, each, ALL, 6)[1] for each in (Trouble.DEAF, Trouble.MUTE)] == [
            Step(POWER, Trouble.DEAF, "?", 2),
            Step(POWER, Trouble.MUTE, "?", 2),
        ]
        assert shared(ladder, CHIP, 7) == ladder

    def test_when_a_rung_has_been_taken_is_kept(self) -> None:
        ladder, _ = next_step(found(Ladder(), Trouble.DEAF, "?", 0), Trouble.DEAF, ALL, 1)
        case = tried(ladder, Trouble.DEAF, 4).case(Trouble.DEAF)
        assert case is not None
        assert case.tried_s == 4
        assert tried(Ladder(), Trouble.QUIET, 4) == Ladder()

    def test_the_worst_comes_first(self) -> None:
        ladder = Ladder()
        for trouble in (Trouble.ASTRAY, Trouble.DEAF, Trouble.LOST, Trouble.MUTE):
            ladder = found(ladder, trouble, "?", 0)
        assert [case.trouble for case in ladder.open] == [Trouble.LOST, Trouble.DEAF, Trouble.MUTE, Trouble.ASTRAY]


class TestCeilings:
    """No rung is taken again and again."""

    @staticmethod
    def taken(rung: Rung, trouble: Trouble, weeks: float) -> list[float]:
        """When a trouble that comes back each time takes a rung, in so many weeks."""
        ladder, moments, now_s = Ladder(), list[float](), 0.0
        while now_s < weeks * WEEK_S:
            ladder = found(forgotten(ladder, trouble), trouble, "?", now_s)
            step: Step | None = Step(REARM, trouble, "?", 0)
            while step is not None:
                ladder, step = next_step(ladder, trouble, ALL, now_s)
                if step is not None and step.rung is rung:
                    moments.append(now_s)
            ladder = tidied(ladder, now_s)
            now_s += HOUR_S / 4
        return moments

    @pytest.mark.parametrize(("rung", "within_s"), [(PROCESS, DAY_S), (REBOOT, WEEK_S)])
    def test_mere_silence_restarts_a_process_once_a_day_and_a_machine_once_a_week(
        self, rung: Rung, within_s: float
    ) -> None:
        moments = self.taken(rung, Trouble.DEAF, weeks=3)
        assert len(moments) == 3 * WEEK_S / within_s
        assert min(after - before for before, after in itertools.pairwise(moments)) >= within_s

    @pytest.mark.parametrize("rung", [REARM, CHIP, RESET, POWER])
    def test_no_hour_has_more_of_a_rung_than_its_ceiling(self, rung: Rung) -> None:
        moments = self.taken(rung, Trouble.DEAF, weeks=0.1)
        for begin_s in moments:
            within = [moment for moment in moments if begin_s <= moment < begin_s + HOUR_S]
            assert len(within) <= CEILINGS[rung].most

    def test_what_the_chip_went_through_does_not_push_out_what_the_host_did(self) -> None:
        ladder, _ = starts(4)
        assert ladder.case(Trouble.LOST) is not None
        ladder, _ = starts(200, ladder=ladder, now_s=10)
        assert [each.rung for each in ladder.taken].count(PROCESS) == CEILINGS[PROCESS].most
        assert [each.rung for each in ladder.taken].count(REBOOT) == CEILINGS[REBOOT].most

    def test_silence_has_the_lower_ceilings(self) -> None:
        for rung, ceiling in CEILINGS_BY_SILENCE.items():
            assert ceiling.most / ceiling.within_s <= CEILINGS[rung].most / CEILINGS[rung].within_s


class TestStarting:
    """A radio that is lost."""

    def test_each_attempt_is_one_rung_higher_and_the_highest_is_tried_again(self) -> None:
        _, steps = starts(3)
        assert [(step.rung, step.wait_s, step.number) for step in steps] == [
            (CHIP, 0.5, 1), (RESET, 1.0, 2), (POWER, 2.0, 3),
        ]  # fmt: skip
        _, steps = starts(3, Means(has_reset=True))
        assert [step.rung for step in steps] == [CHIP, RESET, RESET]
        assert [step.rung for step in starts(3, BARE)[1]] == [CHIP, CHIP, CHIP]

    def test_a_start_that_failed_is_not_done_once_more_by_a_lower_rung(self) -> None:
        _, step = next_start(Ladder(), "no chip", ALL, THREE, 0, after=RESET)
        assert step.rung is POWER
        _, step = next_start(Ladder(), "no chip", Means(has_reset=True), THREE, 0, after=RESET)
        assert step.rung is RESET

    def test_once_the_attempts_are_spent_the_process_is_restarted_and_then_the_machine_rebooted(self) -> None:
        ladder, steps = starts(4)
        assert steps[-1].rung is PROCESS
        ladder, steps = starts(4, ladder=ladder, now_s=20)
        assert [step.rung for step in steps] == [CHIP, RESET, POWER, REBOOT]
        ladder, steps = starts(4, ladder=ladder, now_s=40)
        assert [step.rung for step in steps] == [CHIP, RESET, POWER, PROCESS]

    def test_where_neither_is_granted_attempts_go_on_later_and_later(self) -> None:
        _, steps = starts(16, Means(has_power=True, restart_allowed=False))
        waits_s = [step.wait_s for step in steps]
        assert waits_s[:3] == [0.5, 1.0, 2.0]
        assert waits_s[3:6] == [4.0, 8.0, 16.0]
        assert max(waits_s) == waits_s[-1] == LONGEST_WAIT_S
        assert {step.rung for step in steps[2:]} == {POWER}

    def test_a_process_is_restarted_three_times_a_day_at_most(self) -> None:
        means = Means()
        ladder, steps = Ladder(), list[Step]()
        for life in range(10):
            ladder, some = starts(4, means, ladder, now_s=100.0 * life)
            steps += some
        assert [step.rung for step in steps].count(PROCESS) == CEILINGS[PROCESS].most

    def test_without_any_delay_the_process_is_restarted_at_once(self) -> None:
        _, step = next_start(Ladder(), "no chip", ALL, RestartPolicy(delays_s=()), 0)
        assert step.rung is PROCESS

    def test_a_radio_that_is_lost_again_soon_goes_on_where_it_was(self) -> None:
        ladder, _ = starts(1)
        ladder, _ = mended(ladder, Trouble.LOST, 5)
        assert next_start(ladder, "no chip", ALL, THREE, 5 + CALM_S[Trouble.LOST] - 1)[1].rung is RESET
        assert next_start(ladder, "no chip", ALL, THREE, 5 + CALM_S[Trouble.LOST])[1].rung is CHIP


@given(
    st.lists(st.tuples(st.sampled_from(Trouble), st.booleans(), st.floats(0, 90_000)), max_size=120),
    st.builds(Means, st.booleans(), st.booleans(), st.booleans(), st.booleans()),
)
def test_whatever_happens_a_rung_exists_and_what_is_kept_stays_small(
    events: list[tuple[Trouble, bool, float]], means: Means
) -> None:
    ladder, now_s = Ladder(), 0.0
    for trouble, is_over, passed_s in events:
        now_s += passed_s
        if is_over:
            ladder, _ = mended(ladder, trouble, now_s)
        elif trouble is Trouble.LOST:
            ladder, step = next_start(ladder, "x" * 300, means, RestartPolicy(), now_s)
            assert step.rung in means.rungs
            assert step.rung in (*OF_CHIP, PROCESS, REBOOT)
            assert 0 <= step.wait_s <= LONGEST_WAIT_S
        else:
            ladder, taken = next_step(found(ladder, trouble, "x" * 300, now_s), trouble, means, now_s)
            assert taken is None or taken.rung in means.rungs
        ladder = tidied(ladder, now_s)
    assert len(msgspec.json.encode(ladder)) < LARGEST_BYTES / 2
