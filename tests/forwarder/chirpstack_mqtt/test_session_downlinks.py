"""A downlink from its request to its one answer."""

import pytest

from forwarder.backend import AtCounter, TxReceipt
from forwarder.chirpstack_mqtt import messages as gw
from forwarder.chirpstack_mqtt.events import CommandIgnored, IgnoredReason
from forwarder.chirpstack_mqtt.messages import TxAckStatus
from forwarder.chirpstack_mqtt.pending import (
    ANSWER_WITHIN_S,
    DUPLICATE_WITHIN_S,
    FORGET_AFTER_S,
    MOST_PENDING,
    EmissionFailed,
    ItemRefused,
    TransmitRequested,
)
from forwarder.chirpstack_mqtt.uplink import LATE_CONTEXT
from radio.packets import TxStatus
from tests.forwarder.chirpstack_mqtt.frames import (
    EUI,
    GATEWAY_ID,
    TOPIC,
    accepted,
    ask,
    downlink,
    item,
    read,
    requested,
    session,
    statuses,
)

IGNORED, OK, TX_FREQ, TOO_LATE = TxAckStatus.IGNORED, TxAckStatus.OK, TxAckStatus.TX_FREQ, TxAckStatus.TOO_LATE
INTERNAL_ERROR = TxAckStatus.INTERNAL_ERROR
RX1_RX2 = downlink(item(1), item(2))


def refused(status: TxStatus) -> TxReceipt:
    return TxReceipt(status)


def test_rx1_is_asked_for_and_answered_for_once_it_was_emitted() -> None:
    s = session()
    rx1 = requested(ask(s, RX1_RX2))
    assert (rx1.backend, rx1.timing) == ("city", AtCounter(55_000_000))
    assert s.answered(rx1, accepted()) == []
    assert statuses(s) == []
    assert s.emission_ended((1, 1000), "") == []
    assert statuses(s) == [[OK, IGNORED]]


def test_the_answer_names_the_downlink_and_the_gateway() -> None:
    s = session()
    s.answered(requested(ask(s, downlink(item(), downlink_id=12_345))), accepted())
    s.emission_ended((1, 1000), "")
    (outgoing,) = s.data_to_send()
    assert (outgoing.topic, outgoing.retain) == (f"{TOPIC}/event/ack", False)
    assert read(outgoing) == gw.DownlinkTxAck(12_345, (gw.DownlinkTxAckItem(1),), GATEWAY_ID)


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        *((status, TxAckStatus[status.name]) for status in TxStatus if status.name in TxAckStatus.__members__),
        (TxStatus.INVALID, INTERNAL_ERROR),
        (TxStatus.NOT_PERMITTED, INTERNAL_ERROR),
        (TxStatus.RADIO_DOWN, INTERNAL_ERROR),
    ][1:],
)
def test_rx2_is_asked_for_after_rx1_was_refused(refusal: TxStatus, said: TxAckStatus) -> None:
    s = session()
    rx2 = requested(s.answered(requested(ask(s, RX1_RX2)), refused(refusal)))
    assert rx2.timing == AtCounter(56_000_000)
    s.answered(rx2, accepted())
    s.emission_ended((1, 1000), "")
    assert statuses(s) == [[said, OK]]


def test_two_refusals_are_answered_for_at_once() -> None:
    s = session()
    rx2 = requested(s.answered(requested(ask(s, RX1_RX2)), refused(TxStatus.TX_FREQ)))
    assert s.answered(rx2, refused(TxStatus.TOO_LATE)) == []
    assert statuses(s) == [[TX_FREQ, TOO_LATE]]
    assert (s.downlinks_received, s.downlinks_accepted) == (1, 0)


def test_rx2_is_asked_for_after_rx1_failed_on_the_air() -> None:
    s = session()
    s.answered(requested(ask(s, RX1_RX2)), accepted(1))
    failed, again = s.emission_ended((1, 1000), "the chip was not seen emitting it")
    assert failed == EmissionFailed("the chip was not seen emitting it", was_answered=False)
    assert isinstance(again, TransmitRequested)
    assert again.downlink.timing == AtCounter(56_000_000)
    s.answered(again.downlink, accepted(2))
    s.emission_ended((2, 2000), "")
    assert statuses(s) == [[INTERNAL_ERROR, OK]]
    assert (s.downlinks_received, s.downlinks_accepted) == (1, 1)


def test_the_last_items_failure_on_the_air_is_told() -> None:
    s = session()
    s.answered(requested(ask(s, downlink(item()))), accepted())
    s.emission_ended((1, 1000), "the radio was stopped")
    assert statuses(s) == [[INTERNAL_ERROR]]


def test_an_item_that_cannot_be_read_leaves_the_next_one_its_chance() -> None:
    s = session()
    bad, again = ask(s, downlink(item(context=bytes(16)), item(2)))
    assert isinstance(bad, ItemRefused)
    assert isinstance(again, TransmitRequested)
    s.answered(again.downlink, accepted())
    s.emission_ended((1, 1000), "")
    assert statuses(s) == [[INTERNAL_ERROR, OK]]


def test_the_answer_to_an_uplink_that_came_late_is_refused_as_too_late() -> None:
    s = session()
    late = item(context=LATE_CONTEXT)
    assert all(isinstance(event, ItemRefused) for event in ask(s, downlink(late, late)))
    assert statuses(s) == [[TOO_LATE, TOO_LATE]]


