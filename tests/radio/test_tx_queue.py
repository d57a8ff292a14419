"""The just-in-time queue: what is accepted is emitted, once, at its moment, and alone."""

import msgspec
import pytest

from radio.packets import TxPacket, TxStatus, TxTrigger
from radio.tx_queue import (
    BEACON_GUARD_US,
    BEACON_RESERVED_US,
    LONGEST_NOTICE_US,
    PLACES_PER_ORIGIN,
    WINDOWS_SHARE,
    TxClass,
    TxEntry,
    TxQueue,
    TxRequest,
    TxTiming,
)

NOW_US = 1_000_000_000
AIRTIME_US = 61_696
TIMING = TxTiming()
# As the reference has it: a lead of 40 ms.
SLOW_TIMING = TxTiming(programming_us=0, lead_us=40_000, shortest_notice_us=42_500)
PACKET = TxPacket(payload=b"\x60", freq_hz=868_100_000, power_dbm=14)
# Between the end of one emission and the start of the next.
GAP_US = TIMING.start_delay_us + TIMING.lead_us + TIMING.margin_us


def request(
    tx_class: TxClass = TxClass.A, due_us: int | None = None, airtime_us: int = AIRTIME_US, origin: str = "chirpstack"
) -> TxRequest:
    return TxRequest(PACKET, tx_class, airtime_us, due_us, origin)


def status(queue: TxQueue, asked: TxRequest, now_us: int = NOW_US) -> TxStatus:
    return queue.enqueue(asked, now_us)[1].status


def accepted(queue: TxQueue, asked: TxRequest, now_us: int = NOW_US) -> tuple[TxQueue, TxEntry]:
    queue, decision = queue.enqueue(asked, now_us)
    assert decision.entry is not None
    return queue, decision.entry


def holding(*asked: TxRequest) -> TxQueue:
    queue = TxQueue()
    for each in asked:
        queue, _ = accepted(queue, each)
    return queue


def handed_over(*asked: TxRequest) -> tuple[TxQueue, TxEntry]:
    """A queue whose first packet is in the chip."""
    queue = holding(*asked)
    queue, due = queue.next_due(queue.waiting[0].due_us - TIMING.lead_us + 1)
    assert due.entry is not None
    return queue, due.entry


class TestNotice:
    """Neither too late nor too early."""

    @pytest.mark.parametrize(
        ("notice_us", "expected"),
        [
            (-1, TxStatus.TOO_LATE),
            (-3_000_000_000, TxStatus.TOO_LATE),
            (0, TxStatus.TOO_LATE),
            (TIMING.shortest_notice_us, TxStatus.TOO_LATE),
            (TIMING.shortest_notice_us + 1, TxStatus.OK),
            (LONGEST_NOTICE_US, TxStatus.OK),
            (LONGEST_NOTICE_US + 1, TxStatus.TOO_EARLY),
        ],
    )
    @pytest.mark.parametrize("tx_class", [TxClass.A, TxClass.B, TxClass.C])
    def test_a_moment_asked_for_must_lie_in_reach(self, tx_class: TxClass, notice_us: int, expected: TxStatus) -> None:
        assert status(TxQueue(), request(tx_class, NOW_US + notice_us)) is expected

    @pytest.mark.parametrize(("notice_us", "expected"), [(-1, TxStatus.TOO_LATE), (LONGEST_NOTICE_US + 1, TxStatus.OK)])
    def test_a_beacon_may_be_as_early_as_it_likes(self, notice_us: int, expected: TxStatus) -> None:
        assert status(TxQueue(), request(TxClass.BEACON, NOW_US + notice_us)) is expected

    def test_the_shortest_notice_can_be_tuned(self) -> None:
        at_42_ms = request(due_us=NOW_US + 42_000)
        assert status(TxQueue(SLOW_TIMING), at_42_ms) is TxStatus.TOO_LATE
        assert status(TxQueue(), at_42_ms) is TxStatus.OK

    @pytest.mark.parametrize(
        "times_us", [{"lead_us": 3_500}, {"shortest_notice_us": 3_500}, {"programming_us": -1}, {"margin_us": -1}]
    )
    def test_a_timing_that_no_packet_can_keep_is_refused(self, times_us: dict[str, int]) -> None:
        with pytest.raises(ValueError, match=r"µs that a start takes|negative"):
            TxTiming(**times_us)


