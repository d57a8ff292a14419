"""The erasure of a gateway, in steps that a kill may part: report, mark, erase, final report, mark taken away.

Until the mark is on the disk nothing is erased, and all can be begun anew; from then on the gateway does not start, and
the work is ended from what `closing.json` says was there.
"""

import contextlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from gateway import __version__
from gateway.config import Config, ConfigError
from gateway.config.problems import Problem
from gateway.decommission.closing import Closing, DepositorTotals, Erasure, NoEvidence
from gateway.decommission.erasing import erase
from gateway.decommission.looking import (
    evidence_closing,
    exported,
    held_stores,
    strangers,
    totals,
    waiting_uplinks,
)
from gateway.decommission.marker import Marker, write_marker
from gateway.decommission.secret_files import SecretFiles
from gateway.decommission.stores import LOCK, MARKER, Store, store_of
from gateway.decommission.text import report_text
from gateway.known_eui import remembered_eui
from gateway.language import Language
from gateway.link.evidence.gateway_key import load_gateway_key
from gateway.link.messages import eui_text, utc_text
from gateway.policy.source.signature import SigningKey, signature_text
from gateway.system_clock import NS_PER_S, host_is_synchronised, read_clocks
from radio.atomic_file import write_atomically

CLOSING, SIGNATURE, ERASURE, PUBLIC_KEY = "closing.json", "closing.json.sig", "erasure.json", "gateway.pub.pem"
REPORT_NAMES: Mapping[Language, str] = {"fr": "rapport-de-cloture.txt", "en": "closing-report.txt"}
# They are for the host and its depositors.
MODE = 0o600
_SECRET_STORES = frozenset({Store.GATEWAY_KEY, Store.CUPS, Store.SITE, Store.REPORTS, Store.NOTICES, Store.OUTAGE})


def look(config: Config, secrets: SecretFiles) -> tuple[Closing, SigningKey | None]:
    """What there is, and the gateway's key, which signs for the last time.

    Raises:
        ConfigError: the key's file is none that can be used.
        OSError: something may not be read.
    """
    state_dir = Path(config.gateway.state_dir)
    eui = remembered_eui(state_dir) if config.gateway_eui is None else config.gateway_eui
    stores = held_stores(state_dir)
    key = load_gateway_key(state_dir)
    closing = Closing(
        gateway_eui=None if eui is None else eui_text(eui),
        gateway_name=config.gateway.name or "",
        version=__version__,
        made=_now(),
        state_dir=str(state_dir),
        stores=stores,
        secrets=tuple(str(path) for path in secrets.own),
        left=(*secrets.left, *strangers(state_dir)),
        waiting=waiting_uplinks(state_dir / Store.OUTAGE.value),
        depositors=totals(state_dir / Store.MONTHS.value),
        evidence=None if key is None else evidence_closing(state_dir, key),
    )
    return closing, key


def word_of(closing: Closing) -> str:
    """What has to be typed: the gateway's EUI; its state directory where it never knew one."""
    return closing.gateway_eui or closing.state_dir


def begin(closing: Closing, key: SigningKey | None, report_dir: Path, *, exports: bool) -> Closing:
    """Write the report as far as it goes, with each depositor's evidence, and mark the gateway.

    Raises:
        OSError: something cannot be read or written.
    """
    state_dir = Path(closing.state_dir)
    report_dir.mkdir(parents=True, exist_ok=True)
    if key is not None:
        write_atomically(report_dir / PUBLIC_KEY, key.public.as_pem(), MODE)
        if exports:
            depositors = tuple(_with_evidence(each, state_dir, key, report_dir) for each in closing.depositors)
            closing = msgspec.structs.replace(closing, depositors=depositors)
    content = msgspec.json.format(msgspec.json.encode(closing), indent=2) + b"\n"
    write_atomically(report_dir / CLOSING, content, MODE)
    if key is not None:
        write_atomically(report_dir / SIGNATURE, signature_text(key.sign(content)), MODE)
    _write_texts(closing, None, report_dir)
    write_marker(state_dir, Marker(str(report_dir), word_of(closing)))
    return closing


def read_closing(report_dir: Path) -> Closing:
    """The report that an erasure was begun with.

    Raises:
        ConfigError: it is not there, or cannot be read.
    """
    path = report_dir / CLOSING
    try:
        return msgspec.json.decode(path.read_bytes(), type=Closing)
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(str(path), [Problem("", None, f"cannot be read: {error}")]) from error


def finish(closing: Closing, report_dir: Path) -> Erasure:
    """Erase what is left of it, and write what came of it. The mark goes last, and only if nothing is left.

    Raises:
        OSError: the report cannot be written.
    """
    state_dir = Path(closing.state_dir)
    failures = [failure for path in closing.secrets for failure in erase(Path(path), secret=True)]
    for store in Store:
        for path in sorted(state_dir.iterdir()):
            if store_of(path.name) is store:
                failures += erase(path, secret=store in _SECRET_STORES)
    present = {store_of(path.name) for path in state_dir.iterdir()}
    erasure = Erasure(
        gateway_eui=closing.gateway_eui,
        ended=_now(),
        erased=tuple(held.store for held in closing.stores if held.store not in present),
        secrets_erased=tuple(path for path in closing.secrets if not Path(path).exists()),
        not_erased=tuple(failures),
    )
    write_atomically(report_dir / ERASURE, msgspec.json.format(msgspec.json.encode(erasure), indent=2) + b"\n", MODE)
    _write_texts(closing, erasure, report_dir)
    if not failures:
        _take_mark_away(state_dir)
    return erasure


def _with_evidence(total: DepositorTotals, state_dir: Path, key: SigningKey, report_dir: Path) -> DepositorTotals:
    found = exported(state_dir, key, total.depositor)
    if isinstance(found, NoEvidence):
        return msgspec.structs.replace(total, no_evidence=found)
    name = f"{total.depositor}.evidence"
    write_atomically(report_dir / name, found, MODE)
    return msgspec.structs.replace(total, evidence_file=name)


def _write_texts(closing: Closing, erasure: Erasure | None, report_dir: Path) -> None:
    for language, name in REPORT_NAMES.items():
        write_atomically(report_dir / name, report_text(closing, erasure, language).encode(), MODE)


def _take_mark_away(state_dir: Path) -> None:
    (state_dir / MARKER).unlink(missing_ok=True)
    (state_dir / LOCK).unlink(missing_ok=True)
    # The package's, or not empty: then it stays.
    with contextlib.suppress(OSError):
        state_dir.rmdir()


def _now() -> str | None:
    return utc_text(read_clocks().realtime_ns // NS_PER_S * 1000) if host_is_synchronised() else None
