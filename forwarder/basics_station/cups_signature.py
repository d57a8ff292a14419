"""Who signed an update: ECDSA on P-256 over its SHA-512. One of the modules that import cryptography.

A key is what Basics Station keeps in sig-N.key, the 64 bytes X and Y of a point, or the same as public key in PEM.
"""

import zlib
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

POINT_BYTES = 64
_UNCOMPRESSED = b"\x04"  # SEC 1, 2.3.3


class SignatureKeyError(Exception):
    """What should be a key is none that can be used."""


class SignatureKey:
    """A key that updates may be signed with. Servers know it by its checksum."""

    def __init__(self, public: EllipticCurvePublicKey) -> None:
        self._public = public
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.checksum = zlib.crc32(point.removeprefix(_UNCOMPRESSED))

    def verifies(self, update: bytes, signature: bytes) -> bool:
        """Whether this key made the signature, in DER, of exactly this update."""
        try:
            self._public.verify(signature, update, ECDSA(SHA512()))
        except InvalidSignature:
            return False
        return True


def read_signature_key(content: bytes) -> SignatureKey:
    """A key, from its file.

    Raises:
        SignatureKeyError: it is none.
    """
    if len(content) == POINT_BYTES:
        try:
            return SignatureKey(EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _UNCOMPRESSED + content))
        except ValueError as error:
            raise SignatureKeyError("64 bytes that are no point of the curve P-256") from error
    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SignatureKeyError("neither the 64 bytes of a P-256 point nor a public key in PEM") from error
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise SignatureKeyError("a public key of another kind than ECDSA on P-256")
    return SignatureKey(key)


def is_signed(update: bytes, signature: bytes, keys: Iterable[SignatureKey]) -> bool:
    """Whether one of the keys made the signature. Which is said to have done so proves nothing, so all are tried."""
    return any(key.verifies(update, signature) for key in keys)
