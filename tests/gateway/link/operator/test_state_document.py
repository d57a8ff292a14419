"""Whether the gateway is there."""

from gateway.link.instant import Instant
from gateway.link.messages_operator import GatewayCause
from gateway.link.operator.state_document import offline_by_will, online, stopped
from tests.gateway.link.operator.scene import EUI, NOW, NOW_TEXT, UNSURE, published

CONNECTED_MS = NOW.ms - 1_002
CONNECTED_TEXT = "2026-03-02T08:15:00.000Z"


def test_a_gateway_is_there_since_it_was_connected() -> None:
    assert published(online(EUI, GatewayCause.STARTED, CONNECTED_MS, NOW)) == {
        "format": 1,
        "gateway_eui": "AA555A0000000101",
        "at": NOW_TEXT,
        "clock_sure": True,
        "state": "online",
        "cause": "started",
        "since": CONNECTED_TEXT,
        "connected": CONNECTED_TEXT,
    }


def test_what_was_told_without_a_clock_can_be_told_with_its_date_later() -> None:
    early = published(online(EUI, GatewayCause.RECONNECTED, CONNECTED_MS, UNSURE))
    assert (early["clock_sure"], early["at"], early["since"], early["connected"]) == (False, None, None, None)
    late = published(online(EUI, GatewayCause.RECONNECTED, CONNECTED_MS, NOW.at(NOW.ms + 60_000)))
    assert (late["clock_sure"], late["since"], late["cause"]) == (True, CONNECTED_TEXT, "reconnected")


def test_the_will_knows_when_it_was_left_and_not_when_it_will_be_told() -> None:
    will = published(offline_by_will(EUI, NOW))
    assert (will["state"], will["cause"]) == ("offline", "connection_lost")
    assert (will["clock_sure"], will["at"], will["since"], will["connected"]) == (True, None, None, NOW_TEXT)


def test_a_will_that_was_left_without_a_clock_has_no_time_at_all() -> None:
    will = published(offline_by_will(EUI, UNSURE))
    assert (will["clock_sure"], will["at"], will["since"], will["connected"]) == (False, None, None, None)


def test_a_gateway_that_stops_in_order_says_when() -> None:
    told = published(stopped(EUI, CONNECTED_MS, NOW))
    assert (told["state"], told["cause"], told["at"]) == ("offline", "stopped", NOW_TEXT)
    assert (told["since"], told["connected"]) == (NOW_TEXT, CONNECTED_TEXT)
    assert published(stopped(EUI, None, Instant(7)))["connected"] is None
