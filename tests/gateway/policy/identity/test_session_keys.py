"""Keys are read from a private file, every mistake is told, and no key is ever shown."""

import contextlib
import copy
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.problems import ConfigError
from gateway.policy.identity.bindings import Binding, Bindings
from gateway.policy.identity.session_keys import (
    DEVICE_KEYS,
    DeviceKeys,
    Keyring,
    SecretKey,
    parse_keys,
    read_keys,
)

KEY = "44024241ED4CE9A68C6A8BC055233FD3"
OTHER_KEY = "2B7E151628AED2A6ABF7158809CF4F3C"
LAMP, METER = 0x70B3_D57E_D000_0001, 0x70B3_D57E_D000_0002
HERE, THERE = 0x2601_1A07, 0x2601_1A08
FILE = f"""
[[device]]
dev_addr = "26011A07"
dev_eui = "70B3D57ED0000001"
nwk_s_key = "{KEY}"

[[device]]
dev_addr = "26011a08"
dev_eui = "70b3d57ed0000002"
f_nwk_s_int_key = "{KEY.lower()}"
s_nwk_s_int_key = "{OTHER_KEY}"
"""


def device(dev_addr: int, dev_eui: int) -> DeviceKeys:
    return DeviceKeys(dev_addr, dev_eui, SecretKey(bytes(16)))