class TestPossible:
    """A request that contradicts itself is not accepted."""

    def test_an_empty_payload_is_refused(self) -> None:
        empty = msgspec.structs.replace(PACKET, payload=b"")
        assert status(TxQueue(), TxRequest(empty, TxClass.A, AIRTIME_US, NOW_US + 1_000_000)) is TxStatus.INVALID

    @pytest.mark.parametrize("airtime_us", [0, -1])
    def test_an_emission_without_duration_is_refused(self, airtime_us: int) -> None:
        assert status(TxQueue(), request(due_us=NOW_US + 1_000_000, airtime_us=airtime_us)) is TxStatus.INVALID

    @pytest.mark.parametrize("tx_class", [TxClass.A, TxClass.B, TxClass.BEACON])
    def test_only_class_c_may_go_without_a_moment(self, tx_class: TxClass) -> None:
        assert status(TxQueue(), request(tx_class)) is TxStatus.INVALID

    def test_a_refusal_leaves_the_queue_as_it_was(self) -> None:
        queue = holding(request(due_us=NOW_US + 1_000_000))
        assert queue.enqueue(request(due_us=NOW_US + 1_000_000), NOW_US)[0] == queue


class TestCollision:
    """Emissions keep clear of each other, to the microsecond."""

    FIRST_US = NOW_US + 10_000_000

    @pytest.mark.parametrize(
        ("after_end_us", "expected"), [(GAP_US, TxStatus.COLLISION_PACKET), (GAP_US + 1, TxStatus.OK)]
    )
    def test_the_second_leaves_time_to_program_it(self, after_end_us: int, expected: TxStatus) -> None:
        queue = holding(request(due_us=self.FIRST_US))
        assert status(queue, request(due_us=self.FIRST_US + AIRTIME_US + after_end_us)) is expected

    @pytest.mark.parametrize(
        ("before_us", "expected"), [(GAP_US, TxStatus.COLLISION_PACKET), (GAP_US + 1, TxStatus.OK)]
    )
    def test_the_first_is_left_time_to_program_it(self, before_us: int, expected: TxStatus) -> None:
        queue = holding(request(due_us=self.FIRST_US))
        assert status(queue, request(due_us=self.FIRST_US - AIRTIME_US - before_us)) is expected

    def test_the_two_rf_chains_exclude_each_other(self) -> None:
        queue = holding(request(due_us=self.FIRST_US))
        other_chain = msgspec.structs.replace(PACKET, rf_chain=1)
        asked = TxRequest(other_chain, TxClass.A, AIRTIME_US, self.FIRST_US)
        assert status(queue, asked) is TxStatus.COLLISION_PACKET

    def test_whoever_comes_second_is_refused(self) -> None:
        queue = holding(request(due_us=self.FIRST_US, origin="depositor"))
        assert status(queue, request(due_us=self.FIRST_US, origin="host")) is TxStatus.COLLISION_PACKET
        assert status(queue, request(TxClass.BEACON, self.FIRST_US, origin="beacon")) is TxStatus.COLLISION_PACKET

    def test_a_packet_in_the_chip_keeps_its_air_until_it_is_over(self) -> None:
        queue, entry = handed_over(request(due_us=self.FIRST_US, airtime_us=2_000_000))
        asked = request(due_us=entry.end_us + GAP_US)
        assert status(queue, asked, self.FIRST_US + 1_000_000) is TxStatus.COLLISION_PACKET
        assert status(queue, request(due_us=entry.end_us + GAP_US + 1), self.FIRST_US + 1_000_000) is TxStatus.OK

    def test_an_emission_that_is_over_is_in_nobody_s_way(self) -> None:
        queue, entry = handed_over(request(due_us=self.FIRST_US))
        soon_us = entry.end_us + TIMING.shortest_notice_us + 1
        assert status(queue, request(due_us=soon_us), entry.end_us) is TxStatus.OK


