"""Counters of an interval."""

from collections import Counter
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from forwarder.backend import BackendCounters
from gateway.link.messages_operator import ServerStats, Stats
from gateway.link.operator.stats_document import Counters, Server, by_outcome, counters_of, stats_between
from gateway.pipeline import Totals
from gateway.policy.outcome import Outcome
from gateway.policy.verdict import Verdict
from gateway.policy.verdict_counts import VerdictCounts
from radio.packets import TxStatus
from tests.gateway.link.operator.scene import EUI, NOW, NOW_TEXT, UNSURE, published

REFUSED = {Outcome.RATE, Outcome.UNKNOWN_DEVICE, Outcome.BAD_CRC}
few = st.integers(0, 20)


@st.composite
def intervals(draw: st.DrawFn) -> dict[str, Any]:
    """What happens in one interval, to the pipeline, the policy and two servers."""
    outcomes = draw(st.dictionaries(st.sampled_from(Outcome), few))
    answers = draw(st.dictionaries(st.sampled_from(TxStatus), few))
    servers = {name: Server(*draw(st.tuples(few, few, few, few, few, few))) for name in ("main", "second")}
    return {
        "lasted_ms": draw(st.integers(0, 100_000)),
        "outcomes": Counter(outcomes),
        "bad_crc": draw(few),
        "answers": Counter(answers),
        "emitted": draw(few),
        "beacons": draw(few),
        "servers": servers,
    }


class Gateway:
    """One that counts as the daemon does: each packet has a verdict, each request an answer."""

    def __init__(self) -> None:
        self.ms, self.totals = 1_000, Totals()
        self.verdicts, self.refused = VerdictCounts(), Counter[TxStatus]()
        self.backends = {"main": BackendCounters(), "second": BackendCounters()}

    def live(self, interval: dict[str, Any]) -> Counters:
        outcomes, answers, totals = interval["outcomes"], interval["answers"], self.totals
        for outcome, count in outcomes.items():
            self.verdicts.take_uplinks([Verdict(outcome, forwarded=outcome not in REFUSED)] * count)
        heard = outcomes.total()
        self.totals = Totals(
            packets_received=totals.packets_received + heard,
            packets_crc_ok=totals.packets_crc_ok + max(0, heard - interval["bad_crc"]),
            packets_refused=totals.packets_refused + sum(outcomes[outcome] for outcome in REFUSED),
            downlinks_received=totals.downlinks_received + answers.total(),
            downlinks_emitted=totals.downlinks_emitted + interval["emitted"],
            beacons_emitted=totals.beacons_emitted + interval["beacons"],
        )
        self.refused.update(answers)
        for name, did in interval["servers"].items():
            counters = self.backends[name]
            for field in Server.__struct_fields__:
                setattr(counters, field, getattr(counters, field) + getattr(did, field))
        self.ms += interval["lasted_ms"]
        return self.counters()

    def counters(self) -> Counters:
        verdicts = by_outcome(self.verdicts.uplinks.items())
        return counters_of(self.ms, self.totals, verdicts, self.refused, self.backends)


def between(before: Counters, after: Counters) -> Stats:
    stats = stats_between(before, after, EUI, NOW)
    published(stats)
    return stats


@given(intervals(), intervals())
def test_an_intervals_counters_are_those_of_the_interval_and_agree(
    earlier: dict[str, Any], present: dict[str, Any]
) -> None:
    gateway = Gateway()
    stats = between(gateway.live(earlier), gateway.live(present))
    assert stats.interval_s == present["lasted_ms"] / 1000
    assert stats.outcomes == +present["outcomes"]
    assert sum(stats.outcomes.values()) == stats.packets_received
    refused = sum(count for outcome, count in stats.outcomes.items() if outcome in REFUSED)
    assert stats.packets_forwarded + refused == stats.packets_received
    assert stats.packets_crc_ok <= stats.packets_received
    accepted = present["answers"][TxStatus.OK]
    assert sum(stats.downlinks_refused.values()) + accepted == stats.downlinks_received
    assert (stats.downlinks_emitted, stats.beacons_emitted) == (present["emitted"], present["beacons"])
    assert [Server(*(getattr(server, name) for name in Server.__struct_fields__)) for server in stats.servers] == [
        present["servers"]["main"],
        present["servers"]["second"],
    ]


