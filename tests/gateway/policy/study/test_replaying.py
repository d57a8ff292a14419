"""Recorded traffic under a policy: who would be refused, and what would have refused nobody."""

from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forwarder.phypayload import parse_phypayload
from gateway.policy.accounts.charging import UplinkCost
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.admission import Admission
from gateway.policy.allowance import UNLIMITED, Allowance
from gateway.policy.document import Depositor, Group, Period, Policy
from gateway.policy.identity.bindings import Binding, Bindings
from gateway.policy.identity.frame_id import frame_id
from gateway.policy.moment import Moment
from gateway.policy.outcome import Level, Outcome
from gateway.policy.rules import Rules
from gateway.policy.study.replaying import Report, replay
from gateway.traffic.line import HeardFrame, read_line, write_line
from radio.packets import CrcStatus, RxPacket
from tests.gateway.policy.frames import (
    ALWAYS,
    CITY_ADDR,
    CITY_EUI,
    CITY_SIDE,
    METROPOLIS_ADDR,
    METROPOLIS_EUI,
    METROPOLIS_SIDE,
    STRANGER_ADDR,
    STRANGER_EUI,
    UNCONFIRMED_DOWN,
    data_frame,
    join,
    join_request,
    policy,
    suspended,
    uplink,
    with_device_allowance,
)

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def heard(t_ms: int, phy: bytes, dev_eui: int | None = None, **changes: object) -> HeardFrame:
    frame = HeardFrame(
        t_ms=t_ms,
        frame=parse_phypayload(phy),
        size_bytes=len(phy),
        frame_id=frame_id(phy),
        airtime_us=50_000,
        crc_status=CrcStatus.OK,
        dev_eui=dev_eui,
        gateway=None,
        data_rate="SF7BW125",
    )
    return msgspec.structs.replace(frame, **changes)


def data(t_ms: int, fcnt: int, dev_addr: int = CITY_ADDR, dev_eui: int | None = CITY_EUI) -> HeardFrame:
    return heard(t_ms, data_frame(dev_addr, fcnt % 0x10000), dev_eui)


def held_to(allowance: Allowance) -> Policy:
    return policy(with_device_allowance(CITY_SIDE, allowance), METROPOLIS_SIDE)


def test_each_frame_is_counted_once() -> None:
    frames = [
        data(0, 1),
        data(1, 1),
        heard(2, join_request(CITY_EUI)),
        data(3, 2),
        data(4, 3, METROPOLIS_ADDR, METROPOLIS_EUI),
        data(5, 4, STRANGER_ADDR, STRANGER_EUI),
        heard(6, join_request(STRANGER_EUI)),
        heard(7, data_frame(STRANGER_ADDR + 1, 1)),
        heard(8, data_frame(CITY_ADDR, 1, mhdr=UNCONFIRMED_DOWN)),
        heard(9, b"", frame=None, frame_id=None, crc_status=CrcStatus.BAD),
        heard(10, b"", frame=None, frame_id=None, crc_status=CrcStatus.ABSENT),
    ]
    report = replay(held_to(Allowance(daily_uplinks=1)), frames)
    city, metropolis = (depositor.counts for depositor in report.depositors)
    assert report.frames == 11
    assert (city.devices, city.heard, city.admitted, city.repetitions, city.joins, city.refused) == (1, 4, 1, 1, 1, 1)
    assert (metropolis.heard, metropolis.admitted, metropolis.refused) == (1, 1, 0)
    assert report.nobodys == {Outcome.UNKNOWN_DEVICE: 3, Outcome.NOT_LORAWAN: 2, Outcome.BAD_CRC: 1}
    assert [(each.device, each.frames) for each in report.most_unknown] == [
        (f"{STRANGER_EUI:016X}", 2),
        (f"DevAddr {STRANGER_ADDR + 1:08X}", 1),
    ]
    assert report.unknown_devices == 2


def test_refusals_are_told_by_reason_and_level_with_their_first_and_last_moment() -> None:
    city = msgspec.structs.replace(
        with_device_allowance(CITY_SIDE, Allowance(min_interval_s=60)), allowance=Allowance(daily_uplinks=2)
    )
    frames = [data(t_ms, t_ms) for t_ms in (0, 1000, 2000, MINUTE_MS, 2 * MINUTE_MS)]
    counts = replay(policy(city), frames).depositors[0].groups[0].counts
    told = [(each.outcome, each.level, each.frames, each.first_ms, each.last_ms) for each in counts.refusals]
    assert told == [
        (Outcome.MIN_INTERVAL, Level.DEVICE, 2, 1000, 2000),
        (Outcome.DAILY_UPLINKS, Level.DEPOSITOR, 1, 2 * MINUTE_MS, 2 * MINUTE_MS),
    ]
    assert [(each.device, each.frames) for each in counts.most_refused] == [(f"{CITY_EUI:016X}", 3)]