def mistakes(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_keys(text.encode(), "keys.toml")
    return [str(problem) for problem in caught.value.problems]


def test_a_file_holds_keys_of_both_versions() -> None:
    lamp, meter = parse_keys(FILE.encode(), "keys.toml")
    assert (lamp.dev_addr, lamp.dev_eui, lamp.is_1_1, lamp.serving) == (HERE, LAMP, False, None)
    assert lamp.forwarding.reveal() == bytes.fromhex(KEY)
    assert (meter.dev_addr, meter.dev_eui, meter.is_1_1) == (THERE, METER, True)
    assert meter.forwarding.reveal() == bytes.fromhex(KEY)
    assert meter.serving is not None
    assert meter.serving.reveal() == bytes.fromhex(OTHER_KEY)


def test_an_empty_file_holds_none() -> None:
    assert parse_keys(b"", "keys.toml") == ()


def test_every_mistake_is_told_by_its_path() -> None:
    text = f"""
    other = 1
    [[device]]
    dev_addr = "26011A0"
    dev_eui = 7
    nwk_s_key = "{KEY[:-1]}"
    [[device]]
    colour = "red"
    [[device]]
    dev_addr = "26011A07"
    dev_eui = "70B3D57ED0000001"
    nwk_s_key = "{KEY}"
    f_nwk_s_int_key = "{KEY}"
    """
    assert mistakes(text) == [
        'unknown key: "other"; the keys here are device',
        "device[0].dev_addr: must be text of 8 hexadecimal digits",
        "device[0].dev_eui: must be text of 16 hexadecimal digits",
        "device[0].nwk_s_key: must be 32 hexadecimal digits (the value is not shown)",
        f'device[1]: unknown key: "colour"; the keys here are {", ".join(DEVICE_KEYS)}',
        "device[1].dev_addr: missing; give 8 hexadecimal digits",
        "device[1].dev_eui: missing; give 16 hexadecimal digits",
        "device[1]: missing; give nwk_s_key (LoRaWAN 1.0.x) or f_nwk_s_int_key (LoRaWAN 1.1)",
        "device[2]: must have nwk_s_key (LoRaWAN 1.0.x) or f_nwk_s_int_key and s_nwk_s_int_key (LoRaWAN 1.1), not both",
    ]


def test_a_device_that_comes_twice_is_a_mistake() -> None:
    assert mistakes(FILE + FILE) == [
        'device[2].dev_eui = "70B3D57ED0000001": must differ: device[0] is this device',
        'device[3].dev_eui = "70B3D57ED0000002": must differ: device[1] is this device',
    ]


def test_more_than_eight_devices_under_one_dev_addr_are_a_mistake() -> None:
    text = "".join(
        f'[[device]]\ndev_addr = "26011A07"\ndev_eui = "{number:016X}"\nnwk_s_key = "{KEY}"\n' for number in range(10)
    )
    assert mistakes(text) == ['device[8].dev_addr = "26011A07": must be shared by 8 devices at most']


@pytest.mark.parametrize("text", ["device = 1", "device = {}", 'device = "x"'])
def test_what_is_no_array_of_tables_is_a_mistake(text: str) -> None:
    assert mistakes(text) == ["device: must be one or more tables: [[device]]"]


def test_an_element_that_is_no_table_is_a_mistake() -> None:
    assert mistakes("device = [1]") == ["device[0]: must be a table: [[device]]"]


def test_what_is_no_toml_is_told_by_its_place() -> None:
    assert mistakes(f'[[device]]\nnwk_s_key = "{KEY}" {KEY}') == ["not TOML: look at line 2, column 48"]
    assert mistakes("[[device") == ["not TOML: look at end of document"]


def test_bytes_that_are_no_text_are_told() -> None:
    with pytest.raises(ConfigError, match="not UTF-8 text"):
        parse_keys(b"\xff", "keys.toml")


class TestSecrecy:
    @pytest.mark.parametrize(
        "text",
        [
            f'nwk_s_key = "{KEY}"',
            f"{KEY} = 1",
            f'[[device]]\n{KEY} = ""',
            f'[[device]]\n"my key {KEY}" = ""',
            f'[[device]]\nnwk_skey = "{KEY}"',
            f'[[device]]\nnwk_s_key = "{KEY}00"',
            f'[[device]]\nnwk_s_key = ["{KEY}"]',
            f'[[device]]\nnwk_s_key = {{ "{KEY}" = 1 }}',
            f'[[device]]\ndev_eui = "{KEY}"\ndev_addr = "{KEY}"',
            f'[[device]]\nnwk_s_key = "{KEY}',
            f"[[device]]\nnwk_s_key = {KEY}",
            f"[[device]]\nnwk_s_key = 0x{KEY}{KEY}Z",
            f"[[{KEY}]]\n[[{KEY}]]\n[{KEY}]",
            f'device = "{KEY}"',
            f'device = ["{KEY}"]',
            f'[[device]]\nnwk_s_key = "{KEY}"\nnwk_s_key = "{KEY}"',
            "[[device]]\nnwk_s_key = " + "9" * 5000,
        ],
    )
    def test_no_mistake_shows_a_key(self, text: str) -> None:
        with pytest.raises(ConfigError) as caught:
            parse_keys(text.encode(), "keys.toml")
        assert str(caught.value)
        cause = caught.value.__cause__ or (None if caught.value.__suppress_context__ else caught.value.__context__)
        for part in (KEY[:8], "99999999"):
            assert part not in str(caught.value)
            assert part not in repr(cause)

    @given(st.text(alphabet=f'[]device"= \n{KEY}_{{}}', max_size=60))
    def test_no_text_is_a_surprise(self, text: str) -> None:
        with contextlib.suppress(ConfigError):
            parse_keys(text.encode(), "keys.toml")

    def test_no_repr_shows_a_key(self) -> None:
        key = bytes.fromhex(KEY)
        lamp = DeviceKeys(HERE, LAMP, SecretKey(key), is_1_1=True, serving=SecretKey(key))
        for shown in (repr(lamp), str(lamp), f"{lamp}", repr([lamp.forwarding]), repr(Keyring([lamp]))):
            assert KEY.lower() not in shown.lower()
            assert repr(key)[2:-1] not in shown

    @pytest.mark.parametrize("encode", [msgspec.json.encode, msgspec.msgpack.encode])
    def test_no_encoder_takes_a_key(self, encode: object) -> None:
        assert callable(encode)
        with pytest.raises(TypeError):
            encode(device(HERE, LAMP))

    def test_a_copy_is_the_same_key(self) -> None:
        key = SecretKey(bytes.fromhex(KEY))
        assert copy.copy(key).reveal() == key.reveal()


class TestFile:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "keys.toml"
        path.write_text(FILE)
        path.chmod(0o600)
        return path

    def test_a_file_of_the_service_alone_is_read(self, path: Path) -> None:
        assert len(read_keys(str(path))) == 2
        path.chmod(0o400)
        assert len(read_keys(str(path))) == 2

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o601])
    def test_a_file_that_others_can_use_is_refused_with_the_remedy(self, path: Path, mode: int) -> None:
        path.chmod(mode)
        with pytest.raises(ConfigError, match=rf"policy\.session_keys: .* can read it: chmod (600|o=) {path}"):
            read_keys(str(path))

    def test_a_credential_is_where_systemd_says_and_its_group_is_not_asked(self, path: Path) -> None:
        path.chmod(0o440)
        assert len(read_keys(f"credential:{path.name}", {"CREDENTIALS_DIRECTORY": str(path.parent)})) == 2

    def test_a_service_without_credentials_is_told_the_remedy(self) -> None:
        with pytest.raises(ConfigError, match="LoadCredential=keys:PATH"):
            read_keys("credential:keys", {})

    def test_a_file_that_is_missing_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="cannot be opened: No such file or directory"):
            read_keys(str(tmp_path / "none"))

    def test_a_pipe_in_its_place_holds_nothing_up(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe", 0o600)
        with pytest.raises(ConfigError, match="not a regular file"):
            read_keys(str(tmp_path / "pipe"))

    def test_a_huge_file_is_refused(self, path: Path) -> None:
        os.truncate(path, 40 << 20)
        with pytest.raises(ConfigError, match="longer than 33554432 bytes"):
            read_keys(str(path))


class TestKeyring:
    def test_all_devices_under_one_dev_addr_are_found(self) -> None:
        lamp, meter = device(HERE, LAMP), device(HERE, METER)
        ring = Keyring([lamp, meter])
        assert ring.at(HERE, Bindings()) == (lamp, meter)
        assert ring.at(THERE, Bindings()) == ()
        assert len(ring) == 2

    def test_keys_are_stale_once_the_device_joined(self) -> None:
        ring = Keyring([device(HERE, LAMP), device(HERE, METER)])
        assert ring.joined(LAMP) is True
        assert [keys.dev_eui for keys in ring.at(HERE, Bindings())] == [METER]
        assert len(ring) == 1
        assert ring.joined(LAMP) is False

    def test_keys_are_stale_where_the_device_has_another_dev_addr(self) -> None:
        ring = Keyring([device(HERE, LAMP)])
        assert ring.at(HERE, Bindings([Binding(LAMP, HERE, 1)])) != ()
        assert ring.at(HERE, Bindings([Binding(LAMP, THERE, 1)])) == ()
