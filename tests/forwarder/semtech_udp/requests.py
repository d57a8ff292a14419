"""Requests to transmit, as a network server writes them."""

import json
from typing import Any

PLAIN: dict[str, Any] = {
    "imme": False,
    "tmst": 54_000_000,
    "freq": 868.1,
    "rfch": 0,
    "powe": 14,
    "modu": "LORA",
    "datr": "SF7BW125",
    "codr": "4/5",
    "ipol": True,
    "size": 12,
    "data": "ASZLcJW63wQpTnOY",
}
FSK: dict[str, Any] = {
    "imme": True,
    "freq": 868.8,
    "rfch": 0,
    "powe": 14,
    "modu": "FSK",
    "datr": 50_000,
    "fdev": 25_000,
    "size": 3,
    "data": "AQID",
}


def txpk(request: dict[str, Any] | None = None, *, without: str = "", **changes: Any) -> bytes:
    """The body of a PULL_RESP: the plain request, or another, with some keys changed and one left out."""
    keys = (PLAIN if request is None else request) | changes
    keys.pop(without, None)
    return json.dumps({"txpk": keys}).encode()
