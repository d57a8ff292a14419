"""The network server's core: who joins, what is answered, where and when."""

from base64 import b64decode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.simulator import Transmission
from radio.simulator.end_device import Behaviour, EndDevice, Heard
from radio.simulator.lorawan_frames import DataFrame, JoinRequest
from radio.simulator.lorawan_session import Refusal
from radio.simulator.network_server import (
    DeviceDownlink,
    DownlinkKind,
    HeardUplink,
    NetworkServer,
    NetworkSettings,
    Receipt,
)
from radio.simulator.receive_window import WindowKind
from radio.simulator.region import US915_SECOND_BLOCK, DataRate
from tests.radio.simulator.lorawan import APP_KEY, IDENTITY, emission_in

TMST = 4_294_000_000
WRAP = 1 << 32


class Exchange:
    """A device and a network server that answer each other over a perfect air."""

    def __init__(self, settings: NetworkSettings | None = None, behaviour: Behaviour | None = None) -> None:
        self.server = NetworkServer(settings)
        self.server.register(IDENTITY.dev_eui, APP_KEY)
        self.device = EndDevice(IDENTITY, behaviour or Behaviour(period_s=None))

    def uplink(self) -> HeardUplink:
        """The device's next packet, as a gateway hears it."""
        while True:
            timer_s = self.device.next_timer()
            assert timer_s is not None
            packet = self.device.handle_timer(timer_s)
            if packet is not None:
                return heard(packet)

    def turn(self) -> Receipt:
        """One uplink, and what the server makes of it, which the device gets to hear."""
        receipt = self.server.receive(self.uplink())
        if receipt.downlink is not None:
            self.deliver(receipt.downlink, 0)
        return receipt

    def deliver(self, downlink: DeviceDownlink, window: int) -> Heard | None:
        return self.device.hear(emission_in(self.device.windows[window], downlink.phy_payload))

    def joined(self) -> "Exchange":
        self.turn()
        assert self.device.dev_addr is not None
        return self


def heard(packet: Transmission) -> HeardUplink:
    return HeardUplink(packet.payload, TMST, packet.freq_hz, DataRate(packet.spreading_factor, packet.bandwidth_hz))


def answer(receipt: Receipt) -> DeviceDownlink:
    assert receipt.downlink is not None
    return receipt.downlink


def asked(receipt: Receipt) -> dict[str, Any]:
    return dict(answer(receipt).txpk)


def content_of(heard_down: Heard | None) -> DataFrame:
    assert heard_down is not None
    assert isinstance(heard_down.content, DataFrame)
    return heard_down.content


def test_a_join_is_accepted_five_seconds_later_where_it_came_from() -> None:
    exchange = Exchange()
    uplink = exchange.uplink()
    receipt = exchange.server.receive(uplink)
    txpk = asked(receipt)
    assert (receipt.dev_eui, receipt.content) == (IDENTITY.dev_eui, JoinRequest(0, IDENTITY.dev_eui, 0))
    assert (txpk["imme"], txpk["tmst"]) == (False, (TMST + 5_000_000) % WRAP)
    assert (txpk["freq"], txpk["datr"], txpk["codr"]) == (uplink.freq_hz / 1e6, "SF7BW125", "4/5")
    assert (txpk["ipol"], txpk["ncrc"], txpk["modu"], txpk["powe"]) == (True, True, "LORA", 14)
    assert txpk["size"] == len(b64decode(txpk["data"])) == 33
    downlink = answer(receipt)
    assert (downlink.dev_eui, downlink.kind, downlink.window) == (
        IDENTITY.dev_eui,
        DownlinkKind.JOIN_ACCEPT,
        WindowKind.RX1,
    )
    assert downlink.phy_payload == b64decode(txpk["data"])


def test_device_and_server_then_understand_each_other() -> None:
    exchange = Exchange().joined()
    exchange.device.send(b"on", 100.0, fport=9)
    receipt = exchange.turn()
    assert isinstance(receipt.content, DataFrame)
    assert (receipt.content.fport, receipt.content.frm_payload, receipt.downlink) == (9, b"on", None)


def test_each_join_has_an_address_of_its_own_and_ends_the_last_session() -> None:
    exchange = Exchange().joined()
    first = exchange.device.dev_addr
    exchange.device.send(b"on", 100.0)
    old_uplink = exchange.uplink()
    exchange.device.join(200.0)
    exchange.joined()
    assert exchange.device.dev_addr != first
    assert exchange.server.receive(old_uplink) == Receipt()
    assert exchange.server.counters.strangers == 1


def test_a_replayed_join_request_is_not_answered() -> None:
    exchange = Exchange()
    request = exchange.uplink()
    exchange.server.receive(request)
    assert exchange.server.receive(request) == Receipt()
    assert exchange.server.counters.replayed_joins == 1


def test_a_join_request_made_with_another_key_is_not_answered() -> None:
    exchange = Exchange()
    exchange.server.register(IDENTITY.dev_eui, bytes(16))
    assert exchange.turn() == Receipt()
    assert exchange.server.counters.refused == {Refusal.BAD_MIC: 1}


