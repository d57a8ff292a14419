"""What is kept of a device from one packet to the next. Pure, but for the record itself, which is changed in place.

A record is touched for every packet heard, and there are many: it holds numbers and short tuples only.
"""

import msgspec

from gateway.link.usual_interval import Intervals, with_interval
from gateway.policy.outcome import Limit, Outcome
from gateway.policy.use import Use
from gateway.policy.verdict import Flag, Verdict
from radio.packets import RxPacket

LIMIT_OUTCOMES = frozenset({Outcome(limit.value) for limit in Limit})
# So many join requests, and no data frame between them, can be a storm.
STORM_JOINS = 10
# What a receiver still demodulates, as SNR in dB by spreading factor: Semtech SX1276 data sheet, table 13; SF5, which
# that chip lacks, as 2.5 dB more than SF6.
FLOORS_DB = {5: -2.5, 6: -5.0, 7: -7.5, 8: -10.0, 9: -12.5, 10: -15.0, 11: -17.5, 12: -20.0}
# Of each new packet in the smoothed margin: the last few count.
MARGIN_WEIGHT = 0.25


class DeviceHeard(msgspec.Struct, gc=False):
    """One device. Moments are ledger time, None for never.

    `outcome` to `shared_dev_addr` are of its last packet. `intervals` are those between its data frames, repetitions
    of a frame left out, the last of which was heard at `data_ms`. `joins_ms` are its last join requests since a data
    frame. `margin_db` is by how much its SNR is above what can be demodulated, smoothed; None without LoRa.
    """

    dev_eui: int | None
    dev_addr: int | None
    group: str | None = None
    last_ms: int = 0
    rssi_dbm: float = 0.0
    snr_db: float = 0.0
    outcome: Outcome = Outcome.ADMITTED
    tightest: Use | None = None
    is_warned: bool = False
    shared_dev_addr: bool = False
    intervals: Intervals = ()
    data_ms: int | None = None
    joins_ms: tuple[int, ...] = ()
    counter_back_ms: int | None = None
    out_of_limits_ms: int | None = None
    margin_db: float | None = None


def note(
    device: DeviceHeard, packet: RxPacket, verdict: Verdict, use: Use | None, now_ms: int, *, warned: bool
) -> None:
    """One packet more. `use` is the verdict's tightest allowance, `warned` whether that is past the soft warning."""
    if verdict.dev_addr is not None:
        device.dev_addr = verdict.dev_addr
    device.group = verdict.group
    device.last_ms = now_ms
    device.rssi_dbm = packet.rssi_channel_dbm
    device.snr_db = packet.snr_db
    device.outcome = verdict.outcome
    device.tightest = use
    device.is_warned = warned
    _note_frame(device, verdict, now_ms)
    _note_margin(device, packet)
    flags = verdict.flags
    device.shared_dev_addr = Flag.SHARED_DEV_ADDR in flags
    if Flag.COUNTER_WENT_BACK in flags:
        device.counter_back_ms = now_ms
    if (verdict.would_refuse or not verdict.forwarded) and verdict.outcome in LIMIT_OUTCOMES:
        device.out_of_limits_ms = now_ms


def take_over(device: DeviceHeard, former: DeviceHeard) -> None:
    """Take over what was kept of the same device while only its DevAddr was known.

    An address that several devices use is none's history.
    """
    if former.shared_dev_addr:
        return
    if device.data_ms is None or (former.data_ms is not None and former.data_ms > device.data_ms):
        device.intervals, device.data_ms, device.margin_db = former.intervals, former.data_ms, former.margin_db
    if device.data_ms is not None:
        device.joins_ms = tuple([join_ms for join_ms in device.joins_ms if join_ms > device.data_ms])
    device.counter_back_ms = _later(device.counter_back_ms, former.counter_back_ms)
    device.out_of_limits_ms = _later(device.out_of_limits_ms, former.out_of_limits_ms)


def _note_frame(device: DeviceHeard, verdict: Verdict, now_ms: int) -> None:
    if verdict.is_join:
        device.joins_ms = (*device.joins_ms[1 - STORM_JOINS :], now_ms)
        return
    device.joins_ms = ()
    if verdict.outcome is Outcome.REPETITION:
        return
    if device.data_ms is not None:
        device.intervals = with_interval(device.intervals, (now_ms - device.data_ms) // 1000)
    device.data_ms = now_ms


def _note_margin(device: DeviceHeard, packet: RxPacket) -> None:
    floor_db = FLOORS_DB.get(packet.spreading_factor)
    if floor_db is None:
        return
    margin_db = packet.snr_db - floor_db
    before_db = device.margin_db
    device.margin_db = margin_db if before_db is None else before_db + MARGIN_WEIGHT * (margin_db - before_db)


def _later(one_ms: int | None, other_ms: int | None) -> int | None:
    if one_ms is None or other_ms is None:
        return one_ms if other_ms is None else other_ms
    return max(one_ms, other_ms)
