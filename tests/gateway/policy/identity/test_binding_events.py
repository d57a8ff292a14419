"""What a network server says of its devices, and what is not believed."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.problems import ConfigError
from gateway.policy.identity.binding_events import BindingEvent, EventRefusal, parse_bindings_file, read_event
from gateway.policy.identity.bindings import Binding

DEV_EUI = "70b3d57ed0000001"
TOPIC = f"application/5f3c1a2e-0000-4000-8000-000000000001/device/{DEV_EUI}/event/"
UP = {
    "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
    "time": "2026-03-01T09:34:09.177590+00:00",
    "deviceInfo": {
        "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
        "applicationName": "Eclairage",
        "deviceName": "Candélabre 12",
        "devEui": DEV_EUI,
        "tags": {"key": "value"},
    },
    "devAddr": "26011a07",
    "adr": True,
    "dr": 5,
    "fCnt": 7,
    "fPort": 1,
    "confirmed": False,
    "data": "AQID",
    "object": {"temperature": [21.5, None]},
    "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -48, "snr": 9.5}],
}


def told(**changes: object) -> bytes:
    return json.dumps({**UP, **changes}).encode()


def test_an_uplink_says_which_device_uses_the_dev_addr() -> None:
    assert read_event(f"{TOPIC}up", told()) == BindingEvent(0x70B3_D57E_D000_0001, 0x2601_1A07, is_join=False)


def test_a_join_says_so_too() -> None:
    assert read_event(f"{TOPIC}join", told()) == BindingEvent(0x70B3_D57E_D000_0001, 0x2601_1A07, is_join=True)


def test_upper_case_is_the_same_device() -> None:
    body = told(deviceInfo={"devEui": DEV_EUI.upper()}, devAddr="26011A07")
    assert read_event(f"{TOPIC}up", body) == read_event(f"{TOPIC}up", told())


@pytest.mark.parametrize("payload", ["not base64 !", 12, None, [[[]]], {"data": {}}])
def test_what_the_application_sends_is_not_looked_at(payload: object) -> None:
    assert isinstance(read_event(f"{TOPIC}up", told(data=payload, object=payload)), BindingEvent)


@pytest.mark.parametrize(
    "topic",
    [
        f"{TOPIC}status",
        f"{TOPIC}up/more",
        f"prefix/{TOPIC}up",
        TOPIC.replace("/event/", "/command/") + "up",
        TOPIC.replace(DEV_EUI, "70b3") + "up",
        "",
        f"{TOPIC}up\n",
    ],
)
def test_another_topic_is_not_listened_to(topic: str) -> None:
    assert read_event(topic, told()) is EventRefusal.OTHER_TOPIC


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        told(devAddr=None),
        told(devAddr=637_606_407),
        told(devAddr="2601"),
        told(devAddr="2601 1a0"),
        told(devAddr="26011a07\n"),
        told(deviceInfo=None),
        told(deviceInfo={}),
        told(deviceInfo={"devEui": "70b3"}),
        told(deviceInfo={"devEui": f"{DEV_EUI}\n"}),
        told(deviceInfo={"devEui": "-000000000000001"}),
        b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_malformed_body_is_refused(body: bytes) -> None:
    assert read_event(f"{TOPIC}up", body) is EventRefusal.MALFORMED


def test_a_body_that_speaks_of_another_device_is_refused() -> None:
    body = told(deviceInfo={"devEui": "70b3d57ed0000002"})
    assert read_event(f"{TOPIC}up", body) is EventRefusal.DEV_EUI_DIFFERS


def test_a_very_long_body_is_not_read() -> None:
    assert read_event(f"{TOPIC}up", told(data="A" * 300_000)) is EventRefusal.TOO_LONG


@given(st.binary(max_size=200))
def test_no_body_is_a_surprise(body: bytes) -> None:
    assert read_event(f"{TOPIC}up", body) is EventRefusal.MALFORMED


class TestFile:
    def test_each_line_is_a_device(self) -> None:
        text = (
            "# DevAddr DevEUI JoinEUI\n\n26011A07 70B3D57ED0000001  # a lamp\r\n"
            "26011a07\t70B3D57ED0000002 00000000000000AA"
        )
        assert parse_bindings_file(text.encode(), "bindings.txt") == (
            Binding(0x70B3_D57E_D000_0001, 0x2601_1A07),
            Binding(0x70B3_D57E_D000_0002, 0x2601_1A07, join_eui=0xAA),
        )

    def test_a_byte_order_mark_is_no_mistake(self) -> None:
        text = "\ufeff26011A07 70B3D57ED0000001"
        assert len(parse_bindings_file(text.encode(), "bindings.txt")) == 1

    def test_every_mistake_is_told_with_its_line(self) -> None:
        text = """26011A07 70B3D57ED0000001
            26011A07
            70B3D57ED0000002 26011A07
            26011A07 70B3D57ED0000001
            26011A07 70B3D57ED0000003 1 2
            # fine
            26011A07 70B3D57ED0000004 XYZ"""
        with pytest.raises(ConfigError) as caught:
            parse_bindings_file(text.encode(), "bindings.txt")
        assert [problem.path for problem in caught.value.problems] == ["line 2", "line 3", "line 4", "line 5", "line 7"]
        assert "line 4 = 70B3D57ED0000001: must differ: line 1 has this DevEUI" in str(caught.value)

    def test_a_ninth_device_under_one_dev_addr_is_a_mistake(self) -> None:
        text = "".join(f"26011A07 {number:016X}\n" for number in range(11))
        with pytest.raises(ConfigError, match="26011A07: must be shared by 8 devices at most") as caught:
            parse_bindings_file(text.encode(), "bindings.txt")
        assert [problem.path for problem in caught.value.problems] == ["line 9"]

    def test_of_very_many_mistakes_the_first_are_told_and_the_rest_counted(self) -> None:
        with pytest.raises(ConfigError) as caught:
            parse_bindings_file(b"x\n" * 10_000, "bindings.txt")
        assert len(caught.value.problems) == 101
        assert str(caught.value.problems[-1]) == "and 9900 more"

    def test_too_many_devices_are_refused(self) -> None:
        text = "".join(f"{number:08X} {number:016X}\n" for number in range(200_001))
        with pytest.raises(ConfigError, match="200001 devices are too many; at most 200000"):
            parse_bindings_file(text.encode(), "bindings.txt")

    def test_too_large_a_file_is_refused_unread(self) -> None:
        with pytest.raises(ConfigError, match="too large"):
            parse_bindings_file(b"#" * (17 << 20), "bindings.txt")

    @given(st.binary(max_size=100))
    def test_no_bytes_are_a_surprise(self, content: bytes) -> None:
        with contextlib.suppress(ConfigError):
            parse_bindings_file(content, "bindings.txt")
