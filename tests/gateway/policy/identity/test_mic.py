"""A frame is the device's own where its MIC is right: published frames, and an implementation by another hand."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.phypayload import DataFrame, parse_phypayload
from gateway.policy.identity.mic import CHANNELS, Authenticity, Forged, Genuine, Unverifiable, tell_sender, verify
from gateway.policy.identity.session_keys import DeviceKeys, SecretKey
from radio.simulator.lorawan_keys import UPLINK, Aes128Key, SessionKeys

LAMP, METER = 0x70B3_D57E_D000_0001, 0x70B3_D57E_D000_0002
HERE = 0x2601_1A07
KEY, OTHER_KEY = bytes.fromhex("44024241ed4ce9a68c6a8bc055233fd3"), bytes(range(16))
TWOS, TWOS_THREE = bytes([2] * 16), bytes([2] * 15 + [3])


def keys_1_0(key: bytes, dev_eui: int = LAMP) -> DeviceKeys:
    return DeviceKeys(HERE, dev_eui, SecretKey(key))


def keys_1_1(forwarding: bytes, serving: bytes | None) -> DeviceKeys:
    second = None if serving is None else SecretKey(serving)
    return DeviceKeys(HERE, LAMP, SecretKey(forwarding), is_1_1=True, serving=second)


def data_frame(phy_payload: bytes) -> DataFrame:
    frame = parse_phypayload(phy_payload)
    assert isinstance(frame, DataFrame)
    return frame


def check(
    phy_payload: bytes, keys: DeviceKeys, last_fcnt: int | None = None, data_rate: int | None = None
) -> Authenticity:
    return verify(data_frame(phy_payload), phy_payload, keys, last_fcnt, data_rate)


def uplink(key: bytes, fcnt_32: int, payload: bytes = b"\x01sealed", head: int = 0x40) -> bytes:
    """A frame of LoRaWAN 1.0, by the simulator's own hand."""
    dev_addr = HERE.to_bytes(4, "little")
    message = bytes([head]) + dev_addr + b"\x00" + (fcnt_32 & 0xFFFF).to_bytes(2, "little") + payload
    network = SessionKeys(Aes128Key(key), Aes128Key(bytes(16)))
    return message + network.mic(message, UPLINK, HERE, fcnt_32)


class TestPublishedFrames:
    @pytest.mark.parametrize(
        ("frame", "key", "fcnt"),
        [
            # lora-packet, mic_test.ts
            ("40F17DBE4900020001954378762B11FF0D", "44024241ed4ce9a68c6a8bc055233fd3", 2),
            ("40F17DBE49000300012A3518AF", "44024241ed4ce9a68c6a8bc055233fd3", 3),
            # brocaar/lorawan, phypayload_test.go: with a payload, with FOpts, with commands as the payload
            ("4004030201800100" + "01a694642615" + "d6c3b582", "02" * 16, 1),
            ("4004030201030000" + "020305016a3798f5" + "b64dc039", "01" * 16, 0),
            ("4004030201000000" + "0069369e" + "ee6aa508", "01" * 16, 0),
        ],
    )
    def test_of_lorawan_1_0(self, frame: str, key: str, fcnt: int) -> None:
        phy_payload = bytes.fromhex(frame)
        assert check(phy_payload, keys_1_0(bytes.fromhex(key))) == Genuine(LAMP, fcnt)
        assert check(phy_payload, keys_1_0(OTHER_KEY)) == Forged()

    @pytest.mark.parametrize(
        ("frame", "forwarding", "serving", "data_rate", "fcnt"),
        [
            # brocaar/lorawan, phypayload_test.go: data rate 2, channel 3
            ("4004030201800100" + "01a694642615" + "7612366a", TWOS_THREE, TWOS, 2, 1),
            ("4004030201000000" + "0069369e" + "fa931bd7", TWOS_THREE, TWOS, 2, 0),
            # RIOT, gnrc_lorawan_11: data rate 0, channel 4
            (
                "4030e2de00000000013bc5f0a0694966ee00c1aa0dee20" + "12cd3c8a",
                bytes.fromhex("59422d58685f7d6e9fb6919a7b3f448a"),
                bytes.fromhex("c09f9e9a1391aecc54db490e11261f21"),
                0,
                0,
            ),
        ],
    )
    def test_of_lorawan_1_1(self, frame: str, forwarding: bytes, serving: bytes, data_rate: int, fcnt: int) -> None:
        phy_payload = bytes.fromhex(frame)
        genuine = Genuine(LAMP, fcnt)
        assert check(phy_payload, keys_1_1(forwarding, serving), data_rate=data_rate) == genuine
        assert check(phy_payload, keys_1_1(forwarding, None)) == genuine
        assert check(phy_payload, keys_1_1(OTHER_KEY, serving), data_rate=data_rate) == Forged()
        assert check(phy_payload, keys_1_1(forwarding, OTHER_KEY), data_rate=data_rate) == Forged()
        assert check(phy_payload, keys_1_1(forwarding, serving), data_rate=data_rate + 1) == Forged()

    def test_of_lorawan_1_1_that_acknowledges(self) -> None:
        """brocaar/lorawan, phypayload_test.go: ConfFCnt 1, which a gateway does not know; half is checked."""
        phy_payload = bytes.fromhex("4004030201a0010001a694642615f842c4b9")
        assert check(phy_payload, keys_1_1(TWOS_THREE, TWOS), data_rate=2) == Genuine(LAMP, 1)
        assert check(phy_payload, keys_1_1(TWOS_THREE, OTHER_KEY), data_rate=2) == Genuine(LAMP, 1)
        assert check(phy_payload, keys_1_1(OTHER_KEY, TWOS), data_rate=2) == Forged()


