"""The highest rate is looked for from the target on, and a rate that was not really tried proves nothing."""

import asyncio

import pytest

from bench.rate_search import FIRST_PPS, RATES_PPS, Trial, Verdict, search


def found(lossless_up_to: int, injector_up_to: int = 1_000_000, *, climb: bool = True) -> tuple[int, list[int]]:
    """What a gateway of that capacity yields, and which rates were tried for it."""

    async def attempt(rate_pps: int) -> Trial:
        return Trial(rate_pps, min(rate_pps, injector_up_to), rate_pps, lost=max(rate_pps - lossless_up_to, 0))

    best_pps, trials = asyncio.run(search(attempt, climb=climb))
    return best_pps, [trial.asked_pps for trial in trials]


def test_it_climbs_until_something_is_lost() -> None:
    assert found(lossless_up_to=7000) == (6000, [5000, 6000, 8000])


def test_it_descends_until_nothing_is_lost() -> None:
    assert found(lossless_up_to=2500) == (2000, [5000, 4000, 3000, 2000])


def test_it_stays_where_the_target_is_reached_if_told_so() -> None:
    assert found(lossless_up_to=7000, climb=False) == (FIRST_PPS, [FIRST_PPS])


def test_a_gateway_that_loses_at_any_rate_sustains_none() -> None:
    best_pps, tried = found(lossless_up_to=0)
    assert (best_pps, sorted(tried)) == (0, [rate for rate in RATES_PPS if rate <= FIRST_PPS])


def test_a_gateway_without_limits_gets_the_highest_rate_tried() -> None:
    assert found(lossless_up_to=1_000_000)[0] == max(RATES_PPS)


def test_a_rate_that_the_injector_does_not_hold_is_not_sustained() -> None:
    assert found(lossless_up_to=1_000_000, injector_up_to=6500) == (6000, [5000, 6000, 8000])


@pytest.mark.parametrize(
    ("trial", "verdict", "said"),
    [
        (Trial(5000, 4999.0, 50_000, 0), Verdict.SUSTAINED, "5000/s lost none of 50000"),
        (Trial(5000, 4000.0, 50_000, 0), Verdict.NOT_TRIED, "the injector itself reached only 4000/s of 5000"),
        (
            Trial(5000, 4000.0, 50_000, 3, 2),
            Verdict.LOST,
            "5000/s lost 3 of 50000, 2 of them in the chip's full buffer",
        ),
        (Trial(5000, 5000.0, 50_000, 3, 0, 1), Verdict.LOST, "not the gateway's fault"),
    ],
)
def test_a_trial_says_who_was_the_limit(trial: Trial, verdict: Verdict, said: str) -> None:
    assert trial.verdict is verdict
    assert said in str(trial)
