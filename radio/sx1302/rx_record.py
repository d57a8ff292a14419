"""One record of the receive buffer to one packet. Pure."""

import struct
from enum import Enum

import msgspec

from radio.counter import CHIP_TICKS_PER_US, COUNTER_MASK, CounterState, packet_linear_us
from radio.packets import CodingRate, CrcStatus, Modulation, RxPacket
from radio.sx1302.fine_time import fine_time_ns, single
from radio.sx1302.packet_timing import (
    end_of_header_correction_us,
    end_of_packet_correction_us,
    fsk_correction_us,
)
from radio.sx1302.payload_crc import lora_payload_crc
from radio.sx1302.plan import ConcentratorPlan, FskChannel, LoraStdChannel, Radio, TemperatureCompensation
from radio.sx1302.rx_buffer import HEAD_BYTES
from radio.sx1302.settings import NO_CHANNEL

LORA_STD_CHANNEL, FSK_CHANNEL, CHANNELS = 8, 9, 10
FSK_MODEM = 17
NO_RADIO = Radio(freq_hz=0)
CODING_RATES = (
    None,
    CodingRate.CR_4_5,
    CodingRate.CR_4_6,
    CodingRate.CR_4_7,
    CodingRate.CR_4_8,
    None,
    None,
    None,
)

# SNR and signal RSSI that the chip cannot measure on FSK; and the cubic that makes its channel RSSI linear
# (sx1302_hal 2.1.0, loragw_sx1302.c).
FSK_UNKNOWN = -128.0
FSK_RSSI = (90.636423, 0.420835, 0.007129, -0.000026)

_HEAD = struct.Struct("<4xBBHB")
# Flags, SNR, channel and signal RSSI, two deltas, time stamp, payload checksum, number of metrics.
_TAIL = struct.Struct("<BbBBxxIHB")
PAYLOAD_CRC_ERROR, TIMING_SET = 0x01, 0x10


class Rejection(Enum):
    """Why a record with a right checksum is no packet."""

    MODEM = "modem out of range"
    CHANNEL = "channel out of range, or on a radio that is not configured"
    SPREADING_FACTOR = "spreading factor out of range"
    PAYLOAD_CRC = "payload does not match its checksum"


class ChannelFacts(msgspec.Struct, frozen=True, gc=False):
    """What the plan says of one of the ten channels, as the decoder needs it."""

    freq_hz: int
    rf_chain: int
    if_hz: int
    if_error_hz: int
    bandwidth_hz: int
    offset_step_hz: float
    rssi_offset_db: float


class Reception(msgspec.Struct, frozen=True):
    """All that a record's meaning depends on, besides itself."""

    channels: tuple[ChannelFacts, ...]
    counter: CounterState
    pps_history: tuple[int, ...]
    fine_timestamp: bool
    implicit: LoraStdChannel | None
    fsk_bitrate_bps: int


def temperature_offset_db(curve: TemperatureCompensation, temperature_c: float | None) -> float:
    """The board's RSSI drift at a temperature; none where the temperature is unknown."""
    if temperature_c is None:
        return 0.0
    t = temperature_c
    return ((((curve.a * t + curve.b) * t + curve.c) * t + curve.d) * t + curve.e) / 65536


