"""Packets with their verdicts, as the pipeline hands them on."""

from typing import Any

import msgspec

from gateway.policy.accounts.account import NEW_ACCOUNT
from gateway.policy.accounts.charging import UplinkCost, charge_uplink
from gateway.policy.claim import Limits
from gateway.policy.outcome import Outcome
from gateway.policy.verdict import Standing, Verdict

CITY, METROPOLE = "city", "metropole"
DEV_EUI, DEV_ADDR = 0x70B3D5_0000_00A1B2, 0x26_01_1F_05
EUI_TEXT, ADDR_TEXT = "70B3D5000000A1B2", "26011F05"

ADMITTED = Verdict(Outcome.ADMITTED, forwarded=True, depositor=CITY, group="meters", dev_eui=DEV_EUI, dev_addr=DEV_ADDR)


def verdict(**changes: Any) -> Verdict:
    """An admitted data frame's verdict, with some fields changed."""
    return msgspec.structs.replace(ADMITTED, **changes)


def refused(outcome: Outcome, **changes: Any) -> Verdict:
    """A refusal."""
    return verdict(outcome=outcome, forwarded=False, **changes)


def observed(outcome: Outcome, **changes: Any) -> Verdict:
    """What would have been refused."""
    return verdict(outcome=outcome, would_refuse=True, **changes)


def standing(used: int, allowed: int, warning_share: float = 0.8) -> Standing:
    """Accounts of which so many daily uplinks are used."""
    limits = (Limits(daily_uplinks=allowed), Limits(), Limits())
    accounts = (NEW_ACCOUNT, NEW_ACCOUNT, NEW_ACCOUNT)
    for number in range(used):
        accounts = charge_uplink(limits, accounts, UplinkCost(10, 50_000, number), 1000 + number).accounts
    return Standing(limits, accounts, 2000, warning_share)
