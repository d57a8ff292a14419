"""How long nothing is heard on a usual day."""

from gateway.link.usual_silence import UsualSilence

HOUR_S = 3600.0


def heard_every(seconds: float, hours: float, usual: UsualSilence | None = None, start_s: float = 0.0) -> UsualSilence:
    usual = UsualSilence() if usual is None else usual
    now_s = start_s
    while now_s < start_s + hours * HOUR_S:
        now_s += seconds
        usual = usual.heard(now_s, seconds)
    return usual


def test_nobody_knows_before_some_hours() -> None:
    assert UsualSilence().longest_s is None
    assert heard_every(60, 4).longest_s is None
    assert heard_every(60, 6).longest_s == 60


def test_the_longest_of_a_day_is_usual() -> None:
    usual = heard_every(60, 10).heard(10 * HOUR_S + 900, 840)
    assert heard_every(60, 12, usual, 10 * HOUR_S + 900).longest_s == 840


def test_what_lies_a_day_back_is_forgotten() -> None:
    usual = heard_every(60, 10).heard(10 * HOUR_S + 900, 840)
    assert heard_every(60, 26, usual, 10 * HOUR_S + 900).longest_s == 60


def test_a_long_silence_does_not_make_itself_usual_before_it_ends() -> None:
    usual = heard_every(60, 10)
    assert usual.longest_s == 60, "however long ago that was"
    assert usual.heard(100 * HOUR_S, 90 * HOUR_S).longest_s == 90 * HOUR_S


def test_it_keeps_no_more_than_a_day() -> None:
    assert len(heard_every(600, 100).slots) <= 25