def whole(stats: Stats) -> dict[str, int]:
    """Every counter of it, by its path."""
    told = {name: value for name, value in published(stats).items() if isinstance(value, int) and name != "interval_s"}
    told |= {f"outcome {outcome.value}": count for outcome, count in stats.outcomes.items()}
    told |= {f"refused {status.value}": count for status, count in stats.downlinks_refused.items()}
    for server in published(stats)["servers"]:
        told |= {f"{server['name']} {name}": count for name, count in server.items() if name != "name"}
    return {name: count for name, count in told.items() if name not in ("format", "clock_sure")}


@given(intervals(), intervals(), intervals())
def test_two_intervals_add_up_to_the_one_over_both(
    before: dict[str, Any], first: dict[str, Any], second: dict[str, Any]
) -> None:
    gateway = Gateway()
    one, two, three = gateway.live(before), gateway.live(first), gateway.live(second)
    added = Counter(whole(between(one, two)))
    added.update(whole(between(two, three)))
    assert added == Counter(whole(between(one, three)))
    assert all(count >= 0 for count in added.values())


def test_an_interval_in_which_nothing_happened_has_only_zeros() -> None:
    counters = Gateway().counters()
    told = published(stats_between(counters, counters, EUI, NOW))
    assert (told["outcomes"], told["downlinks_refused"]) == ({}, {})
    assert (told["packets_received"], told["interval_s"], told["at"]) == (0, 0, NOW_TEXT)


def test_a_snapshot_does_not_follow_the_counters_that_it_was_made_of() -> None:
    gateway = Gateway()
    verdicts = Counter[Outcome]()
    before = counters_of(0, gateway.totals, verdicts, gateway.refused, gateway.backends)
    gateway.backends["main"].uplinks_sent += 3
    gateway.refused[TxStatus.TOO_LATE] += 1
    verdicts[Outcome.RATE] += 1
    assert before.outcomes == {}
    assert before.servers["main"] == Server()
    assert before.downlinks_refused == {}


def test_without_a_policy_every_packet_is_told_as_judged_by_none() -> None:
    totals = Totals(packets_received=5, packets_crc_ok=4)
    after = counters_of(31_000, totals, None, {}, {})
    stats = between(counters_of(1_000, Totals(), None, {}, {}), after)
    assert stats.outcomes == {Outcome.NO_POLICY: 5}
    assert (stats.packets_forwarded, stats.interval_s) == (5, 30)


def test_a_server_that_counts_anew_is_told_by_what_it_has_counted_since() -> None:
    before = Counters(0, servers={"main": Server(uplinks_sent=100, uplinks_dropped=1)})
    main = Server(uplinks_sent=7, uplinks_dropped=2, bytes_up=900)
    after = Counters(1_000, servers={"main": main, "new": Server(1, 1)})
    nothing = ServerStats(
        name="main",
        uplinks_sent=0,
        uplinks_acknowledged=0,
        uplinks_dropped=0,
        downlinks_received=0,
        bytes_up=0,
        bytes_down=0,
    )
    assert between(before, after).servers == (
        msgspec.structs.replace(nothing, uplinks_sent=7, uplinks_dropped=2, bytes_up=900),
        msgspec.structs.replace(nothing, name="new", uplinks_sent=1, uplinks_acknowledged=1),
    )


def test_an_interval_has_its_length_though_no_clock_is_sure() -> None:
    told = published(stats_between(Counters(1_000), Counters(31_500), EUI, UNSURE))
    assert (told["interval_s"], told["at"], told["clock_sure"]) == (30.5, None, False)
