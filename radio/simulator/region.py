"""What LoRaWAN's Regional Parameters (RP002-1.0.4) fix for devices and network servers, as tables."""

import msgspec


class DataRate(msgspec.Struct, frozen=True, gc=False):
    """A LoRa data rate."""

    spreading_factor: int
    bandwidth_hz: int


class Region(msgspec.Struct, frozen=True):
    """One region's channels, data rates and receive windows.

    `channels_hz` are the uplink channels that a device may join on, in the order of their numbers;
    `more_channels_hz` those that a network gives it with the join accept. `rx1_channels_hz` are the
    downlink channels, taken in turn by uplink channel, or none where RX1 is on the uplink's own.
    `rx1_data_rates[data_rate][offset]` is the data rate in RX1. A data rate without LoRa is None.
    """

    name: str
    channels_hz: tuple[int, ...]
    data_rates: tuple[DataRate | None, ...]
    rx1_data_rates: tuple[tuple[int, ...], ...]
    rx2_freq_hz: int
    rx2_data_rate: int
    more_channels_hz: tuple[int, ...] = ()
    rx1_channels_hz: tuple[int, ...] = ()
    join_accept_delay1_s: float = 5.0

    def data_rate_number(self, spreading_factor: int, bandwidth_hz: int) -> int:
        """The index of an uplink data rate. Raises ValueError for one that the region does not have."""
        return self.data_rates.index(DataRate(spreading_factor, bandwidth_hz))

    def data_rate(self, number: int) -> DataRate:
        """The LoRa data rate of an index. Raises ValueError for one that the region does not have."""
        found = self.data_rates[number] if 0 <= number < len(self.data_rates) else None
        if found is None:
            raise ValueError(f"{self.name} has no LoRa data rate {number}")
        return found

    def has_uplink(self, freq_hz: int, data_rate: DataRate) -> bool:
        """Whether devices may send so; where RX1 is on the uplink's own channel, networks add any channel."""
        on_channel = not self.rx1_channels_hz or freq_hz in self.channels_hz
        return on_channel and data_rate in self.data_rates[: len(self.rx1_data_rates)]

    def allows(self, rx1_data_rate_offset: int, rx2_data_rate: int) -> bool:
        """Whether a join accept may ask for this."""
        known = range(len(self.data_rates))
        offsets = range(len(self.rx1_data_rates[0]))
        return rx1_data_rate_offset in offsets and rx2_data_rate in known and self.data_rates[rx2_data_rate] is not None

    def rx1(self, freq_hz: int, data_rate: int, offset: int) -> tuple[int, DataRate]:
        """Frequency and data rate of RX1 after an uplink. Raises ValueError for an unknown channel."""
        if self.rx1_channels_hz:
            freq_hz = self.rx1_channels_hz[self.channels_hz.index(freq_hz) % len(self.rx1_channels_hz)]
        return freq_hz, self.data_rate(self.rx1_data_rates[data_rate][offset])


def _lora(bandwidth_hz: int, *spreading_factors: int) -> tuple[DataRate, ...]:
    return tuple(DataRate(spreading_factor, bandwidth_hz) for spreading_factor in spreading_factors)


EU868 = Region(
    name="EU868",
    channels_hz=(868_100_000, 868_300_000, 868_500_000),
    more_channels_hz=(867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000),
    data_rates=(*_lora(125_000, 12, 11, 10, 9, 8, 7), *_lora(250_000, 7), None),
    rx1_data_rates=tuple(tuple(max(rate - offset, 0) for offset in range(6)) for rate in range(8)),
    rx2_freq_hz=869_525_000,
    rx2_data_rate=0,
)
US915_SECOND_BLOCK = Region(
    name="US915, channels 8 to 15",
    channels_hz=tuple(903_900_000 + 200_000 * index for index in range(8)),
    data_rates=(
        *_lora(125_000, 10, 9, 8, 7),
        *_lora(500_000, 8),
        *(None, None, None),
        *_lora(500_000, 12, 11, 10, 9, 8, 7),
    ),
    rx1_data_rates=((10, 9, 8, 8), (11, 10, 9, 8), (12, 11, 10, 9), (13, 12, 11, 10), (13, 13, 12, 11)),
    rx1_channels_hz=tuple(923_300_000 + 600_000 * index for index in range(8)),
    rx2_freq_hz=923_300_000,
    rx2_data_rate=8,
)
REGIONS = {"EU868": EU868, "US915": US915_SECOND_BLOCK}
