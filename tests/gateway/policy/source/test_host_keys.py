"""The host's keys as files: all that cannot be used are told at once."""

import os
from pathlib import Path

import pytest

from gateway.config import ConfigError
from gateway.policy.source.host_keys import load_host_keys, load_signing_key
from tests.gateway.policy.signed_documents import HOST, OTHER


def test_each_key_counts_once(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.pem", "b.pem", "c.pem")]
    for path, key in zip(paths, (HOST, OTHER, HOST), strict=True):
        path.write_bytes(key.public.as_pem())
    assert [key.key_id for key in load_host_keys(paths)] == [HOST.public.key_id, OTHER.public.key_id]


def test_every_file_that_is_no_key_is_told(tmp_path: Path) -> None:
    private, pipe = tmp_path / "private.pem", tmp_path / "pipe"
    private.write_bytes(HOST.as_pem())
    os.mkfifo(pipe)
    with pytest.raises(ConfigError) as caught:
        load_host_keys([tmp_path / "none.pem", private, pipe])
    assert [problem.path for problem in caught.value.problems] == [f"policy.host_keys[{index}]" for index in range(3)]
    assert "no such file" in str(caught.value)
    assert "give the public one" in str(caught.value)
    assert "a named pipe" in str(caught.value)


def test_a_link_to_a_key_is_followed(tmp_path: Path) -> None:
    (tmp_path / "2026.pem").write_bytes(HOST.public.as_pem())
    (tmp_path / "host.pem").symlink_to("2026.pem")
    assert load_host_keys([tmp_path / "host.pem"])[0].key_id == HOST.public.key_id


def test_a_signing_key_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "public.pem").write_bytes(HOST.public.as_pem())
    with pytest.raises(ConfigError, match="not a private key"):
        load_signing_key(tmp_path / "public.pem")
