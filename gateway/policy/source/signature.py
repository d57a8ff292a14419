"""Ed25519 signatures (RFC 8032) by the host's keys. One of the modules that import cryptography.

Keys are PEM: PKCS#8 without a password for the private one, SubjectPublicKeyInfo for the public one. A signature is
kept as one line of text, the base64 of its 64 bytes; it is over the document's exact bytes, so that other tools can
check it.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

SIGNATURE_BYTES = 64
# The base64 of 64 bytes, and what an editor may leave at the end of the line.
LONGEST_TEXT_BYTES = 96
KEY_ID_DIGITS = 8


class KeyFormatError(Exception):
    """What should be a key is none that can be used."""


class HostKey:
    """A public key, by which signatures are checked: the host's, or a gateway's own."""

    def __init__(self, public: Ed25519PublicKey) -> None:
        self._public = public
        self.key_id = hashlib.sha256(public.public_bytes_raw()).hexdigest()[:KEY_ID_DIGITS]

    def verifies(self, document: bytes, signature: bytes) -> bool:
        """Whether this key made a signature, 64 bytes, of exactly this document."""
        try:
            self._public.verify(signature, document)
        except InvalidSignature:
            return False
        return True

    def as_pem(self) -> bytes:
        """The key as it is given to those who verify."""
        return self._public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class SigningKey:
    """A private key. The host's has no place on a gateway, which has one of its own for what it testifies."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    @classmethod
    def generate(cls) -> "SigningKey":
        """A new one."""
        return cls(Ed25519PrivateKey.generate())

    @property
    def public(self) -> HostKey:
        """What verifies this key's signatures."""
        return HostKey(self._private.public_key())

    def sign(self, document: bytes) -> bytes:
        """The signature of a document, 64 bytes."""
        return self._private.sign(document)

    def as_pem(self) -> bytes:
        """The key as it is kept: a secret, without a password."""
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_host_key(pem: bytes) -> HostKey:
    """A public key.

    Raises:
        KeyFormatError: it is no Ed25519 public key in PEM.
    """
    if b"PRIVATE KEY" in pem:
        raise KeyFormatError("a private key, which has no place here: give the public one")
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFormatError('not a public key in PEM ("-----BEGIN PUBLIC KEY-----")') from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFormatError("a public key of another kind than Ed25519")
    return HostKey(key)


def read_signing_key(pem: bytes) -> SigningKey:
    """A private key.

    Raises:
        KeyFormatError: it is no Ed25519 private key in PEM, or it has a password.
    """
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise KeyFormatError("a private key with a password: only keys without one can be used") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFormatError('not a private key in PEM ("-----BEGIN PRIVATE KEY-----")') from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFormatError("a private key of another kind than Ed25519")
    return SigningKey(key)


def signature_text(signature: bytes) -> bytes:
    """A signature as it is kept: one line."""
    return base64.b64encode(signature) + b"\n"


def read_signature(text: bytes) -> bytes | None:
    """The 64 bytes of a signature as it is kept; None where it is anything else."""
    if len(text) > LONGEST_TEXT_BYTES:
        return None
    line = text.strip(b" \t\r\n")
    try:
        signature = base64.b64decode(line, validate=True)
    except binascii.Error:
        return None
    # Some texts differ in bits that mean nothing: one signature has one text.
    whole = len(signature) == SIGNATURE_BYTES and base64.b64encode(signature) == line
    return signature if whole else None


def signer_of(document: bytes, signature: bytes, keys: Iterable[HostKey]) -> HostKey | None:
    """The key that made a signature, 64 bytes, of exactly this document; None where it was none of these."""
    return next((key for key in keys if key.verifies(document, signature)), None)
