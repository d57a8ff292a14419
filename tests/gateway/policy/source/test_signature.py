"""Ed25519 signatures: ours, and what other tools make of them."""

import base64
import shutil
import subprocess
from itertools import count
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.source.signature import (
    KeyFormatError,
    SigningKey,
    read_host_key,
    read_signature,
    read_signing_key,
    signature_text,
    signer_of,
)

DOCUMENT = "serial = 1\nname = 'Métropole'\n".encode()
HOST, OTHER = SigningKey.generate(), SigningKey.generate()
# RFC 8032, section 7.1, test 2.
RFC_SECRET = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
RFC_PUBLIC = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
RFC_SIGNATURE = (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_the_vector_of_rfc_8032() -> None:
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(RFC_SECRET)))
    assert key.sign(b"\x72").hex() == RFC_SIGNATURE
    assert key.public.verifies(b"\x72", bytes.fromhex(RFC_SIGNATURE))


def test_a_key_is_known_by_eight_digits_of_the_sha256_of_its_bytes() -> None:
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(RFC_SECRET)))
    # By sha256sum.
    assert key.public.key_id == "39f713d0"


def test_keys_survive_their_pem() -> None:
    again = read_signing_key(HOST.as_pem())
    assert again.sign(DOCUMENT) == HOST.sign(DOCUMENT)
    assert read_host_key(HOST.public.as_pem()).verifies(DOCUMENT, HOST.sign(DOCUMENT))


@given(st.data())
def test_no_other_document_and_no_other_signature_fits(data: st.DataObject) -> None:
    signature = bytearray(HOST.sign(DOCUMENT))
    content = bytearray(DOCUMENT)
    target = data.draw(st.sampled_from((signature, content)))
    target[data.draw(st.integers(0, len(target) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert not HOST.public.verifies(bytes(content), bytes(signature))


def test_any_of_several_keys_will_do_and_is_named() -> None:
    keys = (OTHER.public, HOST.public)
    found = signer_of(DOCUMENT, HOST.sign(DOCUMENT), keys)
    assert found is not None
    assert found.key_id == HOST.public.key_id


def test_another_key_will_not_do() -> None:
    assert signer_of(DOCUMENT, HOST.sign(DOCUMENT), (OTHER.public,)) is None
    assert signer_of(DOCUMENT, HOST.sign(DOCUMENT), ()) is None


@given(st.binary(min_size=64, max_size=64))
def test_a_signature_is_one_line_of_base64(signature: bytes) -> None:
    text = signature_text(signature)
    assert text.count(b"\n") == 1
    assert base64.b64decode(text) == signature
    assert read_signature(text) == signature


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b" \n"])
def test_the_end_of_the_line_does_not_matter(end: bytes) -> None:
    signature = HOST.sign(DOCUMENT)
    assert read_signature(base64.b64encode(signature) + end) == signature


GOOD = signature_text(HOST.sign(DOCUMENT)).strip()


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"\n", b"no signature", bytes(64), HOST.sign(DOCUMENT), GOOD[:-1], GOOD[:-2], GOOD[4:], GOOD + GOOD),
        *(GOOD[:40] + b"\n" + GOOD[40:], GOOD[:40] + b"!" + GOOD[40:], b"=" + GOOD, GOOD + b"\n" * 200),
        base64.b64encode(bytes(63)),
        base64.b64encode(bytes(65)),
        # The last four bits before "==" mean nothing, and must be 0.
        base64.b64encode(bytes(64)).replace(b"A==", b"B=="),
        "é".encode() * 44,
    ],
    ids=count(),  # the key is another one each time
)
def test_what_is_no_signature_is_none(text: bytes) -> None:
    assert read_signature(text) is None


def pem_of(key: Ed25519PrivateKey, password: bytes) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password))


P256 = generate_private_key(SECP256R1())


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        (b"", "not a private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not a private key"),
        (HOST.public.as_pem(), "not a private key"),
        (pem_of(Ed25519PrivateKey.generate(), b"x"), "password"),
        (P256.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), "another kind"),
    ],
    ids=count(),
)
def test_what_cannot_sign_is_refused(pem: bytes, words: str) -> None:
    with pytest.raises(KeyFormatError, match=words):
        read_signing_key(pem)


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        (b"\x00\xff", "not a public key"),
        (HOST.as_pem(), "a private key, which has no place here"),
        (P256.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), "another kind"),
    ],
    ids=count(),
)
def test_what_cannot_verify_is_refused(pem: bytes, words: str) -> None:
    with pytest.raises(KeyFormatError, match=words):
        read_host_key(pem)


@pytest.fixture
def openssl(tmp_path: Path) -> Path:
    """A directory with a document, its signature and the keys, for openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    (tmp_path / "policy.toml").write_bytes(DOCUMENT)
    (tmp_path / "policy.toml.sig").write_bytes(signature_text(HOST.sign(DOCUMENT)))
    (tmp_path / "pub.pem").write_bytes(HOST.public.as_pem())
    (tmp_path / "key.pem").write_bytes(HOST.as_pem())
    return tmp_path


def run(command: str, directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command.split(), cwd=directory, capture_output=True, text=True, check=False, timeout=60)


def test_openssl_verifies_what_we_sign(openssl: Path) -> None:
    run("openssl base64 -d -A -in policy.toml.sig -out raw", openssl)
    verify = "openssl pkeyutl -verify -rawin -pubin -inkey pub.pem -sigfile raw -in policy.toml"
    assert "Verified Successfully" in run(verify, openssl).stdout
    (openssl / "policy.toml").write_bytes(DOCUMENT + b" ")
    assert run(verify, openssl).returncode == 1


def test_we_verify_what_openssl_signs(openssl: Path) -> None:
    run("openssl pkeyutl -sign -rawin -inkey key.pem -in policy.toml -out raw", openssl)
    run("openssl base64 -A -in raw -out made.sig", openssl)
    signature = read_signature((openssl / "made.sig").read_bytes())
    assert signature is not None
    assert HOST.public.verifies(DOCUMENT, signature)


def test_keys_that_openssl_makes_are_ours(openssl: Path) -> None:
    run("openssl genpkey -algorithm ed25519 -out theirs.pem", openssl)
    run("openssl pkey -in theirs.pem -pubout -out theirs.pub.pem", openssl)
    key = read_signing_key((openssl / "theirs.pem").read_bytes())
    public = read_host_key((openssl / "theirs.pub.pem").read_bytes())
    assert public.verifies(DOCUMENT, key.sign(DOCUMENT))
