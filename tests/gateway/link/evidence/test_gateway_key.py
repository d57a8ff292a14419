"""The gateway's key: its own, one for ever, nobody else's to read."""

import os
import stat
from pathlib import Path

import pytest

from gateway.config.problems import ConfigError
from gateway.link.evidence.gateway_key import FILE, load_gateway_key, open_gateway_key
from gateway.policy.source.signature import SigningKey, read_host_key


def test_it_is_made_at_first_use_and_stays(tmp_path: Path) -> None:
    assert load_gateway_key(tmp_path / "state") is None
    key = open_gateway_key(tmp_path / "state")
    again = open_gateway_key(tmp_path / "state")
    assert again.as_pem() == key.as_pem()
    assert [path.name for path in (tmp_path / "state").iterdir()] == [FILE]


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        open_gateway_key(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o700])
def test_one_that_others_may_have_read_is_refused(tmp_path: Path, mode: int) -> None:
    open_gateway_key(tmp_path)
    (tmp_path / FILE).chmod(mode)
    with pytest.raises(ConfigError, match="more than its owner can read or write it: chmod 600"):
        open_gateway_key(tmp_path)


def test_what_is_no_key_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"half a ke")
    (tmp_path / FILE).chmod(0o600)
    with pytest.raises(ConfigError, match="not a private key in PEM"):
        open_gateway_key(tmp_path)
    assert (tmp_path / FILE).read_bytes() == b"half a ke"


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"")
    with pytest.raises(ConfigError, match="cannot be read: Not a directory"):
        open_gateway_key(tmp_path / "state")


def test_of_two_that_begin_at_once_one_makes_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate = SigningKey.generate

    others: list[SigningKey] = []

    def other_is_faster() -> SigningKey:
        monkeypatch.setattr(SigningKey, "generate", generate)
        others.append(open_gateway_key(tmp_path))
        return generate()

    monkeypatch.setattr(SigningKey, "generate", other_is_faster)
    key = open_gateway_key(tmp_path)
    assert [key.as_pem()] == [other.as_pem() for other in others]
    assert key.as_pem() == (tmp_path / FILE).read_bytes()


def test_its_public_part_is_what_verifies(tmp_path: Path) -> None:
    key = open_gateway_key(tmp_path)
    assert read_host_key(key.public.as_pem()).verifies(b"head", key.sign(b"head"))