def test_strangers_are_counted_and_not_answered() -> None:
    exchange = Exchange()
    request = exchange.uplink()
    assert NetworkServer().receive(request) == Receipt()
    assert (
        exchange.server.receive(heard(Transmission(bytes.fromhex("40f17dbe49") + bytes(12), 868_100_000, 0.0)))
        == Receipt()
    )
    assert exchange.server.counters.strangers == 1


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_confirmed_uplink_is_acknowledged_within_a_second(confirmed: bool) -> None:
    exchange = Exchange().joined()
    exchange.device.send(b"on", 100.0, confirmed=confirmed)
    receipt = exchange.turn()
    assert (receipt.downlink is not None) == confirmed
    if confirmed:
        assert answer(receipt).kind is DownlinkKind.ACKNOWLEDGEMENT
        assert asked(receipt)["tmst"] == (TMST + 1_000_000) % WRAP
    assert exchange.server.counters.acknowledgements_sent == confirmed


def test_a_repeated_uplink_is_acknowledged_again_and_counted_apart() -> None:
    exchange = Exchange().joined()
    exchange.device.send(b"on", 100.0, confirmed=True)
    first, second = (exchange.server.receive(exchange.uplink()) for _ in range(2))
    assert answer(first).phy_payload != answer(second).phy_payload
    assert (exchange.server.counters.uplinks, exchange.server.counters.repetitions) == (1, 1)
    exchange.deliver(answer(second), 0)
    assert exchange.device.handle_timer(exchange.device.next_timer() or 0.0) is None
    assert exchange.device.counters.acknowledged == 1


def test_application_downlinks_follow_the_next_uplinks_one_by_one() -> None:
    exchange = Exchange().joined()
    exchange.server.send(IDENTITY.dev_eui, b"first", fport=3)
    exchange.server.send(IDENTITY.dev_eui, b"second", confirmed=True)
    heard_down = []
    for number in range(3):
        exchange.device.send(b"on", 100.0 * (number + 1))
        receipt = exchange.server.receive(exchange.uplink())
        if receipt.downlink is not None:
            assert receipt.downlink.kind is DownlinkKind.DATA
            heard_down.append(content_of(exchange.deliver(receipt.downlink, 0)))
    assert [(frame.frm_payload, frame.fport, frame.pending) for frame in heard_down] == [
        (b"first", 3, True),
        (b"second", 1, False),
    ]
    assert exchange.server.counters.acknowledgements_received == 1


def test_answers_go_to_rx2_where_that_is_asked_for() -> None:
    exchange = Exchange(NetworkSettings(answer_in=WindowKind.RX2))
    receipt = exchange.server.receive(exchange.uplink())
    txpk = asked(receipt)
    assert answer(receipt).window is WindowKind.RX2
    assert (txpk["tmst"], txpk["freq"], txpk["datr"], txpk["powe"]) == (
        (TMST + 6_000_000) % WRAP,
        869.525,
        "SF12BW125",
        27,
    )


def test_one_device_may_be_answered_elsewhere_than_the_others() -> None:
    exchange = Exchange()
    exchange.server.register(IDENTITY.dev_eui, APP_KEY, answer_in=WindowKind.RX2)
    assert asked(exchange.server.receive(exchange.uplink()))["freq"] == 869.525


def test_what_the_accept_says_of_rx1_is_kept_to() -> None:
    exchange = Exchange(NetworkSettings(rx1_delay_s=3, rx1_data_rate_offset=2)).joined()
    exchange.device.send(b"on", 100.0, confirmed=True)
    txpk = asked(exchange.turn())
    assert (txpk["tmst"], txpk["datr"]) == ((TMST + 3_000_000) % WRAP, "SF9BW125")
    assert exchange.device.counters.heard[WindowKind.RX1] == 2


def test_class_c_is_sent_at_once_in_rx2_s_place() -> None:
    exchange = Exchange(behaviour=Behaviour(period_s=None, class_c=True))
    assert exchange.server.send_now(IDENTITY.dev_eui, b"too early") is None
    exchange.joined()
    downlink = exchange.server.send_now(IDENTITY.dev_eui, b"now")
    assert downlink is not None
    txpk = downlink.txpk
    assert downlink.window is WindowKind.CLASS_C
    assert (txpk["imme"], txpk["freq"], txpk["datr"]) == (True, 869.525, "SF12BW125")
    assert "tmst" not in txpk
    window = exchange.device.windows[0]
    emission = emission_in(window, downlink.phy_payload, start_s=window.opens_s + 60)
    assert exchange.device.hear(emission) is not None


def test_america_is_answered_on_its_downlink_channels() -> None:
    region = US915_SECOND_BLOCK
    exchange = Exchange(NetworkSettings(region), Behaviour(region, period_s=None)).joined()
    exchange.device.send(b"on", 100.0, confirmed=True)
    uplink = exchange.uplink()
    txpk = asked(exchange.server.receive(uplink))
    assert txpk["datr"] == "SF7BW500"
    assert txpk["freq"] * 1e6 - 923_300_000 == pytest.approx(3 * (uplink.freq_hz - 903_900_000))


@given(st.binary(max_size=60), st.integers(860_000_000, 930_000_000), st.integers(5, 12))
def test_whatever_is_on_the_air_is_taken(payload: bytes, freq_hz: int, spreading_factor: int) -> None:
    for settings in (NetworkSettings(), NetworkSettings(US915_SECOND_BLOCK)):
        server = NetworkServer(settings)
        server.register(IDENTITY.dev_eui, APP_KEY)
        receipt = server.receive(HeardUplink(payload, 0, freq_hz, DataRate(spreading_factor, 125_000)))
        assert receipt == Receipt()
        assert server.counters.strangers + server.counters.out_of_plan == 1