def if_error_hz(if_hz: int) -> int:
    """What the step of the IF register leaves over; divisions truncate towards zero."""
    steps = abs(if_hz) * 32 // 15625
    return if_hz - (1 if if_hz >= 0 else -1) * (steps * 15625 // 32)


def channel_facts(plan: ConcentratorPlan, temperature_c: float | None) -> tuple[ChannelFacts, ...]:
    """The ten channels: eight multi-SF, single-SF, FSK."""
    channels = (*plan.channels, plan.lora_std, plan.fsk)
    widths = (*(125_000,) * 8, (plan.lora_std or LoraStdChannel(0, 0)).bandwidth_hz, 125_000)
    facts = []
    for channel, bandwidth_hz in zip(channels, widths, strict=True):
        placed = channel or NO_CHANNEL
        radio = plan.radios[placed.radio] or NO_RADIO
        width_hz = plan.fsk.bandwidth_hz if channel is plan.fsk and plan.fsk is not None else bandwidth_hz
        facts.append(
            ChannelFacts(
                freq_hz=radio.freq_hz + placed.if_hz,
                rf_chain=placed.radio,
                if_hz=placed.if_hz,
                if_error_hz=if_error_hz(placed.if_hz),
                bandwidth_hz=width_hz,
                # One unit is bandwidth · 32 / 2^6 / 2^19.
                offset_step_hz=single(bandwidth_hz * 32 / 2**25),
                rssi_offset_db=radio.rssi_offset_db + temperature_offset_db(radio.rssi_temperature, temperature_c),
            )
        )
    return tuple(facts)


def decode(record: bytes, reception: Reception) -> RxPacket | Rejection:
    """The packet in a record whose checksum is right, or why it cannot be one."""
    channel = record[3]
    if channel >= CHANNELS or reception.channels[channel].freq_hz == NO_RADIO.freq_hz:
        return Rejection.CHANNEL
    rates, modem, error_low, error_high = _HEAD.unpack_from(record)
    if modem > FSK_MODEM:
        return Rejection.MODEM
    spreading_factor = rates >> 4
    if not 5 <= spreading_factor <= 12 and (modem != FSK_MODEM or channel != FSK_CHANNEL):
        return Rejection.SPREADING_FACTOR
    if channel == FSK_CHANNEL:
        return _decode_fsk(record, rates, modem, reception)
    error = (error_high & 0x0F) << 16 | error_low
    return _decode_lora(record, rates, modem, error - ((error & 0x80000) << 1), reception)


def _decode_lora(record: bytes, rates: int, modem: int, error: int, reception: Reception) -> RxPacket | Rejection:
    channel = record[3]
    facts = reception.channels[channel]
    size = record[2]
    payload = record[HEAD_BYTES : HEAD_BYTES + size]
    flags, snr, rssi_channel, rssi_signal, ticks, payload_crc, metrics = _TAIL.unpack_from(record, HEAD_BYTES + size)
    crc_enabled = bool(rates & 0x01)
    implicit = reception.implicit if channel == LORA_STD_CHANNEL else None
    if not crc_enabled and (implicit is None or not implicit.implicit_crc):
        crc_status = CrcStatus.ABSENT
    elif flags & PAYLOAD_CRC_ERROR:
        crc_status = CrcStatus.BAD
    elif size and lora_payload_crc(payload) != payload_crc:
        return Rejection.PAYLOAD_CRC
    else:
        crc_status = CrcStatus.OK
    coding_rate = implicit.implicit_coding_rate if implicit is not None else rates >> 1 & 0x07
    spreading_factor = rates >> 4
    correction = end_of_header_correction_us if reception.fine_timestamp else end_of_packet_correction_us
    counter_us = packet_linear_us(reception.counter, ticks // CHIP_TICKS_PER_US) + correction(
        spreading_factor, facts.bandwidth_hz, coding_rate, size, crc_enabled
    )
    freq_offset_hz = int(single(error * facts.offset_step_hz)) + facts.if_error_hz
    fine_ns = None
    if metrics and flags & TIMING_SET and crc_status is CrcStatus.OK:
        at = HEAD_BYTES + size + _TAIL.size
        fine_ns = fine_time_ns(
            reception.pps_history,
            ticks,
            record[at : at + 2 * metrics],
            spreading_factor=spreading_factor,
            if_hz=facts.if_hz,
            frequency_error=(facts.freq_hz + freq_offset_hz) / facts.freq_hz - 1.0,
        )
    return RxPacket(
        payload=payload,
        freq_hz=facts.freq_hz,
        freq_offset_hz=freq_offset_hz,
        modulation=Modulation.LORA,
        bandwidth_hz=facts.bandwidth_hz,
        spreading_factor=spreading_factor,
        bitrate_bps=0,
        coding_rate=CODING_RATES[coding_rate],
        crc_status=crc_status,
        payload_crc=payload_crc,
        channel=channel,
        rf_chain=facts.rf_chain,
        modem_id=modem,
        rssi_channel_dbm=rssi_channel + facts.rssi_offset_db,
        rssi_signal_dbm=rssi_signal + facts.rssi_offset_db,
        snr_db=snr / 4,
        counter_us=counter_us & COUNTER_MASK,
        fine_time_ns=fine_ns,
    )


def _decode_fsk(record: bytes, rates: int, modem: int, reception: Reception) -> RxPacket:
    facts = reception.channels[FSK_CHANNEL]
    size = record[2]
    flags, _, raw, _, ticks, payload_crc, _ = _TAIL.unpack_from(record, HEAD_BYTES + size)
    c0, c1, c2, c3 = FSK_RSSI
    crc_status = CrcStatus.ABSENT
    if rates & 0x01:
        crc_status = CrcStatus.BAD if flags & PAYLOAD_CRC_ERROR else CrcStatus.OK
    counter_us = packet_linear_us(reception.counter, ticks // CHIP_TICKS_PER_US)
    return RxPacket(
        payload=record[HEAD_BYTES : HEAD_BYTES + size],
        freq_hz=facts.freq_hz,
        freq_offset_hz=0,
        modulation=Modulation.FSK,
        bandwidth_hz=facts.bandwidth_hz,
        spreading_factor=0,
        bitrate_bps=reception.fsk_bitrate_bps,
        coding_rate=None,
        crc_status=crc_status,
        payload_crc=payload_crc,
        channel=FSK_CHANNEL,
        rf_chain=facts.rf_chain,
        modem_id=modem,
        rssi_channel_dbm=c0 + c1 * raw + c2 * raw**2 + c3 * raw**3 + facts.rssi_offset_db,
        rssi_signal_dbm=FSK_UNKNOWN + facts.rssi_offset_db,
        snr_db=FSK_UNKNOWN,
        counter_us=(counter_us + fsk_correction_us(reception.fsk_bitrate_bps)) & COUNTER_MASK,
    )


def implicit_settings(plan: ConcentratorPlan) -> LoraStdChannel | None:
    """The single-SF channel where its packets carry no header."""
    return plan.lora_std if plan.lora_std is not None and plan.lora_std.implicit_header else None


def fsk_bitrate(plan: ConcentratorPlan) -> int:
    """The FSK channel's bit rate, or the usual one where there is no such channel."""
    return (plan.fsk or FskChannel(0, 0)).bitrate_bps
