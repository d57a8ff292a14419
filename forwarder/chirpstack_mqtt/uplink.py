"""A packet that was heard → event/up."""

import functools

from forwarder.backend import Uplink
from forwarder.chirpstack_mqtt.messages import (
    CodeRate,
    CrcStatus,
    Duration,
    FskModulationInfo,
    LoraModulationInfo,
    Modulation,
    Timestamp,
    UplinkFrame,
    UplinkRxInfo,
    UplinkTxInfo,
)
from radio import packets
from radio.packets import CodingRate, RxPacket, TxPacket

NS_PER_S = 1_000_000_000
CONTEXT_BYTES = 4
# In the place of the counter, which has begun anew since, or soon shows the same again: nothing is timed by it.
LATE_CONTEXT = b"late uplink"
LATE = {"late": "true"}

_CODE_RATES = {
    CodingRate.CR_4_5: CodeRate.CR_4_5,
    CodingRate.CR_4_6: CodeRate.CR_4_6,
    CodingRate.CR_4_7: CodeRate.CR_4_7,
    CodingRate.CR_4_8: CodeRate.CR_4_8,
    None: CodeRate.CR_UNDEFINED,
}
_CRC_STATUSES = {
    packets.CrcStatus.OK: CrcStatus.CRC_OK,
    packets.CrcStatus.BAD: CrcStatus.BAD_CRC,
    packets.CrcStatus.ABSENT: CrcStatus.NO_CRC,
}


def uplink_frame(uplink: Uplink, gateway_id: str, uplink_id: int) -> UplinkFrame:
    """What the server is told. `tx_info` is nothing but how it was sent: servers know an uplink by its bytes.

    One that comes late is marked so in its metadata, and is none whose answer could still be in time.
    """
    packet = uplink.packet
    is_lora = packet.modulation is packets.Modulation.LORA
    return UplinkFrame(
        phy_payload=packet.payload,
        tx_info=UplinkTxInfo(packet.freq_hz, modulation_of(packet)),
        rx_info=UplinkRxInfo(
            gateway_id=gateway_id,
            uplink_id=uplink_id,
            gw_time=None if uplink.utc_ns is None else Timestamp(*divmod(uplink.utc_ns, NS_PER_S)),
            time_since_gps_epoch=None if uplink.gps_ms is None else duration_of_ns(uplink.gps_ms * 1_000_000),
            fine_time_since_gps_epoch=_fine_time(uplink),
            rssi=_whole(packet.rssi_channel_dbm),
            snr=packet.snr_db if is_lora else 0.0,
            channel=packet.channel,
            rf_chain=packet.rf_chain,
            context=LATE_CONTEXT if uplink.late else packet.counter_us.to_bytes(CONTEXT_BYTES, "big"),
            metadata=LATE if uplink.late else {},
            crc_status=_CRC_STATUSES[packet.crc_status],
        ),
    )


def modulation_of(packet: RxPacket | TxPacket) -> Modulation:
    """How a packet was modulated, as far as every gateway knows it."""
    if packet.modulation is packets.Modulation.FSK:
        return _fsk(packet.bitrate_bps)
    return _lora(packet.bandwidth_hz, packet.spreading_factor, packet.coding_rate)


def duration_of_ns(ns: int) -> Duration:
    """A duration that is not negative."""
    return Duration(*divmod(ns, NS_PER_S))


@functools.lru_cache(maxsize=64)
def _lora(bandwidth_hz: int, spreading_factor: int, coding_rate: CodingRate | None) -> Modulation:
    return Modulation(lora=LoraModulationInfo(bandwidth_hz, spreading_factor, code_rate=_CODE_RATES[coding_rate]))


@functools.lru_cache(maxsize=16)
def _fsk(bitrate_bps: int) -> Modulation:
    return Modulation(fsk=FskModulationInfo(datarate=bitrate_bps))


def _fine_time(uplink: Uplink) -> Duration | None:
    """The whole seconds of the GPS time, and the nanoseconds since the pulse."""
    fine_ns = uplink.packet.fine_time_ns
    return None if uplink.gps_ms is None or fine_ns is None else Duration(uplink.gps_ms // 1000, fine_ns)


def _whole(level_dbm: float) -> int:
    """Rounded half away from zero, as levels are everywhere on this gateway."""
    return int(level_dbm + 0.5) if level_dbm >= 0 else int(level_dbm - 0.5)
