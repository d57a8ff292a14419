"""Frames sealed and opened: who can read them, and which counters are accepted."""

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from radio.simulator.lorawan_frames import DataFrame, JoinAccept, JoinRequest, MessageType
from radio.simulator.lorawan_keys import DOWNLINK, UPLINK, Aes128Key, SessionKeys
from radio.simulator.lorawan_session import (
    MAX_FCNT_GAP,
    Refusal,
    Session,
    claimed_join_request,
    join_request_is_genuine,
    open_join_accept,
    seal_join_accept,
    seal_join_request,
)

APP_KEY = Aes128Key(bytes.fromhex("00112233445566778899aabbccddeeff"))
OTHER_KEY = Aes128Key(bytes(16))
DEV_ADDR = 0x49BE7DF1
SESSION = Session(
    DEV_ADDR,
    SessionKeys(
        Aes128Key(bytes.fromhex("44024241ed4ce9a68c6a8bc055233fd3")),
        Aes128Key(bytes.fromhex("ec925802ae430ca77fd3dd73cb2cc588")),
    ),
)
DOWN = DataFrame(MessageType.UNCONFIRMED_DOWN, DEV_ADDR, 0, 1, b"lights on")


def test_a_published_uplink_opens_and_is_sealed_again() -> None:
    """The example of the lora-packet library."""
    published = bytes.fromhex("40F17DBE4900020001954378762B11FF0D")
    frame = SESSION.open(published, UPLINK, 0)
    assert frame == DataFrame(MessageType.UNCONFIRMED_UP, DEV_ADDR, 2, 1, b"test")
    assert SESSION.seal(frame, 2) == published


def test_a_published_join_accept_opens_and_is_sealed_again() -> None:
    """An example of the brocaar/lorawan library."""
    published = bytes.fromhex("20493eeb51fba2116f810edb3742975142")
    accept = open_join_accept(APP_KEY, published)
    assert accept == JoinAccept(join_nonce=0x570BC7, net_id=0x221101, dev_addr=0x02031980, rx_delay_s=1)
    assert seal_join_accept(APP_KEY, msgspec.structs.replace(accept, rx_delay_s=0)) == published


def test_a_join_request_has_the_mic_that_openssl_computes() -> None:
    request = JoinRequest(0x0102030405060708, 0x1112131415161718, 0x1234)
    sealed = seal_join_request(APP_KEY, request)
    assert sealed.hex() == "00080706050403020118171615141312113412" + "8fe00af3"
    assert claimed_join_request(sealed) == request
    assert join_request_is_genuine(APP_KEY, sealed)
    assert not join_request_is_genuine(OTHER_KEY, sealed)


def test_a_join_accept_is_nobody_else_s() -> None:
    sealed = seal_join_accept(APP_KEY, JoinAccept(1, 0, 1))
    assert open_join_accept(OTHER_KEY, sealed) is None
    assert open_join_accept(APP_KEY, sealed[:-1]) is None
    assert open_join_accept(APP_KEY, b"\x20") is None


@given(st.integers(0, 0xFFFF_FFFF - 0x20000), st.integers(0, 0x1FFFF))
@example(5, MAX_FCNT_GAP - 1)
@example(5, MAX_FCNT_GAP)
def test_a_counter_is_accepted_from_the_next_on_up_to_the_greatest_gap(first: int, ahead: int) -> None:
    opened = SESSION.open(SESSION.seal(DOWN, first + ahead), DOWNLINK, first)
    if ahead < MAX_FCNT_GAP:
        assert opened == msgspec.structs.replace(DOWN, fcnt=first + ahead)
    else:
        assert isinstance(opened, Refusal)


@given(st.integers(1, 0xFFFF_FFFF), st.integers(1, 0x8000))
def test_a_counter_of_the_past_is_refused(first: int, behind: int) -> None:
    assert SESSION.open(SESSION.seal(DOWN, max(first - behind, 0)), DOWNLINK, first) is Refusal.BAD_FCNT


def test_after_the_last_counter_there_is_no_next() -> None:
    last = SESSION.seal(DOWN, 0xFFFF_FFFF)
    assert isinstance(SESSION.open(last, DOWNLINK, 0xFFFF_FFFF), DataFrame)
    assert SESSION.open(SESSION.seal(DOWN, 0), DOWNLINK, 0xFFFF_FFFF) is Refusal.BAD_FCNT


@given(st.integers(0, 21), st.integers(1, 255))
def test_a_changed_byte_is_noticed(index: int, change: int) -> None:
    sealed = bytearray(SESSION.seal(DOWN, 5))
    assert len(sealed) == 22
    sealed[index % len(sealed)] ^= change
    assert isinstance(SESSION.open(bytes(sealed), DOWNLINK, 0), Refusal)


@pytest.mark.parametrize(
    "change", [{"message_type": MessageType.UNCONFIRMED_UP}, {"dev_addr": DEV_ADDR + 1}], ids=["uplink", "other device"]
)
def test_others_frames_are_told_apart(change: dict[str, int]) -> None:
    sealed = SESSION.seal(msgspec.structs.replace(DOWN, **change), 0)
    assert SESSION.open(sealed, DOWNLINK, 0) is Refusal.NOT_MINE


def test_the_network_s_own_port_has_the_network_s_key() -> None:
    for_network = msgspec.structs.replace(DOWN, fport=0)
    assert SESSION.seal(for_network, 0)[9:-4] != SESSION.seal(DOWN, 0)[9:-4]
    assert SESSION.open(SESSION.seal(for_network, 0), DOWNLINK, 0) == for_network


@given(st.binary(max_size=60))
def test_noise_is_refused_and_never_an_error(noise: bytes) -> None:
    assert isinstance(SESSION.open(noise, DOWNLINK, 0), Refusal)
    assert open_join_accept(APP_KEY, noise) is None
    claimed_join_request(noise)
