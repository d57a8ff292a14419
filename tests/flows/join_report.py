"""What became of a run of joins: a table, and whether it is what was asked for. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from gateway.demo.downlink_account import Story
from radio.simulator import Fate
from radio.simulator.lora_timing import lora_airtime_s
from tests.flows.join_scene import Outcome
from tests.flows.join_town import Asked

DUTY_CYCLE, TOO_LATE = "DUTY_CYCLE_OVERFLOW", "TOO_LATE"
# Airtimes are kept in whole microseconds.
ROUNDING_S = 1e-3


class Band(msgspec.Struct):
    """A sub-band of EU868, and what the law gives it in any hour; `too_early` counts refusals where there was room."""

    low_mhz: float
    high_mhz: float
    share_s: float
    accepted_s: float = 0.0
    refused: int = 0
    before_first_refusal_s: float | None = None
    too_early: int = 0


def airtime_s(story: Story) -> float:
    """Time on air of a downlink."""
    sent, rate = story.downlink.phy_payload, story.downlink.data_rate
    return lora_airtime_s(len(sent), rate.spreading_factor, rate.bandwidth_hz, coding_rate=1, crc=False, preamble=8)


def bands(stories: Sequence[Story], spent_s: Mapping[str, float]) -> dict[str, Band]:
    """What was accepted and refused in each sub-band, in the order in which it was asked for, all within an hour."""
    found = {
        "EU868 L": Band(865.0, 868.0, 36.0),
        "EU868 M": Band(868.0, 868.6, 36.0),
        "EU868 P": Band(869.4, 869.65, 360.0),
    }
    for name, airtime in spent_s.items():
        found[name].accepted_s = airtime
    for story in stories:
        freq_mhz = story.downlink.freq_hz / 1e6
        (band,) = (band for band in found.values() if band.low_mhz <= freq_mhz < band.high_mhz)
        if story.refusal == DUTY_CYCLE:
            _note_refusal(band, airtime_s(story))
        elif story.ack is not None and story.refusal is None:
            band.accepted_s += airtime_s(story)
    return found


def _note_refusal(band: Band, airtime: float) -> None:
    band.refused += 1
    band.too_early += band.accepted_s + airtime <= band.share_s - ROUNDING_S
    if band.before_first_refusal_s is None:
        band.before_first_refusal_s = band.accepted_s


def problems(asked: Asked, outcome: Outcome) -> list[str]:
    """What is not as it has to be: what was refused under the law, else what was not heard where all could be."""
    if asked.enforce:
        return [*unlawful(bands(outcome.stories, asked.spent_s))]
    return [*_unheard(asked, outcome)] if asked.full_duplex else []


def unlawful(accounts: Mapping[str, Band]) -> Iterator[str]:
    """Where more was accepted than the law gives, and where it would have given more."""
    for name, band in accounts.items():
        if band.accepted_s > band.share_s + ROUNDING_S:
            yield f"{name}: {band.accepted_s:.3f} s accepted, and {band.share_s} s are the law"
        if band.too_early:
            yield f"{name}: {band.too_early} refused although there was room"


def _unheard(asked: Asked, outcome: Outcome) -> Iterator[str]:
    joins = sum(device.counters.joins for device in outcome.devices)
    if joins < asked.joins:
        yield f"{joins} joins of {asked.joins}"
    wrong = Counter(story.outcome for story in outcome.stories if not _heard_in_its_window(story))
    if wrong:
        yield f"not heard in their windows: {dict(wrong)}"
    lost = Counter(sent.fate for sent in outcome.others if sent.fate is not Fate.HEARD)
    if lost:
        yield f"other uplinks lost: {lost}"


def _heard_in_its_window(story: Story) -> bool:
    return story.heard is not None and story.heard.kind is story.downlink.window


def table(asked: Asked, outcome: Outcome) -> list[str]:
    """The run in figures."""
    lines = [f"{'':24}{'asked':>8}{'accepted':>10}{'emitted':>9}{'heard':>7}{'missed':>8}  refused"]
    groups: dict[str, list[Story]] = {}
    for story in outcome.stories:
        groups.setdefault(f"{story.downlink.kind.value} in {story.downlink.window.value}", []).append(story)
    lines += [_line(name, stories) for name, stories in sorted(groups.items())]
    lines.append(_line("all", outcome.stories))
    lines += [*_devices(outcome), *_air(outcome)]
    if asked.enforce:
        lines += [*_law(bands(outcome.stories, asked.spent_s))]
    return [*lines, f"wall time {outcome.wall_s:.0f} s"]


def _line(name: str, stories: Sequence[Story]) -> str:
    accepted = sum(story.ack is not None and story.refusal is None for story in stories)
    emitted = sum(story.emission is not None for story in stories)
    heard = sum(_heard_in_its_window(story) for story in stories)
    refused = Counter(story.refusal for story in stories if story.refusal is not None)
    reasons = ", ".join(f"{count} {reason}" for reason, count in refused.most_common()) or "0"
    return f"{name:24}{len(stories):8}{accepted:10}{emitted:9}{heard:7}{emitted - heard:8}  {reasons}"


def _devices(outcome: Outcome) -> Iterator[str]:
    counters = [device.counters for device in outcome.devices]
    requests, joins, uplinks, repetitions, missed, given_up = (
        sum(getattr(one, name) for one in counters)
        for name in ("join_requests", "joins", "uplinks", "repetitions", "missed", "given_up")
    )
    yield f"{len(counters)} devices: {requests} join requests, {joins} joins; {uplinks} uplinks, {repetitions} repeated"
    yield f"  {missed} exchanges without answer, {given_up} uplinks given up"
    worst_us = max(one.worst_offset_s for one in counters) * 1e6
    yield f"  the furthest that a downlink began from the opening of its window: {worst_us:.2f} µs"
    desk = outcome.pipeline.desk
    if desk is not None:
        counts = desk.counters
        yield f"the gateway's account: {counts.accepted} accepted, {counts.emitted} emitted, {counts.failed} failed"
    late_us = sorted(outcome.pipeline.lateness_us)
    if late_us:
        median, most = late_us[len(late_us) // 2], late_us[len(late_us) * 99 // 100]
        yield f"  programmed late by {median} µs (median), {most} µs (99 %), {late_us[-1]} µs (worst)"


def held_up(outcome: Outcome) -> bool:
    """Whether the gateway itself says that it came too late: the host had something else to do."""
    failed = outcome.pipeline.desk is not None and outcome.pipeline.desk.counters.failed > 0
    return failed or any(story.refusal == TOO_LATE for story in outcome.stories)


def _air(outcome: Outcome) -> Iterator[str]:
    others = Counter(sent.fate for sent in outcome.others)
    own = outcome.chip.air.fates - others
    yield f"uplinks of the devices: {_fates(own)}"
    if others:
        yield f"other uplinks: {_fates(others)}; {outcome.core.counters.strangers} reached the server"


def _fates(fates: Counter[Fate]) -> str:
    return ", ".join(f"{count} {fate.value}" for fate, count in fates.most_common())


def _law(accounts: Mapping[str, Band]) -> Iterator[str]:
    for name, band in accounts.items():
        first_s = band.before_first_refusal_s
        first = "" if first_s is None else f", the first after {first_s:.3f} s"
        yield f"{name}: {band.accepted_s:.3f} s accepted of {band.share_s} s, {band.refused} refused{first}"
