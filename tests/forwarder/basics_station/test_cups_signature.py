"""Updates are believed if one of the configured keys signed exactly these bytes."""

import zlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from forwarder.basics_station.cups_signature import SignatureKeyError, is_signed, read_signature_key

PRIVATE = ec.generate_private_key(ec.SECP256R1())
POINT = PRIVATE.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
PEM = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
UPDATE = b"#!/bin/sh\n"
SIGNATURE = PRIVATE.sign(UPDATE, ec.ECDSA(SHA512()))
OTHER = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize("content", [POINT, PEM], ids=["point", "pem"])
def test_a_key_as_station_keeps_it_or_in_pem_is_one_key(content: bytes) -> None:
    key = read_signature_key(content)
    assert key.verifies(UPDATE, SIGNATURE)
    assert key.checksum == zlib.crc32(POINT)


@pytest.mark.parametrize(
    ("update", "signature"),
    [
        (UPDATE + b"\n", SIGNATURE),
        (b"", SIGNATURE),
        (UPDATE, SIGNATURE[:-1]),
        (UPDATE, SIGNATURE + b"\0"),
        (UPDATE, b""),
        (UPDATE, b"garbage"),
        (UPDATE, utils.encode_dss_signature(0, 0)),
        (UPDATE, OTHER.sign(UPDATE, ec.ECDSA(SHA512()))),
        (UPDATE, PRIVATE.sign(UPDATE, ec.ECDSA(SHA256()))),
    ],
    ids=range(9),
)
def test_another_update_or_signature_is_not_believed(update: bytes, signature: bytes) -> None:
    assert not read_signature_key(POINT).verifies(update, signature)


def test_any_key_will_do_and_no_key_never_does() -> None:
    other = read_signature_key(OTHER.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert is_signed(UPDATE, SIGNATURE, [other, read_signature_key(POINT)])
    assert not is_signed(UPDATE, SIGNATURE, [other])
    assert not is_signed(UPDATE, SIGNATURE, [])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        bytes(64),
        POINT[:-1],
        PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        ec.generate_private_key(ec.SECP384R1())
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    ],
    ids=range(6),
)
def test_what_is_no_such_key_is_refused(content: bytes) -> None:
    with pytest.raises(SignatureKeyError):
        read_signature_key(content)
