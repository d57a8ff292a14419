"""The concentrator's EUI, remembered: a gateway whose radio cannot be started must still say which one it is."""

import re
from pathlib import Path

import structlog

from radio.atomic_file import write_atomically
from radio.errors import RadioError

FILE = "gateway_eui"

_EUI = re.compile(r"[0-9A-F]{16}\n?")

_log = structlog.get_logger()


def remembered_eui(state_dir: Path) -> int | None:
    """The EUI of the last start; None where there was none, or what is there is no EUI."""
    try:
        kept = (state_dir / FILE).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None
    return int(kept, 16) if _EUI.fullmatch(kept) else None


def remember_eui(state_dir: Path, eui: int) -> None:
    """Remember it, if it is news. A disk that fails is told, and costs nothing but this."""
    if remembered_eui(state_dir) == eui:
        return
    try:
        write_atomically(state_dir / FILE, f"{eui:016X}\n".encode())
    except OSError as error:
        _log.warning("the gateway's EUI cannot be remembered", reason=error.strerror)


def check_eui(state_dir: Path, told: int | None, eui: int) -> None:
    """Remember the EUI that the gateway has; `told` is the one by which it has been known since this start, if any.

    Raises:
        RadioError: it is another one. What was told under the former must not go on under the new.
    """
    remember_eui(state_dir, eui)
    if told is not None and told != eui:
        raise RadioError(f"the concentrator was exchanged: its EUI was {told:016X} and is {eui:016X}; start once more")
