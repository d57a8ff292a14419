"""[server.cups]: what is taken, and what is refused with which words."""

from typing import Any

import pytest

from forwarder.basics_station.cups_config import CupsConfig
from gateway.config.cups_section import check_cups
from gateway.config.reader import Reader

URI = "https://cups.example:443"
KEYS = ["/etc/candelabre/sig-0.key"]


def read(**table: Any) -> tuple[CupsConfig | None, bool, dict[str, str]]:
    """The table, whether its address is one, and the mistakes by key."""
    reader = Reader()
    cups = reader.table(table, CupsConfig, "server[0].cups")
    is_address = cups is not None and check_cups(cups, "server[0].cups", reader)
    return cups, is_address, {problem.path.removeprefix("server[0].cups."): str(problem) for problem in reader.problems}


def mistakes(**table: Any) -> dict[str, str]:
    return read(**table)[2]


def test_an_address_is_enough_and_runs_nothing() -> None:
    cups, is_address, found = read(uri=URI)
    assert found == {}
    assert is_address
    assert cups == CupsConfig(URI)
    assert cups.hook == ()


def test_everything() -> None:
    files = dict.fromkeys(("ca_file", "certificate_file", "key_file", "token_file"), "/etc/x")
    assert mistakes(uri=URI, **files, interval_s=3600, timeout_s=60, hook=["/bin/x", "y"], hook_timeout_s=5) == {
        "signature_key_files": "server[0].cups.signature_key_files: missing; give the public keys that updates for the"
        " hook are signed with"
    }
    assert mistakes(uri=URI, **files, hook=["/bin/x", "y"], signature_key_files=KEYS) == {}


@pytest.mark.parametrize(
    "uri", ["wss://a", "https://", "https://a:70000", "https://a/path", "https://a b", "https://u:p@a"]
)
def test_what_is_no_address_is_one_mistake(uri: str) -> None:
    _, is_address, found = read(uri=uri)
    assert not is_address
    assert set(found) == {"uri"}


def test_a_password_in_the_address_is_not_shown() -> None:
    assert "p4ss" not in mistakes(uri="https://user:p4ss@cups.example")["uri"]


@pytest.mark.parametrize("key", ["ca_file", "token_file"])
def test_what_needs_encryption_is_refused_without(key: str) -> None:
    assert "nothing is encrypted" in mistakes(uri="http://cups.example", **{key: "/etc/x"})[key]


def test_certificate_and_key_come_together() -> None:
    assert set(mistakes(uri=URI, certificate_file="/a")) == {"key_file"}
    assert set(mistakes(uri=URI, key_file="/a")) == {"certificate_file"}


@pytest.mark.parametrize("hook", [["update.sh"], ["./update.sh"], ["/bin/x", "a\0b"]])
def test_a_hook_is_a_programs_path(hook: list[str]) -> None:
    assert set(mistakes(uri=URI, hook=hook, signature_key_files=KEYS)) == {"hook"}


def test_keys_without_a_hook_are_a_mistake() -> None:
    assert set(mistakes(uri=URI, signature_key_files=KEYS)) == {"hook"}


@pytest.mark.parametrize("key", ["interval_s", "timeout_s", "hook_timeout_s"])
def test_times_have_limits(key: str) -> None:
    assert set(mistakes(uri=URI, **{key: 0})) == {key}
