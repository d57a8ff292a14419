"""One look at the signs of a radio at work: what opens a case, what closes it, and when its next rung is due."""

import pytest

from gateway.supervision.climbing import ASTRAY_AGAIN_S, SILENCE_PATIENCE_S, UNSEEN_IN_A_ROW, Looked, Signs, look
from gateway.supervision.deafness import Hearing
from gateway.supervision.ladder import Ladder, Step
from gateway.supervision.rungs import Means, Rung, Trouble

ALL = Means(has_reset=True, has_power=True, reboot_allowed=True)
BARE = Means(restart_allowed=False)
REARM, CHIP, RESET, POWER, PROCESS, REBOOT = Rung
DEAF = Signs(hearing=Hearing.DEAF, silence="nothing was heard for 300 s", quick_s=2.0)
TRYING = Signs(hearing=Hearing.TRYING, quick_s=2.0)
ASTRAY = Signs(astray=(0x5821, 0x5822))
MUTE = Signs(unseen=UNSEEN_IN_A_ROW)


class Looks:
    """Looks from one moment to the next."""

    def __init__(self, means: Means = ALL) -> None:
        self.means = means
        self.ladder = Ladder()
        self.last = Looked(self.ladder)

    def at(self, now_s: float, signs: Signs) -> Rung | None:
        """The rung that a look takes."""
        self.last = look(self.ladder, signs, self.means, now_s)
        self.ladder = self.last.ladder
        return None if self.last.step is None else self.last.step.rung

    @property
    def closed(self) -> list[Trouble]:
        return [case.trouble for case in self.last.closed]


@pytest.mark.parametrize("hearing", [Hearing.LEARNING, Hearing.HEARS, Hearing.SUSPICIOUS, Hearing.TRYING])
def test_a_radio_that_is_well_is_left_alone(hearing: Hearing) -> None:
    looks = Looks()
    assert looks.at(0, Signs(hearing=hearing, heard=3, emitted=1, unseen=2)) is None
    assert looks.ladder == Ladder()


class TestDeaf:
    """It hears nothing where it usually does."""

    def test_it_is_rearmed_at_once(self) -> None:
        looks = Looks()
        assert looks.at(0, DEAF) is REARM
        assert looks.last.step == Step(REARM, Trouble.DEAF, "nothing was heard for 300 s", 1)

    def test_it_is_mended_once_anything_is_heard(self) -> None:
        looks = Looks()
        looks.at(0, DEAF)
        assert looks.at(1, Signs(heard=1)) is None
        assert looks.closed == [Trouble.DEAF]
        assert looks.ladder.open == ()

    def test_where_much_is_usually_heard_the_next_rung_comes_within_seconds(self) -> None:
        looks = Looks()
        looks.at(0, DEAF)
        taken = [looks.at(now_s, TRYING) for now_s in (1, 2, 3, 4, 5, 6)]
        assert taken == [None, CHIP, None, RESET, None, POWER]

    def test_where_little_is_heard_it_comes_when_the_watch_says_that_the_last_was_in_vain(self) -> None:
        looks, slow = Looks(), Signs(hearing=Hearing.TRYING)
        looks.at(0, DEAF)
        assert [looks.at(now_s, slow) for now_s in (10, 100, 1_000)] == [None, None, None]
        assert looks.at(1_001, DEAF) is CHIP

    def test_mere_silence_is_patient_with_the_host(self) -> None:
        looks = Looks()
        for now_s in range(4):
            looks.at(now_s, DEAF)
        process_s = 3 + SILENCE_PATIENCE_S[PROCESS]
        assert looks.at(process_s - 1, DEAF) is None
        assert looks.at(process_s, DEAF) is PROCESS
        reboot_s = process_s + SILENCE_PATIENCE_S[REBOOT]
        assert looks.at(reboot_s - 1, DEAF) is None
        assert looks.at(reboot_s, DEAF) is REBOOT

    def test_where_the_watch_has_given_up_what_is_left_is_tried_all_the_same(self) -> None:
        looks = Looks()
        for now_s in range(4):
            looks.at(now_s, DEAF)
        assert looks.at(10_000, Signs(hearing=Hearing.SILENT)) is PROCESS

    def test_it_is_said_once_that_nothing_is_left(self) -> None:
        looks = Looks(BARE)
        looks.at(0, DEAF)
        looks.at(1, DEAF)
        assert looks.at(2, DEAF) is None
        assert [case.trouble for case in looks.last.gave_up] == [Trouble.DEAF]
        assert looks.at(3, DEAF) is None
        assert looks.last.gave_up == ()
        looks.at(4, Signs(heard=1))
        assert looks.closed == [Trouble.DEAF]

    def test_a_case_of_the_last_life_goes_on_though_the_watch_knows_nothing_of_it(self) -> None:
        looks = Looks()
        looks.at(0, DEAF)
        assert looks.at(5, Signs(hearing=Hearing.HEARS)) is None
        assert looks.ladder.open