class TestBeacon:
    """What keeps clear of a beacon, and of its guard."""

    BEACON_US = NOW_US + 128_000_000

    @pytest.mark.parametrize("tx_class", [TxClass.A, TxClass.C])
    def test_class_a_and_c_may_use_the_guard_time(self, tx_class: TxClass) -> None:
        queue = holding(request(TxClass.BEACON, self.BEACON_US))
        clear_us = self.BEACON_US - AIRTIME_US - TIMING.latest_us - TIMING.margin_us
        assert status(queue, request(tx_class, clear_us - 1)) is TxStatus.OK
        assert status(queue, request(tx_class, clear_us)) is TxStatus.COLLISION_BEACON

    def test_ping_slots_keep_clear_of_the_guard(self) -> None:
        queue = holding(request(TxClass.BEACON, self.BEACON_US))
        clear_us = self.BEACON_US - BEACON_GUARD_US - AIRTIME_US - GAP_US
        assert status(queue, request(TxClass.B, clear_us - 1)) is TxStatus.OK
        assert status(queue, request(TxClass.B, clear_us)) is TxStatus.COLLISION_BEACON

    @pytest.mark.parametrize("tx_class", [TxClass.A, TxClass.B, TxClass.C])
    def test_the_reserved_time_is_everybody_s_to_respect(self, tx_class: TxClass) -> None:
        queue = holding(request(TxClass.BEACON, self.BEACON_US))
        clear_us = self.BEACON_US + BEACON_RESERVED_US + GAP_US
        assert status(queue, request(tx_class, clear_us)) is TxStatus.COLLISION_BEACON
        assert status(queue, request(tx_class, clear_us + 1)) is TxStatus.OK

    def test_a_beacon_longer_than_the_reserved_time_has_its_own(self) -> None:
        _, entry = accepted(TxQueue(), request(TxClass.BEACON, self.BEACON_US, airtime_us=3_000_000))
        assert entry.end_us == self.BEACON_US + 3_000_000

    def test_a_beacon_that_comes_second_asks_for_its_guard(self) -> None:
        queue = holding(request(due_us=self.BEACON_US - 1_000_000))
        assert status(queue, request(TxClass.BEACON, self.BEACON_US)) is TxStatus.COLLISION_PACKET

    def test_it_is_the_pps_that_sets_a_beacon_off(self) -> None:
        queue = holding(request(TxClass.BEACON, self.BEACON_US), request(TxClass.C))
        assert [entry.trigger for entry in queue.waiting] == [TxTrigger.TIMESTAMPED, TxTrigger.ON_PPS]


class TestImmediate:
    """As soon as possible, and no sooner."""

    def test_nothing_in_the_way_it_goes_at_once(self) -> None:
        queue, entry = accepted(TxQueue(), request(TxClass.C))
        assert entry.due_us == NOW_US + TIMING.at_once_us
        assert queue.next_due(NOW_US + 1)[1].entry == entry

    def test_it_does_not_undercut_the_shortest_notice(self) -> None:
        _, entry = accepted(TxQueue(SLOW_TIMING), request(TxClass.C))
        assert entry.due_us == NOW_US + SLOW_TIMING.shortest_notice_us + 1

    def test_it_takes_the_first_gap_that_it_fits_into(self) -> None:
        firsts_us = [NOW_US + 20_000, NOW_US + 120_000, NOW_US + 500_000]
        queue = holding(*(request(due_us=due_us) for due_us in firsts_us))
        _, entry = accepted(queue, request(TxClass.C))
        assert entry.due_us == firsts_us[1] + AIRTIME_US + GAP_US + 1

    def test_it_waits_for_the_emission_under_way(self) -> None:
        queue, on_air = handed_over(request(due_us=NOW_US + 1_000_000, airtime_us=2_000_000))
        _, entry = accepted(queue, request(TxClass.C), NOW_US + 1_000_000)
        assert entry.due_us == on_air.end_us + GAP_US + 1

    def test_it_waits_as_long_as_it_must(self) -> None:
        queue = holding(request(due_us=NOW_US + 5_000, airtime_us=LONGEST_NOTICE_US))
        _, entry = accepted(queue, request(TxClass.C))
        assert entry.due_us > NOW_US + LONGEST_NOTICE_US

    def test_missed_it_may_be_asked_for_again(self) -> None:
        queue, entry = accepted(TxQueue(), request(TxClass.C))
        queue, due = queue.next_due(entry.due_us)
        assert due.outdated == (entry,)
        _, again = accepted(queue, due.outdated[0].request, entry.due_us)
        assert again.due_us == entry.due_us + TIMING.at_once_us


