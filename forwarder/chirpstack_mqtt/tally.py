"""What happened since the last event/stats."""

from collections import Counter
from collections.abc import Mapping

from forwarder.backend import GatewayStats
from forwarder.chirpstack_mqtt import messages
from forwarder.chirpstack_mqtt.messages import (
    Location,
    LocationSource,
    Modulation,
    PerModulationCount,
    Timestamp,
    TxAckStatus,
)
from forwarder.chirpstack_mqtt.uplink import modulation_of
from radio.packets import RxPacket, TxPacket


class Tally:
    """Counts until they are taken. What the radio heard is its own count; all else is of this server alone."""

    def __init__(self) -> None:
        self._location: Location | None = None
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._heard = self._heard_ok = self._requested = self._emitted = 0
        self._rx_frequencies: Counter[int] = Counter()
        self._tx_frequencies: Counter[int] = Counter()
        self._rx_modulations: Counter[Modulation] = Counter()
        self._tx_modulations: Counter[Modulation] = Counter()
        self._statuses: Counter[str] = Counter()

    def radio_counted(self, stats: GatewayStats) -> None:
        """The radio's counts of one more interval, and where the gateway is."""
        self._heard += stats.packets_received
        self._heard_ok += stats.packets_crc_ok
        latitude, longitude, altitude = stats.latitude_deg, stats.longitude_deg, stats.altitude_m
        if latitude is not None and longitude is not None:
            self._location = Location(latitude, longitude, float(altitude or 0), LocationSource.GPS)

    def forwarded(self, packet: RxPacket) -> None:
        """An uplink goes to the server."""
        self._rx_frequencies[packet.freq_hz] += 1
        self._rx_modulations[modulation_of(packet)] += 1

    def requested(self) -> None:
        """The server asks for a downlink."""
        self._requested += 1

    def answered(self, status: TxAckStatus) -> None:
        """One item of a downlink was tried, with this result."""
        self._statuses[status.name] += 1

    def emitted(self, packet: TxPacket) -> None:
        """A downlink was on the air."""
        self._emitted += 1
        self._tx_frequencies[packet.freq_hz] += 1
        self._tx_modulations[modulation_of(packet)] += 1

    def take(
        self, gateway_id: str, unix_time_s: int | None, metadata: Mapping[str, str], config_version: str
    ) -> messages.GatewayStats:
        """The report, after which counting begins anew."""
        stats = messages.GatewayStats(
            time=None if unix_time_s is None else Timestamp(unix_time_s),
            location=self._location,
            config_version=config_version,
            rx_packets_received=self._heard,
            rx_packets_received_ok=self._heard_ok,
            tx_packets_received=self._requested,
            tx_packets_emitted=self._emitted,
            metadata=metadata,
            tx_packets_per_frequency=dict(self._tx_frequencies),
            rx_packets_per_frequency=dict(self._rx_frequencies),
            tx_packets_per_modulation=_per_modulation(self._tx_modulations),
            rx_packets_per_modulation=_per_modulation(self._rx_modulations),
            tx_packets_per_status=dict(self._statuses),
            gateway_id=gateway_id,
        )
        self._begin_anew()
        return stats


def _per_modulation(counts: Counter[Modulation]) -> tuple[PerModulationCount, ...]:
    return tuple(PerModulationCount(modulation, count) for modulation, count in counts.items())