class TestHalves:
    """LoRaWAN 1.1: the first half of a MIC is SNwkSIntKey's, the second FNwkSIntKey's."""

    FRAME = bytes.fromhex("4004030201800100" + "01a694642615" + "7612366a")

    @pytest.mark.parametrize("place", [-4, -3])
    def test_the_serving_half_is_checked_where_key_and_data_rate_are_known(self, place: int) -> None:
        changed = bytearray(self.FRAME)
        changed[place] ^= 1
        keys = keys_1_1(TWOS_THREE, TWOS)
        assert check(bytes(changed), keys, data_rate=2) == Forged()
        assert check(bytes(changed), keys, data_rate=None) == Genuine(LAMP, 1)
        assert check(bytes(changed), keys_1_1(TWOS_THREE, None), data_rate=2) == Genuine(LAMP, 1)

    @pytest.mark.parametrize("place", [-2, -1])
    def test_the_forwarding_half_is_always_checked(self, place: int) -> None:
        changed = bytearray(self.FRAME)
        changed[place] ^= 1
        assert check(bytes(changed), keys_1_1(TWOS_THREE, TWOS), data_rate=2) == Forged()
        assert check(bytes(changed), keys_1_1(TWOS_THREE, None)) == Forged()

    @pytest.mark.parametrize("channel", range(CHANNELS))
    def test_every_channel_that_a_device_can_know_is_tried(self, channel: int) -> None:
        message = self.FRAME[:-4]
        forwarding = Aes128Key(TWOS_THREE).mic(bytes.fromhex("49000000000004030201" + "01000000" + "000e") + message)
        serving = Aes128Key(TWOS).mic(bytes.fromhex(f"49000002{channel:02x}0004030201" + "01000000" + "000e") + message)
        phy_payload = message + serving[:2] + forwarding[:2]
        assert check(phy_payload, keys_1_1(TWOS_THREE, TWOS), data_rate=2) == Genuine(LAMP, 1)


class TestCounter:
    @given(st.integers(0, 2**20 - 1), st.binary(min_size=1, max_size=200))
    def test_where_none_is_known_the_first_sixteen_cycles_are_tried(self, fcnt_32: int, payload: bytes) -> None:
        assert check(uplink(KEY, fcnt_32, payload), keys_1_0(KEY)) == Genuine(LAMP, fcnt_32)

    @given(st.integers(0, 2**32 - 2**17), st.integers(0, 2**17 - 1))
    def test_it_is_followed_over_the_end_of_a_cycle(self, last: int, step: int) -> None:
        assert check(uplink(KEY, last + step), keys_1_0(KEY), last) == Genuine(LAMP, last + step)

    def test_a_reset_and_a_replay_are_genuine_with_a_lower_counter(self) -> None:
        last = 0x5_0003
        for fcnt_32 in (0, 0x5_0002, 0x4_FFFF):
            assert check(uplink(KEY, fcnt_32), keys_1_0(KEY), last) == Genuine(LAMP, fcnt_32)

    def test_a_counter_that_is_far_from_the_last_is_not_believed(self) -> None:
        assert check(uplink(KEY, 0x19_0000), keys_1_0(KEY), 0x5_0003) == Forged()
        assert check(uplink(KEY, 0x10_0000), keys_1_0(KEY)) == Forged()


