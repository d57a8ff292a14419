"""Credentials taken apart, and put into the form that TLS takes: for every kind of private key there is."""

import contextlib
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from forwarder.basics_station.cups_der import Identity, client_pem, split_identity
from forwarder.basics_station.json_values import MalformedMessageError

ONE, TWO, THREE = b"\x30\x03one", b"\x30\x81\x03two", b"\x30\x82\x00\x05three"


@pytest.mark.parametrize(
    ("blob", "identity"),
    [
        (ONE + TWO + THREE, Identity(ONE, TWO, THREE)),
        (ONE + bytes(8), Identity(ONE)),
        (ONE + bytes(4), Identity(ONE)),
        (ONE + bytes(5), Identity(ONE)),
        (ONE + bytes(4) + b"Authorization: Bearer x\r\n", Identity(ONE, token=b"Authorization: Bearer x\r\n")),
    ],
)
def test_three_parts_of_which_two_may_be_missing(blob: bytes, identity: Identity) -> None:
    assert split_identity(blob, "tcCred") == identity


@pytest.mark.parametrize(
    ("blob", "complaint"),
    [
        (b"", "the authority is missing"),
        (bytes(12), "the authority must be a DER SEQUENCE, and begins with 0x00"),
        (b"-----BEGIN CERTIFICATE-----", "the authority must be a DER SEQUENCE"),
        (b"\x30\x84\x00\x00\x00\x01x", "the authority must have a length of one to 2 bytes"),
        (b"\x30\x80x", "the authority must have a length of one to 2 bytes"),
        (b"\x30\x82\x01", "the authority must have a length of one to 2 bytes"),
        (b"\x30\x09short", "the authority must have 11 bytes, and 7 are there"),
        (ONE, "the certificate is missing"),
        (ONE + TWO[:-1], "the certificate must have 6 bytes, and 5 are there"),
        (ONE + TWO + bytes(4), "a certificate without its private key"),
        (ONE + TWO + b"Authorization: x", "a certificate without its private key"),
        (ONE + bytes(4) + THREE, "a private key without its certificate"),
        (ONE + TWO + THREE + b"\0", "1 bytes follow the private key"),
        (ONE + bytes(4) + b"tok\x01en", "a private key in DER or a token in ASCII"),
    ],
)
def test_anything_else_is_refused_by_field_and_part(blob: bytes, complaint: str) -> None:
    with pytest.raises(MalformedMessageError, match=complaint) as caught:
        split_identity(blob, "tcCred")
    assert str(caught.value).startswith("tcCred: ")


@given(st.binary(max_size=200).map(lambda tail: ONE + tail))
def test_whatever_follows_an_authority_is_read_or_refused(blob: bytes) -> None:
    with contextlib.suppress(MalformedMessageError):
        identity = split_identity(blob, "tcCred")
        assert bool(identity.certificate) == bool(identity.key)
        if identity.key:
            client_pem(identity)


@pytest.mark.parametrize("kind", ["EC", "RSA"])
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_tls_takes_every_kind_of_key(tmp_path: Path, kind: str, form: PrivateFormat) -> None:
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "EC" else rsa.generate_private_key(65537, 2048)
    wanted = key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()
    der = key.private_bytes(Encoding.DER, form, NoEncryption())
    pem = client_pem(Identity(ONE, TWO, der)).decode()
    assert pem.endswith(wanted)
    assert ssl.PEM_cert_to_DER_cert(pem[: pem.index(wanted)]) == TWO


def test_a_key_of_a_kind_that_tls_does_not_know_is_refused() -> None:
    with pytest.raises(MalformedMessageError, match="PKCS#8, PKCS#1 or SEC 1"):
        client_pem(Identity(ONE, TWO, b"\x30\x04\x02\x01\x00\x05"))