def test_the_ten_that_are_refused_most_are_named() -> None:
    addresses = [CITY_ADDR - 7 + number for number in range(12)]
    frames = [data(0, fcnt, address, None) for number, address in enumerate(addresses) for fcnt in range(number + 2)]
    named = replay(held_to(Allowance(daily_uplinks=1)), frames).depositors[0].counts.most_refused
    expected = [(f"DevAddr {address:08X}", number + 1) for number, address in enumerate(addresses)]
    assert [(each.device, each.frames) for each in named] == expected[:1:-1]


def test_frames_out_of_order_are_taken_in_the_order_of_their_times() -> None:
    frames = [data(t_ms, t_ms) for t_ms in (2 * MINUTE_MS, 0, MINUTE_MS, 2 * MINUTE_MS)]
    report = replay(held_to(Allowance(min_interval_s=60)), frames)
    assert report.depositors[0].counts.admitted == 3
    assert (report.begins_ms, report.ends_ms, report.out_of_order) == (0, 2 * MINUTE_MS, 2)


def test_a_line_binds_its_devices_address_so_that_a_join_moves_no_account() -> None:
    """The second DevAddr is nobody's by itself."""
    frames = [data(0, 1), data(1, 2, STRANGER_ADDR)]
    report = replay(held_to(Allowance(daily_uplinks=1)), frames)
    assert report.depositors[0].counts.refused == 1
    assert not report.nobodys


SUSPENDED = msgspec.structs.replace(CITY_SIDE, suspensions=suspended())
ENDED = msgspec.structs.replace(CITY_SIDE, right=Period(0, 10))
LATER = msgspec.structs.replace(CITY_SIDE, right=Period(3_000_000_000, 3_000_000_001))


@pytest.mark.parametrize(
    ("side", "outcome"),
    [(SUSPENDED, Outcome.SUSPENDED), (ENDED, Outcome.RIGHT_ENDED), (LATER, Outcome.RIGHT_NOT_BEGUN)],
)
def test_rights_count_only_if_they_are_asked_for(side: Depositor, outcome: Outcome) -> None:
    frames = [data(DAY_MS, 1)]
    assert replay(policy(side), frames).depositors[0].counts.admitted == 1
    (refusal,) = replay(policy(side), frames, rights=True).depositors[0].counts.refusals
    assert (refusal.outcome, refusal.level) == (outcome, None)


def test_a_policy_that_was_not_valid_judges_nothing_if_that_is_asked_for() -> None:
    document = msgspec.structs.replace(policy(), valid=Period(10, 20))
    frames = [data(t_s * 1000, t_s) for t_s in (9, 10, 19, 20)]
    assert replay(document, frames).depositors[0].counts.admitted == 4
    report = replay(document, frames, rights=True)
    assert report.depositors[0].counts.admitted == 2
    assert report.nobodys == {Outcome.NO_POLICY: 2}


def test_what_would_be_refused_is_told_in_observe_mode_too() -> None:
    side = with_device_allowance(msgspec.structs.replace(CITY_SIDE, mode="observe"), Allowance(daily_uplinks=1))
    report = replay(policy(side), [data(0, 1), data(1, 2)])
    assert (report.depositors[0].mode, report.depositors[0].counts.refused) == ("observe", 1)


def test_of_an_empty_recording_nothing_is_told() -> None:
    report = replay(policy(), [])
    assert (report.frames, report.begins_ms, report.ends_ms) == (0, None, None)


PACKETS = [
    *[uplink(CITY_ADDR, fcnt) for fcnt in range(3)],
    *[uplink(CITY_ADDR + 1, fcnt, bytes(60), spreading_factor=12) for fcnt in range(2)],
    uplink(METROPOLIS_ADDR),
    uplink(STRANGER_ADDR),
    uplink(CITY_ADDR, crc_status=CrcStatus.BAD),
    uplink(CITY_ADDR, crc_status=CrcStatus.ABSENT),
    join(CITY_EUI),
    join(STRANGER_EUI),
]


