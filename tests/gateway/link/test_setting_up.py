"""The evidence and the notices, each as far as it can be had."""

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.config import Config
from gateway.link.evidence.gateway_key import FILE as KEY
from gateway.link.setting_up import evidence_log, gateway_key, notifier
from gateway.policy.source.signature import SigningKey
from tests.gateway.link_rig import EUI, config_of
from tests.gateway.policy.signed import Host

SMTP = '[notices.smtp]\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"\nsender = "gateway@example.org"\n'
WEBHOOK = "[notices.webhook]\n"


def config(tmp_path: Path, notices: str) -> Config:
    return config_of(tmp_path / "state", Host(tmp_path), sections=notices)


def ways(config: Config, key: SigningKey | None) -> set[str] | None:
    """The channels that notices have; None without notices."""

    async def made() -> set[str] | None:
        found = notifier(config, EUI, key, lambda: None)
        return None if found is None else set(found._channels)

    return asyncio.run(made())


def test_a_key_is_made_once(tmp_path: Path) -> None:
    first, second = gateway_key(tmp_path), gateway_key(tmp_path)
    assert first is not None
    assert second is not None
    assert first.public.key_id == second.public.key_id


def test_without_a_key_that_can_be_used_there_is_no_evidence_and_the_log_says_why(tmp_path: Path) -> None:
    gateway_key(tmp_path)
    (tmp_path / KEY).write_bytes(b"no key")
    with capture_logs() as logs:
        key = gateway_key(tmp_path)
    assert key is None
    assert evidence_log(tmp_path, key) is None
    assert [log["log_level"] for log in logs] == ["error"]


def test_another_key_begins_another_log(tmp_path: Path) -> None:
    keys = [SigningKey.generate(), SigningKey.generate()]
    logs = [evidence_log(tmp_path, key) for key in keys]
    assert all(log is not None for log in logs)
    directories = {log._directory for log in logs if log is not None}
    assert {path.name for path in directories} == {key.public.key_id for key in keys}


def test_without_the_section_there_are_no_notices(tmp_path: Path) -> None:
    assert ways(config(tmp_path, ""), SigningKey.generate()) is None


def test_each_way_that_is_configured_is_there_but_none_that_must_be_signed_without_a_key(tmp_path: Path) -> None:
    both = config(tmp_path, SMTP + WEBHOOK)
    assert ways(both, SigningKey.generate()) == {"e-mail", "webhook"}
    assert ways(both, None) == {"e-mail"}


def test_where_notices_cannot_be_kept_none_are_sent_and_the_log_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "notices").write_bytes(b"in the way")
    with capture_logs() as logs:
        assert ways(config(tmp_path, SMTP), SigningKey.generate()) is None
    assert [log["event"] for log in logs] == ["no notices are sent: they cannot be kept"]
