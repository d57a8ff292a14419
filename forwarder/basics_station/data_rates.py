"""The data rates of a region, by their index in a router_config. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from forwarder.basics_station.json_values import is_whole
from radio.packets import Modulation, RxPacket

MOST_DATA_RATES = 16
_BANDWIDTHS_KHZ = (125, 250, 500)
_SPREADING_FACTORS = range(5, 13)


class DataRate(msgspec.Struct, frozen=True, gc=False):
    """One data rate. `spreading_factor` and `bandwidth_hz` are 0 for FSK."""

    spreading_factor: int
    bandwidth_hz: int
    downlink_only: bool = False

    @property
    def is_fsk(self) -> bool:
        """Whether it is FSK, 50 kbit/s."""
        return self.spreading_factor == 0


DataRates = tuple[DataRate | None, ...]


def read_data_rates(value: object) -> DataRates:
    """The entries [spreading factor, bandwidth in kHz, downlink only]; what cannot be read is an undefined one."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    return tuple(_data_rate(entry) for entry in value[:MOST_DATA_RATES])


def uplink_indices(data_rates: DataRates) -> Mapping[tuple[int, int], int]:
    """The index of each (spreading factor, bandwidth) that uplinks may have: of several, the first."""
    indices: dict[tuple[int, int], int] = {}
    for index, rate in enumerate(data_rates):
        if rate is not None and not rate.downlink_only:
            indices.setdefault((rate.spreading_factor, rate.bandwidth_hz), index)
    return indices


def rate_of(packet: RxPacket) -> tuple[int, int]:
    """How a packet was sent, as `uplink_indices` has it."""
    return (0, 0) if packet.modulation is Modulation.FSK else (packet.spreading_factor, packet.bandwidth_hz)


def _data_rate(entry: object) -> DataRate | None:
    if not isinstance(entry, Sequence) or isinstance(entry, str) or len(entry) < 2:
        return None
    factor, bandwidth = entry[0], entry[1]
    downlink_only = len(entry) > 2 and bool(entry[2])
    if not is_whole(factor) or not is_whole(bandwidth):
        return None
    if factor == 0:
        return DataRate(0, 0, downlink_only)
    if factor not in _SPREADING_FACTORS or bandwidth not in _BANDWIDTHS_KHZ:
        return None
    return DataRate(factor, bandwidth * 1000, downlink_only)