class TestAstray:
    """A register does not hold what was written to it."""

    def test_the_receiver_is_rearmed_and_which_register_it_was_is_said(self) -> None:
        looks = Looks()
        assert looks.at(0, ASTRAY) is REARM
        assert looks.last.step is not None
        assert looks.last.step.reason == "register 0x5821 does not hold what was written to it, and 1 more"

    def test_it_is_mended_once_all_that_was_astray_holds(self) -> None:
        looks = Looks()
        looks.at(100, ASTRAY)
        looks.at(101, Signs(astray=(0x5822,)))
        assert looks.closed == []
        looks.at(102, Signs())
        assert looks.closed == [Trouble.ASTRAY]

    def test_it_is_tried_again_later_and_later_and_the_host_is_left_alone(self) -> None:
        looks, taken, now_s = Looks(), list[tuple[float, Rung]](), 0.0
        while now_s < 3_600:
            rung = looks.at(now_s, ASTRAY)
            if rung is not None:
                taken.append((now_s, rung))
            now_s += 1
        assert [rung for _, rung in taken] == [REARM, CHIP, RESET, POWER]
        moments_s = [at_s for at_s, _ in taken]
        assert moments_s == [0, 2 * ASTRAY_AGAIN_S, 6 * ASTRAY_AGAIN_S, 14 * ASTRAY_AGAIN_S]


class TestMute:
    """What it is given is not seen on the air."""

    def test_so_many_in_a_row_are_no_chance(self) -> None:
        looks = Looks()
        assert looks.at(0, Signs(unseen=UNSEEN_IN_A_ROW - 1)) is None
        assert looks.at(1, MUTE) is CHIP

    def test_it_climbs_with_as_many_more_and_is_mended_by_one_that_is_seen(self) -> None:
        looks = Looks()
        looks.at(0, MUTE)
        assert looks.at(1, Signs()) is None
        assert looks.at(2, MUTE) is RESET
        assert looks.at(3, Signs(emitted=1)) is None
        assert looks.closed == [Trouble.MUTE]


class TestQuiet:
    """Nothing is ever heard here."""

    def test_the_receiver_is_rearmed_now_and_again_and_that_is_no_trouble(self) -> None:
        looks = Looks()
        assert looks.at(0, Signs(hearing=Hearing.LEARNING, idle_check=True)) is REARM
        assert looks.last.step is not None
        assert looks.last.step.trouble is Trouble.QUIET
        assert looks.ladder == Ladder()

    @pytest.mark.parametrize(("means", "rung"), [(ALL, POWER), (BARE, CHIP), (Means(has_reset=True), RESET)])
    def test_where_all_was_in_vain_the_harshest_that_spares_the_host_is_tried(self, means: Means, rung: Rung) -> None:
        looks = Looks(means)
        for hour in range(8):
            looks.at(3_600 * hour, DEAF)
        assert looks.at(40_000, Signs(hearing=Hearing.SILENT, idle_check=True)) is rung


def test_one_step_at_a_time_the_worst_trouble_first() -> None:
    looks = Looks()
    both = Signs(hearing=Hearing.DEAF, unseen=UNSEEN_IN_A_ROW, astray=(0x5821,))
    assert looks.at(0, both) is REARM
    assert looks.last.step is not None
    assert looks.last.step.trouble is Trouble.DEAF
    assert [case.trouble for case in looks.ladder.open] == [Trouble.DEAF, Trouble.MUTE, Trouble.ASTRAY]
