"""What the state directory holds, store by store, in the order of its erasure: what is secret goes first. Pure."""

import enum
from collections.abc import Mapping

MARKER = "decommissioning"
"""While it is there, this gateway is being erased, and does not start."""
LOCK = "lock"


class Store(enum.StrEnum):
    """One kind of what a gateway keeps. The order is that of their erasure."""

    GATEWAY_KEY = "gateway_key"
    CUPS = "cups"
    SITE = "site"
    REPORTS = "reports"
    NOTICES = "notices"
    OUTAGE = "outage"
    BINDINGS = "bindings"
    ACCOUNTS = "accounts"
    MONTHS = "months"
    LINKS = "links"
    EVIDENCE = "evidence"
    POLICY = "policy"
    TRACES = "traces"
    FIRMWARE = "firmware"


_NAMES: Mapping[str, Store] = {
    "gateway.key.pem": Store.GATEWAY_KEY,
    "site.json": Store.SITE,
    "reports": Store.REPORTS,
    "notices": Store.NOTICES,
    "outage": Store.OUTAGE,
    "bindings": Store.BINDINGS,
    "accounts": Store.ACCOUNTS,
    "months": Store.MONTHS,
    "links.json": Store.LINKS,
    "evidence": Store.EVIDENCE,
    "policy": Store.POLICY,
    "duty_cycle": Store.TRACES,
    "gateway_eui": Store.TRACES,
    "hearing": Store.TRACES,
    "known_time": Store.TRACES,
    "life_sign": Store.TRACES,
    "recovery.json": Store.TRACES,
    "console.sock": Store.TRACES,
    "traffic.sock": Store.TRACES,
    "firmware": Store.FIRMWARE,
}
_CUPS = "cups-"
OF_THE_ERASURE = frozenset({MARKER, LOCK})


def store_of(name: str) -> Store | None:
    """Which store a file or folder of the state directory belongs to; None where it is not the gateway's.

    What is beside a file under its name belongs to it: damaged or old ones, and unfinished ones of a killed writer.
    """
    if name.startswith(_CUPS):
        return Store.CUPS
    whole = next((kept for kept in _NAMES if name == kept or name.startswith((f"{kept}.", f".{kept}."))), None)
    return None if whole is None else _NAMES[whole]
