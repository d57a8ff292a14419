"""When certificates end."""

import os
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.certificates import CertificateFileError, ends_of
from tests.gateway.broker.certificates import Authority


def end_in(path: Path) -> int:
    return int(x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc.timestamp())


def test_the_end_of_a_certificate_is_read_from_its_file(tmp_path: Path) -> None:
    certificate, _ = Authority(tmp_path).issue("server")
    assert ends_of(certificate) == end_in(certificate)


@pytest.mark.parametrize("is_first", [True, False])
def test_of_several_in_a_file_the_first_to_end_counts_and_keys_do_not(tmp_path: Path, is_first: bool) -> None:
    authority = Authority(tmp_path)
    early, key = authority.issue("early", days=2)
    late, _ = authority.issue("late", days=3)
    parts = [early.read_bytes(), key.read_bytes(), late.read_bytes()]
    all_of_them = tmp_path / "all.pem"
    all_of_them.write_bytes(b"".join(parts if is_first else reversed(parts)))
    assert ends_of(all_of_them) == end_in(early) < end_in(late)


def test_a_link_is_followed_as_certbot_makes_them(tmp_path: Path) -> None:
    certificate, _ = Authority(tmp_path).issue("server")
    (tmp_path / "live.pem").symlink_to(certificate)
    assert ends_of(tmp_path / "live.pem") == end_in(certificate)


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(CertificateFileError, match=r"none\.pem: there is no such file"):
        ends_of(tmp_path / "none.pem")


def test_what_is_no_file_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(CertificateFileError, match="not a regular file"):
            ends_of(path)


def test_a_file_of_any_size_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "big.pem").write_bytes(bytes(2 << 20))
    with pytest.raises(CertificateFileError, match="1048576 at most"):
        ends_of(tmp_path / "big.pem")


@pytest.mark.parametrize("cut", [0, 40, 400])
def test_a_file_without_a_certificate_or_with_half_of_one_is_told(tmp_path: Path, cut: int) -> None:
    certificate, _ = Authority(tmp_path).issue("server")
    certificate.write_bytes(certificate.read_bytes()[:cut])
    with pytest.raises(CertificateFileError, match="no certificate that can be read"):
        ends_of(certificate)


def test_a_key_alone_is_no_certificate(tmp_path: Path) -> None:
    _, key = Authority(tmp_path).issue("server")
    with pytest.raises(CertificateFileError, match="no certificate that can be read"):
        ends_of(key)


@given(st.binary(max_size=300))
def test_no_content_raises_anything_else(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "any.pem"
    path.write_bytes(b"-----BEGIN CERTIFICATE-----\n" + content + b"\n-----END CERTIFICATE-----\n")
    with pytest.raises(CertificateFileError):
        ends_of(path)
