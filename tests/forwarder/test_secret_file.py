"""Secrets are read from files that others cannot read."""

from pathlib import Path

import pytest

from forwarder.secret_file import LARGEST_SECRET_BYTES, SecretFileError, read_secret, secret_path


def made(directory: Path, content: bytes = b"secret", mode: int = 0o600) -> Path:
    path = directory / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def refusal(source: str, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(SecretFileError) as caught:
        read_secret(source, environment or {})
    return str(caught.value)


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o640])
def test_a_file_for_its_owner_and_group(tmp_path: Path, mode: int) -> None:
    assert read_secret(str(made(tmp_path, mode=mode)), {}) == b"secret"


@pytest.mark.parametrize("mode", [0o644, 0o602, 0o601])
def test_one_that_others_can_use_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = made(tmp_path, mode=mode)
    assert f"chmod o= {path}" in refusal(str(path))


def test_one_that_systemd_hands_over(tmp_path: Path) -> None:
    made(tmp_path)
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert read_secret("credential:secret", environment) == b"secret"
    assert secret_path("credential:secret", environment) == tmp_path / "secret"


def test_one_that_systemd_does_not_hand_over_says_what_is_missing() -> None:
    assert "LoadCredential=lns.key:PATH" in refusal("credential:lns.key")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert "not a regular file" in refusal(str(tmp_path))
    assert "cannot be opened" in refusal(str(tmp_path / "missing"))


def test_a_file_that_is_too_long_is_none(tmp_path: Path) -> None:
    assert "longer than" in refusal(str(made(tmp_path, bytes(LARGEST_SECRET_BYTES + 1))))


def test_one_that_is_the_services_alone_is_closed_to_its_group(tmp_path: Path) -> None:
    path = made(tmp_path, mode=0o640)
    with pytest.raises(SecretFileError, match=f"others than the service can read it: chmod 600 {path}"):
        read_secret(str(path), {}, group_may_read=False)


def test_a_credentials_group_is_not_asked(tmp_path: Path) -> None:
    """systemd lets the service in by an access list, which shows as the rights of a group."""
    made(tmp_path, mode=0o440)
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert read_secret("credential:secret", environment, group_may_read=False) == b"secret"


@pytest.mark.parametrize("name", ["../keys", "/etc/keys", "", "..", ".", "a b", "x\n"])
def test_a_credentials_name_leads_nowhere_else(name: str) -> None:
    with pytest.raises(SecretFileError, match="plain file name"):
        secret_path(f"credential:{name}", {"CREDENTIALS_DIRECTORY": "/run"})


def test_another_length_may_be_allowed(tmp_path: Path) -> None:
    path = made(tmp_path, bytes(LARGEST_SECRET_BYTES + 1))
    assert len(read_secret(str(path), {}, most_bytes=LARGEST_SECRET_BYTES + 1)) == LARGEST_SECRET_BYTES + 1