@given(st.lists(st.tuples(st.sampled_from(PACKETS), st.integers(0, HOUR_MS))), st.booleans())
def test_what_a_gateway_recorded_is_judged_again_as_it_was(steps: list[tuple[RxPacket, int]], payload: bool) -> None:
    limits = Allowance(2, 2, 600, 4, 200, 0.5, 1)
    document = held_to(limits)
    bindings = Bindings([Binding(CITY_EUI, CITY_ADDR)])
    admission = Admission(Ledger(), bindings, open_without=False)
    admission.rules = Rules(document)
    t_ms, lived, lines = 1_700_000_000_000, Counter[tuple[str | None, Outcome]](), list[bytes]()
    for packet, step_ms in steps:
        t_ms += step_ms
        verdict = admission.judge(packet, Moment(t_ms))
        lived[verdict.depositor, verdict.outcome] += 1
        lines.append(write_line(packet, verdict, t_ms=t_ms, gateway_eui=1, payload=payload))
    frames = [frame for line in lines if isinstance(frame := read_line(line), HeardFrame)]
    assert outcomes(replay(document, frames)) == lived


def test_a_join_request_that_was_recorded_waits_for_no_answer() -> None:
    admission = Admission(Ledger(), Bindings(), open_without=False)
    admission.rules = Rules(policy())
    request = parse_phypayload(join_request(CITY_EUI))
    assert admission.judge_recorded(request, UplinkCost(23, 0, 0), Moment(0)).outcome is Outcome.ADMITTED
    assert admission.joins.answered_at(5_000_000) is None


def outcomes(report: Report) -> Counter[tuple[str | None, Outcome]]:
    """All frames by whose they are and what became of them."""
    told = Counter[tuple[str | None, Outcome]]()
    for outcome, frames in report.nobodys.items():
        told[None, outcome] += frames
    for depositor in report.depositors:
        counts = depositor.counts
        told[depositor.id, Outcome.ADMITTED] += counts.admitted + counts.joins
        told[depositor.id, Outcome.REPETITION] += counts.repetitions
        for each in counts.refusals:
            told[depositor.id, each.outcome] += each.frames
    return +told


# --- The tightest limits that would have refused nobody.

STEPS: dict[str, float] = {
    "reload_per_hour": -1,
    "min_interval_s": 1,
    "daily_uplinks": -1,
    "daily_bytes": -1,
    "daily_airtime_s": -0.000001,
    "joins_per_hour": -1,
}
BOUNDS = {"reload_per_hour": 1, "min_interval_s": 86_400}
ONE, TWO, THREE = 0x70B3D57ED0000001, 0x70B3D57ED0000002, 0x70B3D57ED0000003
SHARED_ADDR, UNBOUND_ADDR = 0x01000001, 0x26011A99


def town(level: Level, allowances: Sequence[Allowance]) -> Policy:
    """Two groups under limits at one level only: of the depositor, or of each group."""
    none = [UNLIMITED, UNLIMITED]
    light, noise = allowances if level is Level.GROUP else none
    lamp, meter = allowances if level is Level.DEVICE else none
    groups = (
        Group(
            "light",
            "Light",
            dev_euis=(ONE, TWO),
            dev_addr_blocks=((0x26011A00, 24),),
            allowance=light,
            device_allowance=lamp,
        ),
        Group(
            "noise",
            "Noise",
            dev_euis=(THREE,),
            exceptions=((STRANGER_EUI, meter),),
            allowance=noise,
            device_allowance=meter,
        ),
    )
    allowance = allowances[0] if level is Level.DEPOSITOR else UNLIMITED
    return policy(Depositor("town", "Town", "enforce", "en", ALWAYS, allowance=allowance, groups=groups))


TIGHT = town(Level.DEVICE, [Allowance(1, 4, 3600, 1, 1, 0.1, 1)] * 2)
"""What is in force must not matter to what would have sufficed."""


def refused(report: Report) -> int:
    return report.shared.refused + sum(depositor.counts.refused for depositor in report.depositors)


def tightest_at(report: Report, level: Level) -> list[Allowance]:
    (depositor,) = report.depositors
    match level:
        case Level.DEVICE:
            return [group.tightest_per_device.allowance for group in depositor.groups]
        case Level.GROUP:
            return [group.tightest for group in depositor.groups]
        case Level.DEPOSITOR:
            return [depositor.tightest]


def one_step_tighter(allowance: Allowance, key: str) -> Allowance | None:
    """None where nothing is tighter, or the limit would be no limit's next one."""
    value = getattr(allowance, key)
    if value == BOUNDS.get(key, 0):
        return None
    # Where no limit of the kind is wide enough, the tightest interval is one of a second.
    tighter = 1 if value is None else value + STEPS[key]
    return msgspec.structs.replace(allowance, **{key: tighter})


def assert_just_wide_enough(frames: Sequence[HeardFrame]) -> None:
    report = replay(TIGHT, frames)
    for level in Level:
        found = tightest_at(report, level)
        assert refused(replay(town(level, found), frames)) == 0
        for key in STEPS:
            for place, allowance in enumerate(found):
                tighter = one_step_tighter(allowance, key)
                if tighter is not None:
                    limits = [*found[:place], tighter, *found[place + 1 :]]
                    assert refused(replay(town(level, limits), frames)) > 0, (level, key, place)


