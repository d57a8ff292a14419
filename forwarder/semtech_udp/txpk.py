"""The JSON of PULL_RESP, a request to transmit, and of TX_ACK, the answer to it.

Keys and their meaning: PROTOCOL.md of Semtech's packet forwarder, sections 6 and 7. Like its parser, this one takes
fractions where whole numbers are due and cuts them off, and does not mind what follows the object. Unlike it, a value
of the wrong type, a payload that is no base64 and a size that is not the payload's are mistakes.
"""

import json
import math
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from forwarder.backend import AtCounter, AtGpsTime, AtOnce, Timing, TxReceipt
from forwarder.semtech_udp.messages import MalformedDatagramError
from radio.airtime import SHORTEST_PREAMBLE
from radio.packets import CodingRate, Modulation, TxPacket, TxStatus

HZ_PER_MHZ = 1_000_000
COUNTER_LIMIT = 1 << 32
LONGEST_PAYLOAD_BYTES = 255
_DATA_RATE = re.compile(r"SF([5-9]|1[0-2])BW(125|250|500)")
# The short forms are fractions cancelled down, as some servers write them.
_CODING_RATES = {
    "4/5": CodingRate.CR_4_5,
    "4/6": CodingRate.CR_4_6,
    "2/3": CodingRate.CR_4_6,
    "4/7": CodingRate.CR_4_7,
    "4/8": CodingRate.CR_4_8,
    "2/4": CodingRate.CR_4_8,
    "1/2": CodingRate.CR_4_8,
}
# What servers know by another name; `INTERNAL_ERROR` is ChirpStack's word for what is none of the protocol's errors.
_ERRORS = dict.fromkeys((TxStatus.INVALID, TxStatus.NOT_PERMITTED, TxStatus.RADIO_DOWN), "INTERNAL_ERROR")
_decoder = json.JSONDecoder()
_MISSING = object()
Chosen = TypeVar("Chosen")


def decode_txpk(body: bytes) -> tuple[TxPacket, Timing]:
    """What a PULL_RESP asks for. `power_dbm` is what is to be radiated, the antenna's gain included.

    Raises:
        MalformedDatagramError: with the key, the value and what would be right.
    """
    txpk = _object(body)
    modulation = _choice(txpk, "modu", {"LORA": Modulation.LORA, "FSK": Modulation.FSK})
    preamble = _optional(txpk, "prea", 0, 0xFFFF)
    fields: dict[str, Any] = {
        "payload": _payload(txpk),
        "freq_hz": round(_number(txpk, "freq", 0, 10_000) * HZ_PER_MHZ),
        "power_dbm": _optional(txpk, "powe", -128, 127) or 0,
        "rf_chain": _whole(txpk, "rfch", 0, 1),
        "modulation": modulation,
        "preamble": 0 if preamble is None else max(preamble, SHORTEST_PREAMBLE[modulation]),
        "crc": not _flag(txpk, "ncrc"),
    }
    fields |= _lora(txpk) if modulation is Modulation.LORA else _fsk(txpk)
    return TxPacket(**fields), _timing(txpk)


def encode_txpk_ack(receipt: TxReceipt) -> bytes:
    """The JSON of a TX_ACK: empty for plain success, else the error, or the power that was used instead."""
    if receipt.status is not TxStatus.OK:
        content: dict[str, object] = {"error": _ERRORS.get(receipt.status, receipt.status.value)}
    elif receipt.power_used_dbm is not None:
        content = {"warn": "TX_POWER", "value": receipt.power_used_dbm}
    else:
        return b""
    return msgspec.json.encode({"txpk_ack": content})


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        document, _ = _decoder.raw_decode(body.decode("utf-8").lstrip())
    except (ValueError, RecursionError) as error:
        raise MalformedDatagramError(f"PULL_RESP with unreadable JSON: {error}") from error
    txpk = document.get("txpk") if isinstance(document, dict) else None
    if not isinstance(txpk, dict):
        raise MalformedDatagramError("PULL_RESP without a txpk object")
    return txpk


def _refusal(key: str, value: object, allowed: str) -> MalformedDatagramError:
    if value is _MISSING:
        return MalformedDatagramError(f"txpk.{key} is missing: it must be {allowed}")
    return MalformedDatagramError(f"txpk.{key} = {str(value)[:40]!r}: must be {allowed}")


def _number(txpk: Mapping[str, Any], key: str, low: float, high: float) -> float:
    value = txpk.get(key, _MISSING)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise _refusal(key, value, f"a number from {low} to {high}")
    return value


def _whole(txpk: Mapping[str, Any], key: str, low: int, high: int) -> int:
    return math.trunc(_number(txpk, key, low, high))


def _optional(txpk: Mapping[str, Any], key: str, low: int, high: int) -> int | None:
    return _whole(txpk, key, low, high) if key in txpk else None


def _flag(txpk: Mapping[str, Any], key: str) -> bool:
    value = txpk.get(key, False)
    if not isinstance(value, bool):
        raise _refusal(key, value, "true or false")
    return value


def _choice(txpk: Mapping[str, Any], key: str, choices: Mapping[str, Chosen]) -> Chosen:
    value = txpk.get(key, _MISSING)
    if not isinstance(value, str) or value not in choices:
        raise _refusal(key, value, " or ".join(choices))
    return choices[value]


def _payload(txpk: Mapping[str, Any]) -> bytes:
    """The bytes of `data`, and whether they are `size`. The payload is never part of a message."""
    text = txpk.get("data", _MISSING)
    if not isinstance(text, str):
        raise _refusal("data", type(text).__name__ if text is not _MISSING else text, "a text in base64")
    try:
        payload = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError as error:
        raise MalformedDatagramError(f"txpk.data is no base64: {error}") from error
    size = _whole(txpk, "size", 0, LONGEST_PAYLOAD_BYTES)
    if len(payload) != size:
        raise _refusal("size", size, f"the length of data, which is {len(payload)} bytes")
    return payload


def _lora(txpk: Mapping[str, Any]) -> dict[str, object]:
    data_rate = txpk.get("datr", _MISSING)
    found = _DATA_RATE.fullmatch(data_rate) if isinstance(data_rate, str) else None
    if found is None:
        raise _refusal("datr", data_rate, "SF5BW125 to SF12BW500")
    return {
        "spreading_factor": int(found[1]),
        "bandwidth_hz": 1000 * int(found[2]),
        "coding_rate": _choice(txpk, "codr", _CODING_RATES),
        "invert_polarity": _flag(txpk, "ipol"),
        "implicit_header": _flag(txpk, "nhdr"),
    }


def _fsk(txpk: Mapping[str, Any]) -> dict[str, object]:
    return {
        "bitrate_bps": _whole(txpk, "datr", 500, 250_000),
        "deviation_hz": _whole(txpk, "fdev", 1000, 250_000),
    }


def _timing(txpk: Mapping[str, Any]) -> Timing:
    if _flag(txpk, "imme"):
        return AtOnce()
    if "tmst" in txpk:
        return AtCounter(_whole(txpk, "tmst", 0, COUNTER_LIMIT - 1))
    if "tmms" in txpk:
        return AtGpsTime(_whole(txpk, "tmms", 0, 1 << 53))
    raise MalformedDatagramError("txpk.tmst is missing: it must be given unless imme is true or tmms is given")
