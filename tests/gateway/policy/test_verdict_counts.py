"""What was decided, counted so that forwarded, observed and refused stay apart."""

from gateway.policy.outcome import Outcome
from gateway.policy.verdict import Flag, Verdict
from gateway.policy.verdict_counts import Fate, VerdictCounts

REFUSED = Verdict(Outcome.RATE, forwarded=False, depositor="city")
OBSERVED = Verdict(Outcome.RATE, forwarded=True, depositor="city", would_refuse=True)
PASSED = Verdict(Outcome.UNKNOWN_DEVICE, forwarded=True)
ADMITTED = Verdict(Outcome.ADMITTED, forwarded=True, depositor="city", flags=(Flag.COUNTER_WENT_BACK,))


def test_each_fate_is_counted_apart_and_by_depositor() -> None:
    counts = VerdictCounts()
    counts.take_uplinks([REFUSED, OBSERVED, OBSERVED, PASSED, ADMITTED])
    assert counts.uplinks == {
        ("city", Outcome.RATE, Fate.REFUSED): 1,
        ("city", Outcome.RATE, Fate.OBSERVED): 2,
        (None, Outcome.UNKNOWN_DEVICE, Fate.FORWARDED): 1,
        ("city", Outcome.ADMITTED, Fate.FORWARDED): 1,
    }
    assert counts.summary() == {
        "flag_counter_went_back": 1,
        "passed_unknown_device": 1,
        "refused_rate": 1,
        "would_refuse_rate": 2,
    }


def test_of_downlinks_only_what_is_refused_or_would_be_is_counted() -> None:
    counts = VerdictCounts()
    for verdict in (REFUSED, OBSERVED, PASSED, ADMITTED):
        counts.take_downlink(verdict, "main")
    assert counts.summary() == {"downlinks_not_permitted": 2}
