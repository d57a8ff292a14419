"""dnmsg, dnsched and dnframe: what a server wants transmitted, and its chances to be. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from forwarder.basics_station.data_rates import DataRate
from forwarder.basics_station.gps_reference import LATEST_GPS_US
from forwarder.basics_station.identifiers import parse_eui
from forwarder.basics_station.json_values import (
    MalformedMessageError,
    Message,
    is_whole,
    optional_whole,
    refusal,
    whole,
)
from forwarder.basics_station.router_config import RouterConfig

CLASS_A, CLASS_B, CLASS_C = 0, 1, 2
LONGEST_PAYLOAD_BYTES = 255
MOST_RX_DELAY_S = 15
US_PER_S = 1_000_000
RX2_AFTER_RX1_US = US_PER_S
HIGHEST_PRIORITY = 255
LONGEST_PREAMBLE = 0xFFFF
MOST_SCHEDULED = 64
_XTIME_LIMIT = (1 << 63) - 1
_LOWEST_DIID, _HIGHEST_DIID = -(1 << 63), (1 << 64) - 1
_HIGHEST_HZ = (1 << 32) - 1


class AtXtime(msgspec.Struct, frozen=True, tag=True):
    """At a moment of the counter, `after_us` later than `xtime`."""

    xtime: int
    after_us: int = 0


class AtGps(msgspec.Struct, frozen=True, tag=True):
    """At a GPS time in µs."""

    gps_us: int


class Now(msgspec.Struct, frozen=True, tag=True):
    """As soon as possible."""


Moment = AtXtime | AtGps | Now


class Attempt(msgspec.Struct, frozen=True):
    """One chance: `data_rate` is `rate`'s index."""

    freq_hz: int
    data_rate: int
    rate: DataRate
    moment: Moment


class Order(msgspec.Struct, frozen=True):
    """One frame, and its chances in turn. `dev_eui` is 0 where the server wants no report.

    `priority` is noted. It is no reason to break what another server was promised.
    """

    diid: int
    dev_eui: int
    payload: bytes
    attempts: tuple[Attempt, ...]
    crc: bool = False
    preamble: int = 0
    priority: int = 0


def read_dnmsg(message: Message, config: RouterConfig) -> Order:
    """A frame for one device.

    Raises:
        MalformedMessageError: it cannot be transmitted as it is.
    """
    device_class = whole(message, "dC", CLASS_A, CLASS_C)
    xtime = optional_whole(message, "xtime", 0, _XTIME_LIMIT) or 0
    delay_us = _rx_delay_us(message)
    at_rx1 = AtXtime(xtime, delay_us)
    rx1 = _attempt(message, "RX1DR", "RX1Freq", config, at_rx1) or _attempt(message, "DR", "Freq", config, at_rx1)
    rx2 = _attempt(message, "RX2DR", "RX2Freq", config, AtXtime(xtime, delay_us + RX2_AFTER_RX1_US))
    if device_class == CLASS_B:
        gps = AtGps(whole(message, "gpstime", 1, LATEST_GPS_US))
        attempts = [msgspec.structs.replace(slot, moment=gps) for slot in (rx1 or rx2,) if slot]
    else:
        # Without xtime there is no RX1: nobody knows when. RX2 of class C is open all the time.
        attempts = [rx1] if rx1 and xtime else []
        if rx2 and device_class == CLASS_C:
            attempts.append(msgspec.structs.replace(rx2, moment=Now()))
        elif rx2 and xtime:
            attempts.append(rx2)
    if not attempts:
        raise MalformedMessageError(
            "no receive window: RX1 needs RX1DR, RX1Freq and xtime, RX2 needs RX2DR and RX2Freq"
        )
    return _order(message, attempts, dev_eui=_dev_eui(message), diid=_diid(message))


def read_dnframe(message: Message, config: RouterConfig) -> Order:
    """The obsolete form of a frame for one device, at its xtime; `asap` has it sent later rather than never.

    Raises:
        MalformedMessageError: it cannot be transmitted as it is.
    """
    attempts = [_required(message, config, AtXtime(whole(message, "xtime", 1, _XTIME_LIMIT)))]
    if message.get("asap"):
        attempts.append(msgspec.structs.replace(attempts[0], moment=Now()))
    return _order(message, attempts, dev_eui=_dev_eui(message), diid=_diid(message))