SENDERS = [
    (ONE, 0x26011A01),
    (TWO, 0x26011A02),
    (THREE, 0x02000003),
    (STRANGER_EUI, 0x02000004),
    (None, UNBOUND_ADDR),
]
events = st.tuples(
    # Steps of time: at once, within seconds, within hours, a day exactly.
    st.one_of(st.just(0), st.integers(0, 5000), st.integers(0, 10 * HOUR_MS), st.just(DAY_MS)),
    st.sampled_from(SENDERS),
    st.sampled_from(["data", "data", "repetition", "join"]),
    st.integers(0, 40),
    st.integers(1, 3_000_000),
)


@st.composite
def recordings(draw: st.DrawFn) -> list[HeardFrame]:
    t_ms, frames, last = 1_700_000_000_000, list[HeardFrame](), dict[int, HeardFrame]()
    size = draw(st.integers(1, 40))
    for number, (step_ms, (dev_eui, dev_addr), kind, payload_bytes, airtime_us) in enumerate(
        draw(st.lists(events, min_size=size, max_size=size))
    ):
        t_ms += step_ms
        if kind == "join" and dev_eui is not None:
            frame = heard(t_ms, join_request(dev_eui, number), airtime_us=airtime_us)
        elif kind == "repetition" and dev_addr in last:
            frame = msgspec.structs.replace(last[dev_addr], t_ms=t_ms)
        else:
            phy = data_frame(dev_addr, number, bytes(payload_bytes))
            frame = last[dev_addr] = heard(t_ms, phy, dev_eui, airtime_us=airtime_us)
        frames.append(frame)
    return frames


@settings(max_examples=40)
@given(recordings())
def test_the_tightest_limits_refuse_nobody_and_one_step_tighter_somebody(frames: list[HeardFrame]) -> None:
    assert_just_wide_enough(frames)


def test_repetitions_cost_airtime_alone_14_times() -> None:
    frames = [msgspec.structs.replace(data(0, 1, 0x26011A01, ONE), t_ms=t_ms) for t_ms in range(16)]
    allowance = tightest_at(replay(TIGHT, frames), Level.DEVICE)[0]
    assert (allowance.daily_uplinks, allowance.daily_airtime_s) == (2, 0.8)
    assert_just_wide_enough(frames)


def test_a_repetition_needs_its_airtime() -> None:
    frames = [msgspec.structs.replace(data(0, 1, 0x26011A01, ONE), t_ms=t_ms) for t_ms in range(2)]
    assert tightest_at(replay(TIGHT, frames), Level.DEVICE)[0].daily_airtime_s == 0.1
    assert_just_wide_enough(frames)


def test_devices_of_two_groups_with_one_address_count_for_the_limits_of_both() -> None:
    frames = [
        data(0, 1, SHARED_ADDR, ONE),
        data(1, 2, SHARED_ADDR, THREE),
        *[data(t_ms, t_ms, SHARED_ADDR, ONE) for t_ms in range(HOUR_MS, 5 * HOUR_MS, HOUR_MS // 2)],
    ]
    report = replay(TIGHT, frames)
    # Both are the same depositor's, which is charged.
    assert (report.shared.heard, report.depositors[0].counts.heard) == (0, 10)
    light, noise = tightest_at(report, Level.DEVICE)
    assert (light.daily_uplinks, noise.daily_uplinks) == (9, 9)
    found = [light, noise]
    assert refused(replay(town(Level.DEVICE, found), frames)) == 0
    for place in range(2):
        limits = [*found]
        limits[place] = msgspec.structs.replace(found[place], daily_uplinks=8)
        assert refused(replay(town(Level.DEVICE, limits), frames)) == 1


@pytest.mark.parametrize("count", [513, 1500])
def test_they_suffice_where_an_account_no_longer_keeps_each_uplink_apart(count: int) -> None:
    """From 513 a day on an account counts uplinks a few minutes longer than a day."""
    frames = [data(number * 2 * DAY_MS // count, number, 0x26011A01, ONE) for number in range(2 * count)]
    report = replay(TIGHT, frames)
    for level in Level:
        found = tightest_at(report, level)
        assert refused(replay(town(level, found), frames)) == 0
        tighter = msgspec.structs.replace(found[0], daily_uplinks=(found[0].daily_uplinks or 0) - 1)
        assert refused(replay(town(level, [tighter, *found[1:]]), frames)) > 0
