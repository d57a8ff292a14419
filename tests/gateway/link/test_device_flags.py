"""What a depositor is told of one of its devices."""

import copy
from typing import Any

import pytest

from gateway.link.device_flags import DAY_MS, FLAGS, HOUR_MS, flags_of, status_of
from gateway.link.device_heard import FLOORS_DB, STORM_JOINS, DeviceHeard, note, take_over
from gateway.link.instant import Instant
from gateway.link.messages_depositor import DeviceFlag
from gateway.policy.outcome import Limit, Outcome
from gateway.policy.verdict import Flag, Verdict
from radio.packets import Modulation
from tests.gateway.link.judged import ADMITTED, DEV_ADDR, DEV_EUI, observed, refused, verdict
from tests.packets import packet

MINUTE_MS = 60_000
JOIN = verdict(is_join=True, dev_addr=None)


class Device:
    """One device, heard whenever the test says so."""

    def __init__(self) -> None:
        self.record = DeviceHeard(DEV_EUI, None)
        self.now_ms = 5_000_000

    def heard(self, judged: Verdict = ADMITTED, *, after_ms: int = MINUTE_MS, warned: bool = False, **of: Any) -> None:
        self.now_ms += after_ms
        note(self.record, packet(**of), judged, None, self.now_ms, warned=warned)

    def flags(self, after_ms: int = 0) -> tuple[DeviceFlag, ...]:
        return flags_of(self.record, self.now_ms + after_ms)


def every(interval_ms: int, times: int = 8) -> Device:
    device = Device()
    for _ in range(times):
        device.heard(after_ms=interval_ms)
    return device


def joining(times: int, interval_ms: int = MINUTE_MS) -> Device:
    device = Device()
    for _ in range(times):
        device.heard(JOIN, after_ms=interval_ms)
    return device


def test_there_is_a_rule_for_each_flag() -> None:
    assert set(FLAGS) == set(DeviceFlag)


def test_a_device_that_is_well_has_none() -> None:
    assert every(10 * MINUTE_MS).flags() == ()


def test_it_is_silent_after_five_usual_intervals() -> None:
    device = every(2 * HOUR_MS)
    assert device.flags(after_ms=10 * HOUR_MS) == ()
    assert device.flags(after_ms=10 * HOUR_MS + 1) == (DeviceFlag.SILENT,)


def test_it_is_not_silent_before_an_hour_however_often_it_sends() -> None:
    device = every(10_000)
    assert device.flags(after_ms=HOUR_MS) == ()
    assert device.flags(after_ms=HOUR_MS + 1) == (DeviceFlag.SILENT,)


def test_nobody_knows_whether_it_is_silent_before_five_uplinks() -> None:
    assert every(MINUTE_MS, times=4).flags(after_ms=30 * DAY_MS) == ()
    assert every(MINUTE_MS, times=5).flags(after_ms=30 * DAY_MS) == (DeviceFlag.SILENT,)


def test_repetitions_and_join_requests_do_not_shorten_what_is_usual() -> None:
    device = every(2 * HOUR_MS)
    for _ in range(8):
        device.heard(after_ms=2 * HOUR_MS)
        for _ in range(14):
            device.heard(verdict(outcome=Outcome.REPETITION), after_ms=3000)
    for _ in range(9):
        device.heard(JOIN, after_ms=3000)
    assert DeviceFlag.SILENT not in device.flags(after_ms=9 * HOUR_MS)


def test_a_device_that_joins_again_and_again_is_a_storm() -> None:
    assert joining(STORM_JOINS - 1).flags() == ()
    assert joining(STORM_JOINS).flags() == (DeviceFlag.JOIN_STORM,)
    assert joining(50).flags() == (DeviceFlag.JOIN_STORM,)