def read_dnsched(message: Message, config: RouterConfig) -> tuple[list[Order], list[MalformedMessageError]]:
    """Frames for their times, of which nobody wants a report, and what is wrong with the others."""
    schedule = message.get("schedule")
    if not isinstance(schedule, list):
        return [], [refusal("schedule", schedule, "a list")]
    orders: list[Order] = []
    problems: list[MalformedMessageError] = []
    for entry in schedule[:MOST_SCHEDULED]:
        try:
            orders.append(_scheduled(entry, config))
        except MalformedMessageError as problem:
            problems.append(problem)
    if len(schedule) > MOST_SCHEDULED:
        problems.append(MalformedMessageError(f"schedule is longer than {MOST_SCHEDULED}: the rest is left out"))
    return orders, problems


def _scheduled(entry: Any, config: RouterConfig) -> Order:
    if not isinstance(entry, Mapping):
        raise refusal("schedule[]", entry, "an object")
    on_time_s = optional_whole(entry, "ontime", 1, LATEST_GPS_US // US_PER_S)
    gps_us = optional_whole(entry, "gpstime", 1, LATEST_GPS_US)
    if gps_us is None and on_time_s is not None:
        gps_us = on_time_s * US_PER_S
    moment = AtXtime(whole(entry, "xtime", 1, _XTIME_LIMIT)) if gps_us is None else AtGps(gps_us)
    diid = _diid(entry) if entry.get("diid") is not None else 0
    return _order(entry, [_required(entry, config, moment)], dev_eui=0, diid=diid)


def _order(message: Message, attempts: list[Attempt], dev_eui: int, diid: int) -> Order:
    crc = message.get("addcrc")
    return Order(
        diid=diid,
        dev_eui=dev_eui,
        payload=_payload(message),
        attempts=tuple(attempts),
        crc=bool(crc) if isinstance(crc, int) else False,
        preamble=optional_whole(message, "preamble", 0, LONGEST_PREAMBLE) or 0,
        priority=optional_whole(message, "priority", 0, HIGHEST_PRIORITY) or 0,
    )


def _rx_delay_us(message: Message) -> int:
    """The time to RX1. 0 stands for 1; with DR and Freq in the place of RX1's, xtime is the moment itself."""
    delay_s = optional_whole(message, "RxDelay", 0, MOST_RX_DELAY_S)
    if message.get("DR") is not None and message.get("RX1DR") is None:
        return 0
    return max(delay_s or 0, 1) * US_PER_S


def _attempt(message: Message, rate_key: str, freq_key: str, config: RouterConfig, moment: Moment) -> Attempt | None:
    """The window that two keys describe; None where neither is there, or its frequency is 0."""
    freq_hz = optional_whole(message, freq_key, 0, _HIGHEST_HZ)
    data_rate = optional_whole(message, rate_key, 0, 15)
    if freq_hz == 0 or (freq_hz is None and data_rate is None):
        return None
    if freq_hz is None or data_rate is None:
        raise MalformedMessageError(f"{rate_key} and {freq_key} must come together")
    if config.freq_range_hz is not None and not config.freq_range_hz[0] <= freq_hz <= config.freq_range_hz[1]:
        raise refusal(freq_key, freq_hz, "within the server's own freq_range {}..{}".format(*config.freq_range_hz))
    rate = config.data_rates[data_rate] if data_rate < len(config.data_rates) else None
    if rate is None:
        raise refusal(rate_key, data_rate, "one of the server's own DRs")
    return Attempt(freq_hz, data_rate, rate, moment)


def _required(message: Message, config: RouterConfig, moment: Moment) -> Attempt:
    attempt = _attempt(message, "DR", "Freq", config, moment)
    if attempt is None:
        raise MalformedMessageError("DR and Freq are missing: they must be given")
    return attempt


def _dev_eui(message: Message) -> int:
    value = message.get("DevEui", message.get("DevEUI"))
    dev_eui = parse_eui(value)
    if dev_eui is None:
        raise refusal("DevEui", value, "an EUI such as 01-23-45-67-89-AB-CD-EF")
    return dev_eui


def _diid(message: Message) -> int:
    value = message.get("diid", message.get("seqno"))
    if not is_whole(value) or not _LOWEST_DIID <= value <= _HIGHEST_DIID:
        raise refusal("diid", value, "a whole number")
    return value


def _payload(message: Message) -> bytes:
    """The bytes of `pdu`. They are never part of a complaint."""
    text = message.get("pdu")
    if not isinstance(text, str):
        raise MalformedMessageError("pdu is missing: it must be text in hexadecimal")
    try:
        payload = bytes.fromhex(text)
    except ValueError:
        raise MalformedMessageError("pdu must be text in hexadecimal") from None
    if len(payload) > LONGEST_PAYLOAD_BYTES:
        raise MalformedMessageError(f"pdu has {len(payload)} bytes: it must have at most {LONGEST_PAYLOAD_BYTES}")
    return payload