def test_items_that_cannot_be_read_are_answered_for_at_once() -> None:
    s = session()
    assert all(isinstance(event, ItemRefused) for event in ask(s, downlink(item(timing=None), item(modulation=None))))
    assert statuses(s) == [[INTERNAL_ERROR, INTERNAL_ERROR]]


def test_an_acceptance_whose_fate_nobody_will_tell_is_answered_for_at_once() -> None:
    s = session()
    s.answered(requested(ask(s, RX1_RX2)), TxReceipt(TxStatus.OK))
    assert statuses(s) == [[OK, IGNORED]]


def test_a_ping_slot_far_ahead_is_answered_for_before_the_server_forgets() -> None:
    s = session()
    s.answered(requested(ask(s, RX1_RX2, now_s=100.0)), accepted())
    due_s = s.next_timer()
    assert due_s == 100.0 + ANSWER_WITHIN_S
    assert ANSWER_WITHIN_S < 30
    assert s.handle_timer(due_s - 0.1) == []
    assert statuses(s) == []
    assert s.handle_timer(due_s) == []
    assert statuses(s) == [[OK, IGNORED]]


def test_what_was_answered_for_early_is_not_answered_for_again() -> None:
    s = session()
    s.answered(requested(ask(s, RX1_RX2)), accepted())
    s.handle_timer(ANSWER_WITHIN_S)
    s.data_to_send()
    assert s.emission_ended((1, 1000), "") == []
    assert s.next_timer() is None
    assert s.data_to_send() == []


def test_a_failure_after_an_early_answer_is_told_to_us_and_nothing_more_is_sent() -> None:
    s = session()
    s.answered(requested(ask(s, RX1_RX2)), accepted())
    s.handle_timer(ANSWER_WITHIN_S)
    s.data_to_send()
    assert s.emission_ended((1, 1000), "lost") == [EmissionFailed("lost", was_answered=True)]
    assert s.data_to_send() == []


def test_an_emission_whose_end_nobody_tells_is_forgotten() -> None:
    s = session()
    s.answered(requested(ask(s, RX1_RX2)), accepted())
    s.handle_timer(ANSWER_WITHIN_S)
    assert s.next_timer() == FORGET_AFTER_S
    s.handle_timer(FORGET_AFTER_S)
    assert s.next_timer() is None


def test_a_downlink_on_which_nobody_decides_is_answered_for_all_the_same() -> None:
    s = session()
    rx1 = requested(ask(s, RX1_RX2))
    s.handle_timer(ANSWER_WITHIN_S)
    assert statuses(s) == [[INTERNAL_ERROR, IGNORED]]
    assert s.answered(rx1, accepted()) == []
    assert s.emission_ended((1, 1000), "") == []
    assert s.data_to_send() == []


def test_the_same_downlink_again_is_neither_emitted_nor_answered_for() -> None:
    s = session()
    first = requested(ask(s, RX1_RX2, now_s=0.0))
    for now_s in (0.0, DUPLICATE_WITHIN_S - 1):
        (again,) = ask(s, RX1_RX2, now_s)
        assert isinstance(again, CommandIgnored)
        assert again.reason is IgnoredReason.DUPLICATE
    assert s.data_to_send() == []
    s.answered(first, TxReceipt(TxStatus.OK))
    requested(ask(s, RX1_RX2, DUPLICATE_WITHIN_S))


def test_emissions_of_others_are_none_of_its_own() -> None:
    s = session()
    assert s.emission_ended((1, 1000), "") == []
    assert s.data_to_send() == []


def test_there_is_a_bound_to_what_is_pending_and_beyond_it_the_queue_is_full() -> None:
    s = session()
    for number in range(MOST_PENDING):
        requested(ask(s, downlink(item(), downlink_id=number)))
    assert ask(s, downlink(item(), item(2), downlink_id=MOST_PENDING)) == []
    assert statuses(s) == [[TxAckStatus.QUEUE_FULL, IGNORED]]


def test_a_gateway_that_stops_answers_for_what_it_will_not_emit() -> None:
    s = session()
    s.answered(requested(ask(s, RX1_RX2)), accepted())
    s.stop()
    assert statuses(s) == [[INTERNAL_ERROR, IGNORED]]
    assert s.next_timer() is None


def test_a_downlink_for_another_gateway_on_our_topic_is_not_emitted() -> None:
    s = session()
    (ignored,) = ask(s, downlink(item(), gateway_id=f"{EUI + 1:016x}"))
    assert isinstance(ignored, CommandIgnored)
    assert ignored.reason is IgnoredReason.FOREIGN_GATEWAY
    assert s.data_to_send() == []


def test_a_gateway_id_in_capitals_is_ours() -> None:
    requested(ask(session(), downlink(item(), gateway_id=GATEWAY_ID.upper())))


def test_a_downlink_that_the_broker_had_kept_is_of_any_age_and_not_emitted() -> None:
    (ignored,) = session().receive(f"{TOPIC}/command/down", RX1_RX2, 0.0, retained=True)
    assert isinstance(ignored, CommandIgnored)
    assert ignored.reason is IgnoredReason.RETAINED


@pytest.mark.parametrize(
    "payload", [b"\xff", b"{", b"[]", downlink(), downlink(*[item()] * 9), bytes(70_000), b'{"items":7}']
)
def test_a_malformed_downlink_is_counted(payload: bytes) -> None:
    s = session()
    (ignored,) = ask(s, payload)
    assert isinstance(ignored, CommandIgnored)
    assert ignored.reason is IgnoredReason.MALFORMED
    assert s.data_to_send() == []
