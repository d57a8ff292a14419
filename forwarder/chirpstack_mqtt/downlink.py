"""An item of command/down → a request to transmit, and the answer to one → a status of event/ack."""

from forwarder.backend import AtCounter, AtGpsTime, AtOnce, Timing
from forwarder.chirpstack_mqtt.messages import (
    CodeRate,
    DownlinkFrameItem,
    DownlinkTxInfo,
    Duration,
    FskModulationInfo,
    LoraModulationInfo,
    TxAckStatus,
)
from forwarder.chirpstack_mqtt.uplink import CONTEXT_BYTES, LATE_CONTEXT
from radio.airtime import SHORTEST_PREAMBLE
from radio.counter import COUNTER_MASK
from radio.packets import CodingRate, Modulation, TxPacket, TxStatus

LONGEST_PAYLOAD_BYTES = 255
# What the counter can tell ahead from behind (`radio.counter.linear_of`).
DELAY_LIMIT_NS = (1 << 31) * 1000
GPS_LIMIT_MS = 1 << 53
_CODING_RATES = {
    CodeRate.CR_4_5: CodingRate.CR_4_5,
    CodeRate.CR_4_6: CodingRate.CR_4_6,
    CodeRate.CR_4_7: CodingRate.CR_4_7,
    CodeRate.CR_4_8: CodingRate.CR_4_8,
}
_BANDWIDTHS_HZ = (125_000, 250_000, 500_000)
_SPREADING_FACTORS = range(5, 13)
_BITRATES_BPS = range(500, 250_001)
_DEVIATIONS_HZ = range(1_000, 250_001)


class ItemError(ValueError):
    """An item that cannot be transmitted, with the field and what would be right; nothing of the payload."""

    def __init__(self, text: str, status: TxAckStatus = TxAckStatus.INTERNAL_ERROR) -> None:
        super().__init__(text)
        self.status = status


def request_of(item: DownlinkFrameItem) -> tuple[TxPacket, Timing]:
    """What an item asks for. `power_dbm` is what is to be radiated, the antenna's gain included.

    Raises:
        ItemError: no radio can do that.
    """
    if len(item.phy_payload) > LONGEST_PAYLOAD_BYTES:
        raise ItemError(f"phy_payload of {len(item.phy_payload)} bytes: {LONGEST_PAYLOAD_BYTES} at most")
    info = item.tx_info
    if info is None:
        raise ItemError("tx_info is missing")
    return _packet(item.phy_payload, info), _timing(info)


def ack_status(status: TxStatus) -> TxAckStatus:
    """The protocol's word for it; those of ours that it does not have are an internal error."""
    return _ACK_STATUSES.get(status.value, TxAckStatus.INTERNAL_ERROR)


def _packet(payload: bytes, info: DownlinkTxInfo) -> TxPacket:
    modulation = info.modulation
    if modulation is not None and modulation.lora is not None:
        return _lora(payload, info, modulation.lora)
    if modulation is not None and modulation.fsk is not None:
        return _fsk(payload, info, modulation.fsk)
    raise ItemError("modulation must be lora or fsk")


def _lora(payload: bytes, info: DownlinkTxInfo, lora: LoraModulationInfo) -> TxPacket:
    coding_rate = _CODING_RATES.get(CodeRate(lora.code_rate)) if lora.code_rate in _KNOWN_RATES else None
    if coding_rate is None:
        raise ItemError(f"code_rate {lora.code_rate}: must be CR_4_5 to CR_4_8")
    if lora.bandwidth not in _BANDWIDTHS_HZ or lora.spreading_factor not in _SPREADING_FACTORS:
        raise ItemError(f"SF{lora.spreading_factor}, {lora.bandwidth} Hz: must be SF5 to SF12, 125, 250 or 500 kHz")
    if lora.preamble > 0xFFFF:
        raise ItemError(f"preamble {lora.preamble}: 65535 symbols at most")
    return TxPacket(
        payload=payload,
        freq_hz=info.frequency,
        power_dbm=info.power,
        modulation=Modulation.LORA,
        bandwidth_hz=lora.bandwidth,
        spreading_factor=lora.spreading_factor,
        coding_rate=coding_rate,
        preamble=max(lora.preamble, SHORTEST_PREAMBLE[Modulation.LORA]) if lora.preamble else 0,
        crc=not lora.no_crc,
        invert_polarity=lora.polarization_inversion,
    )


def _fsk(payload: bytes, info: DownlinkTxInfo, fsk: FskModulationInfo) -> TxPacket:
    # Where it is not said it is the usual one: half the bit rate.
    deviation_hz = fsk.frequency_deviation or fsk.datarate // 2
    if fsk.datarate not in _BITRATES_BPS or deviation_hz not in _DEVIATIONS_HZ:
        raise ItemError(
            f"{fsk.datarate} bit/s, deviation {deviation_hz} Hz: must be 500 to 250000 bit/s, 1000 to 250000 Hz"
        )
    return TxPacket(
        payload=payload,
        freq_hz=info.frequency,
        power_dbm=info.power,
        modulation=Modulation.FSK,
        bitrate_bps=fsk.datarate,
        deviation_hz=deviation_hz,
    )


def _timing(info: DownlinkTxInfo) -> Timing:
    timing = info.timing
    if timing is None:
        raise ItemError("timing is missing")
    if timing.immediately is not None:
        return AtOnce()
    if timing.delay is not None:
        return _after_uplink(info.context, timing.delay.delay or Duration())
    if timing.gps_epoch is not None:
        gps_ms = (timing.gps_epoch.time_since_gps_epoch or Duration()).total_ns // 1_000_000
        if not 0 <= gps_ms < GPS_LIMIT_MS:
            raise ItemError("timing.gps_epoch: must be a time since 1980")
        return AtGpsTime(gps_ms)
    raise ItemError("timing must be immediately, delay or gps_epoch")


def _after_uplink(context: bytes, delay: Duration) -> AtCounter:
    if context == LATE_CONTEXT:
        raise ItemError("context: that uplink was late, and its device listens no more", TxAckStatus.TOO_LATE)
    if len(context) != CONTEXT_BYTES:
        raise ItemError(f"context of {len(context)} bytes: must be the {CONTEXT_BYTES} of an uplink of this gateway")
    if not 0 <= delay.total_ns < DELAY_LIMIT_NS:
        raise ItemError("timing.delay: must be from 0 to 2147 s")
    return AtCounter((int.from_bytes(context, "big") + delay.total_ns // 1000) & COUNTER_MASK)


_KNOWN_RATES = frozenset(CodeRate)
_ACK_STATUSES = {status.name: status for status in TxAckStatus if status is not TxAckStatus.IGNORED}
