"""From a demodulated transmission to the record, or the pair of records, that the chip writes."""

import msgspec

from radio.simulator.counter import TICKS_PER_S
from radio.simulator.link_budget import FrontEnd
from radio.simulator.listening import ListeningPlan, Tuning
from radio.simulator.lora_timing import (
    demodulation_delay_us,
    front_end_delay_ps,
    fsk_delay_us,
    payload_symbols,
    symbol_s,
)
from radio.simulator.records import (
    FSK_CHANNEL,
    FSK_MODEM,
    PAYLOAD_DAMAGED,
    TIMING_SET,
    encode,
    payload_crc,
)
from radio.simulator.transmission import Transmission

_SECOND_DEMODULATION_TICKS = 200
"""How much later the second demodulator of a doubled packet stamps it, as in the reference recordings."""
_TICKS_PER_US = TICKS_PER_S // 1_000_000
_COUNTER_MASK = (1 << 32) - 1


class Lock(msgspec.Struct, frozen=True, gc=False):
    """A demodulator (two, for fine timestamps) at work on one transmission, unless `epoch` is over."""

    tuning: Tuning
    snr_db: float
    modems: tuple[int, ...]
    epoch: int = 0


def delay_s(sent: Transmission) -> float:
    """From the end of a transmission to its record: no record is stamped later than it is written."""
    if sent.modulation == "FSK":
        return max(fsk_delay_us(sent.bitrate_bps), 0) / 1e6
    return _demodulation_us(sent) / 1e6


def fsk_record(sent: Transmission, front_end: FrontEnd, damaged: bool, written_ticks: int) -> bytes:
    """The record of an FSK packet; at high bit rates it is stamped before the packet's end."""
    early_us = min(fsk_delay_us(sent.bitrate_bps), 0)
    return encode(
        _damage(sent.payload) if damaged else sent.payload,
        channel=FSK_CHANNEL,
        modem=FSK_MODEM,
        spreading_factor=0,
        coding_rate=0,
        crc_present=sent.crc,
        crc=payload_crc(sent.payload) if sent.crc else 0,
        frequency_error=0,
        flags=PAYLOAD_DAMAGED if damaged else 0,
        snr_quarter_db=0,
        raw_rssi_channel=front_end.raw_fsk_rssi(sent.rssi_dbm),
        raw_rssi_signal=0,
        timestamp=(written_ticks + early_us * _TICKS_PER_US) & _COUNTER_MASK,
    )


def lora_records(
    sent: Transmission, lock: Lock, plan: ListeningPlan, front_end: FrontEnd, *, damaged: bool, written_ticks: int
) -> bytes:
    """The record of a LoRa packet, or both records of one that was demodulated twice.

    Without fine timestamps the stamp is the end of the packet plus the demodulation; with them it
    is the end of the header, and the first of a pair brings its metrics.
    """
    draft = _Draft(sent, lock, front_end, damaged)
    if not plan.fine_timestamp:
        return draft.record(lock.modems[0], written_ticks)
    stamp = written_ticks - _header_to_record_ticks(sent)
    if len(lock.modems) == 1:
        return draft.record(lock.modems[0], stamp)
    metrics = b"" if damaged else bytes(2 * min(plan.max_metrics, _payload_symbols(sent)))
    fine = draft.record(lock.modems[0], stamp, TIMING_SET, metrics)
    return fine + draft.record(lock.modems[1], stamp + _SECOND_DEMODULATION_TICKS)


class _Draft(msgspec.Struct, gc=False):
    """What the records of one LoRa packet have in common."""

    sent: Transmission
    lock: Lock
    front_end: FrontEnd
    damaged: bool

    def record(self, modem: int, stamp: int, flags: int = 0, metrics: bytes = b"") -> bytes:
        sent, snr_db = self.sent, self.lock.snr_db
        return encode(
            _damage(sent.payload) if self.damaged else sent.payload,
            channel=self.lock.tuning.channel,
            modem=modem,
            spreading_factor=sent.spreading_factor,
            coding_rate=sent.coding_rate,
            crc_present=sent.crc,
            crc=payload_crc(sent.payload) if sent.crc else 0,
            frequency_error=self.lock.tuning.frequency_error,
            flags=flags | PAYLOAD_DAMAGED if self.damaged else flags,
            snr_quarter_db=min(max(round(snr_db * 4), -128), 127),
            raw_rssi_channel=self.front_end.raw_rssi(sent.rssi_dbm),
            raw_rssi_signal=self.front_end.raw_rssi(sent.rssi_dbm + min(snr_db, 0.0)),
            timestamp=stamp & _COUNTER_MASK,
            metrics=metrics,
        )


def _demodulation_us(sent: Transmission) -> int:
    return demodulation_delay_us(
        len(sent.payload), sent.spreading_factor, sent.bandwidth_hz, sent.coding_rate, sent.crc
    )


def _payload_symbols(sent: Transmission) -> int:
    return payload_symbols(len(sent.payload), sent.spreading_factor, sent.bandwidth_hz, sent.coding_rate, sent.crc)


def _header_to_record_ticks(sent: Transmission) -> int:
    """Fine timestamps mark the end of the header, as late as the front end's filters make it."""
    payload_us = _payload_symbols(sent) * symbol_s(sent.spreading_factor, sent.bandwidth_hz) * 1e6
    front_end_us = front_end_delay_ps(sent.bandwidth_hz) / 1e6
    correction_us = int(payload_us - front_end_us - 0.5)
    return (_demodulation_us(sent) + correction_us) * _TICKS_PER_US


def _damage(payload: bytes) -> bytes:
    """The payload with a byte or two wrong."""
    middle = len(payload) // 2
    return payload[:middle] + bytes(byte ^ 0x55 for byte in payload[middle : middle + 2]) + payload[middle + 2 :]