@given(st.integers(0, 0xFFFF), st.data())
def test_a_frame_of_which_a_bit_is_changed_is_forged(fcnt: int, data: st.DataObject) -> None:
    changed = bytearray(uplink(KEY, fcnt))
    bit = data.draw(st.integers(64, 8 * len(changed) - 1))  # behind the header, which would make it another frame
    changed[bit // 8] ^= 1 << bit % 8
    assert check(bytes(changed), keys_1_0(KEY), fcnt) == Forged()


def test_a_thousand_frames_with_a_wrong_mic_are_forged() -> None:
    genuine = uplink(KEY, 7)
    for number in range(1, 1001):
        mic = (int.from_bytes(genuine[-4:], "big") ^ number).to_bytes(4, "big")
        assert check(genuine[:-4] + mic, keys_1_0(KEY), 6) == Forged()


def test_a_confirmed_uplink_is_checked_like_any_other() -> None:
    assert check(uplink(KEY, 7, head=0x80), keys_1_0(KEY)) == Genuine(LAMP, 7)


@pytest.mark.parametrize("head", [0x60, 0xA0])
def test_a_downlink_is_not_checked(head: int) -> None:
    assert check(uplink(KEY, 7, head=head), keys_1_0(KEY)) == Unverifiable()


def test_what_is_longer_than_any_frame_is_not_checked() -> None:
    phy_payload = uplink(KEY, 7)[:-4] + bytes(300)
    assert check(phy_payload, keys_1_0(KEY)) == Unverifiable()


class TestSender:
    """Two devices under one DevAddr: the MIC tells which one."""

    LAMP_KEYS, METER_KEYS = keys_1_0(KEY, LAMP), keys_1_0(OTHER_KEY, METER)

    def told(self, phy_payload: bytes, devices: list[DeviceKeys], *, others: bool = False) -> Authenticity:
        last_fcnts = {LAMP: 0x20_0000}
        return tell_sender(data_frame(phy_payload), phy_payload, devices, last_fcnts, None, others=others)

    @pytest.mark.parametrize("others", [False, True])
    def test_the_one_whose_key_fits_sent_it(self, others: bool) -> None:
        devices = [self.LAMP_KEYS, self.METER_KEYS]
        assert self.told(uplink(OTHER_KEY, 3), devices, others=others) == Genuine(METER, 3)
        assert self.told(uplink(KEY, 0x2_0001), devices, others=others) == Genuine(LAMP, 0x2_0001)

    def test_each_device_has_its_own_counter(self) -> None:
        assert self.told(uplink(KEY, 0x18_0000), [self.LAMP_KEYS]) == Forged()
        assert self.told(uplink(OTHER_KEY, 0x8_0000), [self.METER_KEYS]) == Genuine(METER, 0x8_0000)

    def test_a_frame_of_none_of_them_is_forged_unless_others_share_the_dev_addr(self) -> None:
        devices = [self.LAMP_KEYS, self.METER_KEYS]
        assert self.told(uplink(bytes(16), 3), devices) == Forged()
        assert self.told(uplink(bytes(16), 3), devices, others=True) == Unverifiable()

    def test_a_frame_that_fits_two_is_not_guessed(self) -> None:
        assert self.told(uplink(KEY, 3), [self.LAMP_KEYS, keys_1_0(KEY, METER)]) == Unverifiable()

    def test_without_keys_nothing_is_known(self) -> None:
        assert self.told(uplink(KEY, 3), []) == Unverifiable()


def test_the_library_is_loaded_by_this_module_alone() -> None:
    """A gateway that holds no keys does without its memory."""
    modules = ("directory", "bindings", "bindings_store", "binding_events", "session_keys", "frame_counter")
    imports = ", ".join(f"gateway.policy.identity.{name}" for name in modules)
    script = f"import sys, {imports}; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0