class TestPlaces:
    """The queue is bounded, and nobody can fill it for others."""

    @staticmethod
    def filled(count: int, origin: str, queue: TxQueue | None = None) -> TxQueue:
        queue = queue or TxQueue()
        start_us = (queue.waiting[-1].due_us if queue.waiting else NOW_US) + 1_000_000
        for number in range(count):
            queue, _ = accepted(queue, request(due_us=start_us + number * 1_000_000, origin=origin))
        return queue

    def test_a_server_that_has_all_its_places_is_refused(self) -> None:
        queue = self.filled(PLACES_PER_ORIGIN, "greedy")
        assert status(queue, request(due_us=NOW_US + 500_000_000, origin="greedy")) is TxStatus.QUEUE_FULL
        assert status(queue, request(TxClass.C, origin="greedy")) is TxStatus.QUEUE_FULL

    def test_what_can_wait_leaves_some_of_its_server_s_places_to_windows(self) -> None:
        queue = TxQueue()
        for _ in range(PLACES_PER_ORIGIN - PLACES_PER_ORIGIN // WINDOWS_SHARE):
            queue, _ = accepted(queue, request(TxClass.C, origin="greedy"))
        assert status(queue, request(TxClass.C, origin="greedy")) is TxStatus.QUEUE_FULL
        assert status(queue, request(due_us=NOW_US + 500_000_000, origin="greedy")) is TxStatus.OK

    def test_other_servers_and_beacons_still_find_theirs(self) -> None:
        queue = self.filled(PLACES_PER_ORIGIN, "greedy")
        assert status(queue, request(due_us=NOW_US + 500_000_000, origin="modest")) is TxStatus.OK
        assert status(queue, request(TxClass.BEACON, NOW_US + 128_000_000, origin="beacon")) is TxStatus.OK

    def test_a_server_has_its_places_however_many_others_there_are(self) -> None:
        queue = TxQueue()
        for number in range(8):
            queue = self.filled(PLACES_PER_ORIGIN, str(number), queue)
        assert status(queue, request(due_us=NOW_US + 500_000_000, origin="late comer")) is TxStatus.OK

    def test_a_packet_handed_over_gives_its_place_back(self) -> None:
        queue = self.filled(PLACES_PER_ORIGIN, "greedy")
        queue, _ = queue.next_due(queue.waiting[0].due_us - TIMING.latest_us)
        assert status(queue, request(due_us=NOW_US + 500_000_000, origin="greedy")) is TxStatus.OK


class TestHandingOver:
    """Each packet once, in time or not at all."""

    DUE_US = NOW_US + 1_000_000

    @pytest.mark.parametrize(
        ("before_us", "due", "outdated"),
        [
            (TIMING.lead_us, False, False),
            (TIMING.lead_us - 1, True, False),
            (TIMING.latest_us, True, False),
            (TIMING.latest_us - 1, False, True),
            (0, False, True),
            (-3_600_000_000, False, True),
        ],
    )
    def test_it_is_handed_over_while_it_can_be_programmed(self, before_us: int, due: bool, outdated: bool) -> None:
        queue, answer = holding(request(due_us=self.DUE_US)).next_due(self.DUE_US - before_us)
        assert (answer.entry is not None, bool(answer.outdated)) == (due, outdated)
        assert len(queue.waiting) == (not due and not outdated)

    def test_whoever_fetches_it_may_come_ten_milliseconds_late(self) -> None:
        queue = holding(request(due_us=self.DUE_US))
        wake_us = queue.next_wake_us()
        assert wake_us is not None
        _, answer = queue.next_due(wake_us + 10_000)
        assert answer.entry is not None

    def test_it_is_handed_over_once(self) -> None:
        queue, entry = handed_over(request(due_us=self.DUE_US))
        _, again = queue.next_due(self.DUE_US - TIMING.latest_us)
        assert (queue.on_air, again.entry, again.outdated) == (entry, None, ())

    def test_all_that_is_outdated_is_reported_and_the_first_after_it_handed_over(self) -> None:
        dues_us = [self.DUE_US + number * 1_000_000 for number in range(3)]
        queue, answer = holding(*(request(due_us=due_us) for due_us in dues_us)).next_due(dues_us[2] - TIMING.latest_us)
        assert [entry.due_us for entry in answer.outdated] == dues_us[:2]
        assert answer.entry is not None
        assert (answer.entry.due_us, queue.waiting) == (dues_us[2], ())

    def test_a_beacon_far_ahead_is_kept(self) -> None:
        queue = holding(request(TxClass.BEACON, NOW_US + 2 * LONGEST_NOTICE_US))
        assert queue.next_due(NOW_US) == (queue, queue.next_due(NOW_US)[1])
        assert queue.next_due(NOW_US)[1].outdated == ()

    def test_a_beacon_waits_for_a_packet_that_ends_in_its_guard(self) -> None:
        beacon_us = NOW_US + 10_000_000
        start_us = beacon_us - AIRTIME_US - TIMING.latest_us - TIMING.margin_us - 1
        queue, packet = handed_over(request(TxClass.BEACON, beacon_us), request(due_us=start_us))
        assert queue.next_due(packet.end_us - 1)[1].entry is None
        assert queue.next_wake_us() == packet.end_us
        beacon = queue.next_due(packet.end_us)[1].entry
        assert beacon is not None
        assert beacon.due_us == beacon_us

    def test_the_next_wake_is_when_the_first_can_be_fetched(self) -> None:
        queue = holding(request(due_us=self.DUE_US + 1_000_000), request(due_us=self.DUE_US))
        wake_us = queue.next_wake_us()
        assert wake_us == self.DUE_US - TIMING.lead_us + 1
        assert queue.next_due(wake_us - 1)[1].entry is None
        assert queue.next_due(wake_us)[1].entry is not None

    def test_there_is_nothing_to_wake_for_in_an_empty_queue(self) -> None:
        assert TxQueue().next_wake_us() is None


class TestCancelling:
    """What need not be emitted frees its air."""

    DUE_US = NOW_US + 1_000_000

    def test_a_packet_that_waits_is_taken_out(self) -> None:
        queue, entry = accepted(TxQueue(), request(due_us=self.DUE_US))
        queue, found = queue.cancel(entry.number)
        assert (found, queue.waiting) == (entry, ())

    def test_an_emission_that_failed_frees_its_air(self) -> None:
        queue, entry = handed_over(request(due_us=self.DUE_US))
        queue, found = queue.cancel(entry.number)
        assert found == entry
        assert status(queue, request(due_us=self.DUE_US), self.DUE_US - 5_000) is TxStatus.OK

    def test_a_number_that_is_not_there_changes_nothing(self) -> None:
        queue = holding(request(due_us=self.DUE_US))
        assert queue.cancel(99) == (queue, None)

    def test_no_number_is_given_twice(self) -> None:
        queue, first = accepted(TxQueue(), request(due_us=self.DUE_US))
        queue, _ = queue.cancel(first.number)
        _, second = accepted(queue, request(due_us=self.DUE_US))
        assert second.number != first.number


def test_nothing_is_promised_before_a_beacon_that_is_in_the_chip() -> None:
    queue, beacon = handed_over(request(TxClass.BEACON, NOW_US + 10_000_000))
    now_us = beacon.due_us - TIMING.lead_us + 1
    short = request(due_us=now_us + TIMING.shortest_notice_us + 1, airtime_us=1)
    assert status(queue, short, now_us) is TxStatus.COLLISION_BEACON
    at_once = accepted(queue, request(TxClass.C, airtime_us=1), now_us)[1]
    assert at_once.due_us > beacon.end_us
