"""LoRaWAN's cryptography against published examples and values computed with OpenSSL."""

import subprocess
import sys

import pytest

from radio.simulator.lorawan_keys import DOWNLINK, UPLINK, Aes128Key, SessionKeys

FIPS_197_KEY = bytes(range(16))
RFC_4493_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
RFC_4493_MESSAGE = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411")
APP_KEY = bytes.fromhex("00112233445566778899aabbccddeeff")


def test_a_block_is_encrypted_as_in_fips_197() -> None:
    clear, sealed = APP_KEY, bytes.fromhex("69c4e0d86a7b0430d8cdb78070b4c55a")
    key = Aes128Key(FIPS_197_KEY)
    assert key.encrypt(clear) == sealed
    assert key.decrypt(sealed) == clear


@pytest.mark.parametrize(("length", "mic"), [(0, "bb1d6929"), (16, "070a16b4"), (40, "dfa66747")])
def test_the_mic_is_the_head_of_the_cmac_of_rfc_4493(length: int, mic: str) -> None:
    key = Aes128Key(RFC_4493_KEY)
    assert [key.mic(RFC_4493_MESSAGE[:length]).hex() for _ in range(2)] == [mic, mic]


def test_a_session_s_keys_are_those_of_openssl() -> None:
    """Made of JoinNonce 1, NetID 0 and DevNonce 0x1234: 01 (02) 010000 000000 3412, padded, encrypted."""
    network = Aes128Key(bytes.fromhex("d40ce8da44f47b6e682d3f8180806b32"))
    application = Aes128Key(bytes.fromhex("a92c67bbf63fc01e97c770a722eaa0b6"))
    derived, given = SessionKeys.derive(Aes128Key(APP_KEY), 1, 0, 0x1234), SessionKeys(network, application)
    assert derived.mic(b"frame", UPLINK, 1, 2) == given.mic(b"frame", UPLINK, 1, 2)
    for fport in (0, 1):
        assert derived.crypt(b"payload", UPLINK, 1, 2, fport) == given.crypt(b"payload", UPLINK, 1, 2, fport)


def test_a_payload_is_crypted_by_xor_so_that_twice_is_nothing() -> None:
    keys = SessionKeys(Aes128Key(RFC_4493_KEY), Aes128Key(APP_KEY))
    clear = bytes(range(100))
    sealed = keys.crypt(clear, DOWNLINK, 0x0102_0304, 70_000, 1)
    assert sealed != clear
    assert keys.crypt(sealed, DOWNLINK, 0x0102_0304, 70_000, 1) == clear
    assert keys.crypt(b"", DOWNLINK, 0x0102_0304, 70_000, 1) == b""


@pytest.mark.parametrize("other", [(UPLINK, 1, 1), (DOWNLINK, 2, 1), (DOWNLINK, 1, 2), (DOWNLINK, 1, 0x10001)])
def test_direction_address_and_counter_change_mic_and_payload(other: tuple[int, int, int]) -> None:
    keys = SessionKeys(Aes128Key(RFC_4493_KEY), Aes128Key(APP_KEY))
    assert keys.mic(b"frame", DOWNLINK, 1, 1) != keys.mic(b"frame", *other)
    assert keys.crypt(b"payload", DOWNLINK, 1, 1, 1) != keys.crypt(b"payload", *other, 1)


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_a_key_has_sixteen_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="key"):
        Aes128Key(bytes(length))


def test_a_simulated_chip_needs_no_cryptography() -> None:
    """The daemon imports it where its radio is simulated; the library's memory is for devices only."""
    check = "import sys, radio.simulator; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False, timeout=60).returncode == 0