def test_as_many_joins_in_more_than_an_hour_are_none() -> None:
    assert joining(50, interval_ms=HOUR_MS // 9).flags() == (DeviceFlag.JOIN_STORM,)
    assert joining(50, interval_ms=HOUR_MS // 9 + 1).flags() == ()


def test_a_data_frame_says_that_a_join_worked() -> None:
    device = joining(STORM_JOINS - 1)
    device.heard()
    device.heard(JOIN)
    assert device.flags() == ()


def test_a_storm_passes() -> None:
    assert joining(STORM_JOINS).flags(after_ms=HOUR_MS) == ()


def test_a_counter_that_went_back_is_told_for_a_day() -> None:
    device = Device()
    device.heard(verdict(flags=(Flag.MIC_VERIFIED, Flag.COUNTER_WENT_BACK)))
    device.heard()
    assert device.flags(after_ms=DAY_MS - MINUTE_MS) == (DeviceFlag.COUNTER_WENT_BACK,)
    assert device.flags(after_ms=DAY_MS) == ()


@pytest.mark.parametrize("limit", Limit)
def test_what_a_limit_refused_or_would_have_is_told_for_a_day(limit: Limit) -> None:
    for judged in (refused(Outcome(limit.value)), observed(Outcome(limit.value))):
        device = Device()
        device.heard(judged)
        device.heard()
        assert device.flags(after_ms=DAY_MS - MINUTE_MS) == (DeviceFlag.OUT_OF_LIMITS,)
        assert device.flags(after_ms=DAY_MS) == ()


def test_a_right_that_has_ended_is_no_limit() -> None:
    device = Device()
    device.heard(refused(Outcome.RIGHT_ENDED))
    assert device.flags() == ()


def test_the_last_packet_tells_whether_a_limit_is_near() -> None:
    device = Device()
    device.heard(warned=True)
    assert device.flags() == (DeviceFlag.NEAR_LIMIT,)
    assert device.flags(after_ms=DAY_MS + 1) == ()
    device.heard()
    assert device.flags() == ()


@pytest.mark.parametrize("spreading_factor", FLOORS_DB)
def test_a_link_is_weak_below_three_db_above_what_can_be_demodulated(spreading_factor: int) -> None:
    for above_db, flags in ((2.9, (DeviceFlag.WEAK_LINK,)), (3.1, ())):
        device = Device()
        device.heard(spreading_factor=spreading_factor, snr_db=FLOORS_DB[spreading_factor] + above_db)
        assert device.flags() == flags


def test_one_weak_packet_makes_no_weak_link() -> None:
    device = Device()
    device.heard(spreading_factor=12, snr_db=-9.0)
    device.heard(spreading_factor=12, snr_db=-20.0)
    assert device.flags() == ()
    for _ in range(4):
        device.heard(spreading_factor=12, snr_db=-20.0)
    assert device.flags() == (DeviceFlag.WEAK_LINK,)


def test_fsk_says_nothing_of_the_link() -> None:
    device = Device()
    device.heard(modulation=Modulation.FSK, spreading_factor=0, snr_db=-128.0)
    assert device.flags() == ()


def test_a_shared_dev_addr_is_told_while_it_is() -> None:
    device = Device()
    device.heard(verdict(flags=(Flag.SHARED_DEV_ADDR,)))
    assert device.flags() == (DeviceFlag.SHARED_DEV_ADDR,)
    device.heard()
    assert device.flags() == ()


def test_the_history_under_a_dev_addr_moves_over() -> None:
    former = every(2 * HOUR_MS)
    former.heard(verdict(flags=(Flag.COUNTER_WENT_BACK,)))
    former.heard(refused(Outcome.RATE), spreading_factor=12, snr_db=-40.0)
    device = joining(STORM_JOINS)
    assert device.now_ms < former.now_ms
    take_over(device.record, former.record)
    device.now_ms = device.record.last_ms = former.now_ms
    assert device.flags() == (DeviceFlag.COUNTER_WENT_BACK, DeviceFlag.OUT_OF_LIMITS, DeviceFlag.WEAK_LINK)
    assert device.record.intervals == former.record.intervals


def test_of_two_histories_the_later_moments_and_the_later_intervals_count() -> None:
    earlier, later = every(MINUTE_MS), every(2 * HOUR_MS)
    for one, other in ((earlier, later), (later, earlier)):
        device, former = copy.copy(one.record), copy.copy(other.record)
        device.counter_back_ms, former.counter_back_ms = one.now_ms, other.now_ms
        take_over(device, former)
        assert device.counter_back_ms == later.now_ms
        assert device.intervals == later.record.intervals


def test_joins_before_the_last_data_frame_of_a_history_had_worked() -> None:
    former, device = every(MINUTE_MS, times=5), joining(STORM_JOINS)
    take_over(device.record, former.record)
    assert device.record.joins_ms == tuple(former.now_ms + MINUTE_MS * number for number in range(1, 6))


def test_what_is_newer_stays_when_a_history_moves_over() -> None:
    former, device = every(MINUTE_MS), every(2 * HOUR_MS)
    device.heard(refused(Outcome.RATE))
    before = device.record.intervals
    take_over(device.record, former.record)
    assert device.record.intervals == before
    assert device.flags() == (DeviceFlag.OUT_OF_LIMITS,)


def test_the_history_of_a_shared_dev_addr_is_nobodys() -> None:
    former = Device()
    former.heard(verdict(flags=(Flag.SHARED_DEV_ADDR, Flag.COUNTER_WENT_BACK)))
    device = Device()
    take_over(device.record, former.record)
    assert device.flags() == ()


def test_a_device_stands_in_the_document_as_it_was_heard_last() -> None:
    device = Device()
    device.heard(rssi_channel_dbm=-113.4444, snr_db=2.5)
    status = status_of(device.record, Instant(device.now_ms + 1500, 1_780_000_001_500))
    assert (status.dev_eui, status.dev_addr) == (f"{DEV_EUI:016X}", f"{DEV_ADDR:08X}")
    assert (status.last_heard, status.silent_s) == ("2026-05-28T20:26:40.000Z", 1.5)
    assert (status.rssi_dbm, status.snr_db, status.group) == (-113.4, 2.5, "meters")


def test_a_device_that_only_joined_has_no_dev_addr_and_without_a_clock_no_date() -> None:
    status = status_of(joining(1).record, Instant(9_000_000))
    assert (status.dev_addr, status.last_heard) == (None, None)
