"""The CUPS question, the binary answer, and checksums: exact bytes, every length checked, no errors but our own."""

import contextlib
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.basics_station.cups_der import Identity
from forwarder.basics_station.cups_messages import (
    LARGEST_ANSWER_BYTES,
    LARGEST_UPDATE_BYTES,
    CupsAnswer,
    Held,
    UpdateSignature,
    credentials_checksum,
    question,
    read_answer,
)
from forwarder.basics_station.json_values import MalformedMessageError
from forwarder.basics_station.server_messages import StationVersion
from tests.forwarder.basics_station.cups_server import NOTHING, answer

ASCII = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=255)
DER = st.binary(min_size=1, max_size=300).map(lambda content: b"\x30\x82" + len(content).to_bytes(2, "big") + content)
TOKENS = st.text(st.characters(min_codepoint=0x41, max_codepoint=0x7A), max_size=60).map(str.encode)
IDENTITIES = st.one_of(
    st.none(),
    st.builds(lambda trust, token: Identity(trust, token=token), DER, TOKENS),
    st.builds(Identity, DER, DER, DER),
)
UPDATES = st.binary(max_size=500)
TRUST = b"\x30\x03abc"
FULL = answer(
    cups_uri="https://c.example",
    lns_uri="wss://l.example",
    cups_identity=Identity(TRUST),
    lns_identity=Identity(TRUST, TRUST, TRUST),
    signature=b"signed",
    update=b"run me",
    key_checksum=7,
)


def test_nothing_is_fourteen_zeros() -> None:
    assert read_answer(NOTHING) == CupsAnswer()


@given(st.tuples(ASCII, ASCII), st.tuples(IDENTITIES, IDENTITIES), st.binary(min_size=4, max_size=128), UPDATES)
def test_what_is_sent_is_what_is_read(
    uris: tuple[str, str], identities: tuple[Identity | None, Identity | None], signature: bytes, update: bytes
) -> None:
    sent = CupsAnswer(*uris, *identities, UpdateSignature(99, signature), update)
    body = answer(
        cups_uri=sent.cups_uri,
        lns_uri=sent.lns_uri,
        cups_identity=sent.cups_identity,
        lns_identity=sent.lns_identity,
        signature=signature,
        update=update,
        key_checksum=99,
    )
    assert read_answer(body) == sent


@pytest.mark.parametrize("length", range(len(FULL)))
def test_what_ends_early_is_refused_whole(length: int) -> None:
    with pytest.raises(MalformedMessageError, match="ends early"):
        read_answer(FULL[:length])


def test_what_goes_on_is_refused_whole() -> None:
    with pytest.raises(MalformedMessageError, match="1 bytes follow the update"):
        read_answer(FULL + b"\0")


def test_an_update_that_is_too_large_is_refused_before_it_is_looked_for() -> None:
    size = (LARGEST_UPDATE_BYTES + 1).to_bytes(4, "little")
    with pytest.raises(MalformedMessageError, match="update has 8388609 bytes: must be at most"):
        read_answer(bytes(10) + size)


def test_the_largest_answer_is_as_large_as_all_its_parts_may_be() -> None:
    parts = 1 + 255 + 1 + 255 + 2 + 65_535 + 2 + 65_535 + 4 + 132 + 4 + LARGEST_UPDATE_BYTES
    assert parts <= LARGEST_ANSWER_BYTES < parts + 64


@pytest.mark.parametrize("size", [1, 7, 133, 2**32 - 1])
def test_a_signature_of_no_length_that_there_is_is_refused(size: int) -> None:
    with pytest.raises(MalformedMessageError, match=f"signature has {size} bytes"):
        read_answer(bytes(6) + size.to_bytes(4, "little") + bytes(min(size, 200)) + bytes(4))


def test_a_uri_is_ascii() -> None:
    with pytest.raises(MalformedMessageError, match="tcUri must be a URI in ASCII"):
        read_answer(b"\0\x02\xc3\xa9" + bytes(12))


@given(st.one_of(st.binary(max_size=400), st.binary(max_size=40).map(lambda tail: FULL[:60] + tail)))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(MalformedMessageError):
        read_answer(body)


@given(st.integers(0, len(FULL) - 1), st.integers(1, 255))
def test_a_changed_byte_is_read_or_refused(position: int, change: int) -> None:
    body = bytearray(FULL)
    body[position] ^= change
    with contextlib.suppress(MalformedMessageError):
        assert read_answer(bytes(body)) != read_answer(FULL)


def test_the_question_is_stations() -> None:
    version = StationVersion(station="candelabre 1", package="1", model="m")
    asked = question(0x0016_C001_FF10_A235, version, Held("https://c:443", 1), Held("", 2), [3, 4])
    assert json.loads(asked) == {
        "router": "16:c001:ff10:a235",
        "cupsUri": "https://c:443",
        "tcUri": None,
        "cupsCredCrc": 1,
        "tcCredCrc": 2,
        "station": "candelabre 1",
        "model": "m",
        "package": "1",
        "keys": [3, 4],
    }


def test_the_checksum_of_no_files_is_stations() -> None:
    assert credentials_checksum(b"", b"", b"") == 2077607535


def test_a_missing_file_counts_as_four_zeros() -> None:
    assert credentials_checksum(b"trust", b"", b"token") == zlib.crc32(b"trust\0\0\0\0token")
