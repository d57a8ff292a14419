"""SIGHUP and gateway.toml: what changed in it takes a restart, and its mistakes are told before that."""

import asyncio
from pathlib import Path

import msgspec
import structlog

from gateway.config import Config, ConfigError, load_config

_log = structlog.get_logger()

MOST_NAMED = 5


def changes(running: object, found: object, key: str = "") -> tuple[str, ...]:
    """The keys by which two configurations differ, never their values: one may be a secret's path."""
    if running == found:
        return ()
    if isinstance(running, msgspec.Struct) and type(running) is type(found):
        fields = type(running).__struct_fields__
        return tuple(
            name
            for field in fields
            for name in changes(getattr(running, field), getattr(found, field), f"{key}.{field}" if key else field)
        )
    return (key,)


async def reread(path: Path, running: Config) -> str:
    """Look at the file, tell the log, and give the remark that `systemctl status` shows; "" where nothing changed."""
    try:
        found = await asyncio.to_thread(load_config, path)
    except ConfigError as error:
        _log.error("gateway.toml has mistakes: the gateway goes on as it was started", mistakes=str(error))
        count = len(error.problems)
        mistakes = "1 mistake" if count == 1 else f"{count} mistakes"
        return f"gateway.toml has {mistakes}: candelabre config check {path}"
    changed = changes(running, found)
    if not changed:
        _log.info("gateway.toml is as it was at the start")
        return ""
    _log.warning("gateway.toml has changed: restart to apply", changed=changed)
    named = ", ".join(changed[:MOST_NAMED]) + (", ..." if len(changed) > MOST_NAMED else "")
    return f"gateway.toml has changed ({named}): restart to apply"
