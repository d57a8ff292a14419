"""command/config → what the server would have this gateway listen to. Whoever owns the radio decides about it."""

import msgspec

from forwarder.chirpstack_mqtt.messages import ChannelConfiguration, GatewayConfiguration
from forwarder.chirpstack_mqtt.wire import MalformedMessageError

NS_PER_S = 1_000_000_000
MOST_CHANNELS = 64
LONGEST_VERSION = 256


class LoraChannel(msgspec.Struct, frozen=True):
    """A LoRa channel, with one spreading factor or several."""

    freq_hz: int
    bandwidth_hz: int
    spreading_factors: tuple[int, ...]


class FskChannel(msgspec.Struct, frozen=True):
    """An FSK channel."""

    freq_hz: int
    bandwidth_hz: int
    bitrate_bps: int


class ChannelPlan(msgspec.Struct, frozen=True):
    """The configuration that the server wants; `stats_interval_s` is None where it says nothing of it."""

    version: str
    channels: tuple[LoraChannel | FskChannel, ...] = ()
    stats_interval_s: float | None = None


def channel_plan(configuration: GatewayConfiguration) -> ChannelPlan:
    """Read it.

    Raises:
        MalformedMessageError: a channel has no modulation, or there are more than any gateway has; or the version,
            which goes back with each report, is too long.
    """
    if len(configuration.version) > LONGEST_VERSION:
        raise MalformedMessageError(f"version of {len(configuration.version)} characters: {LONGEST_VERSION} at most")
    if len(configuration.channels) > MOST_CHANNELS:
        raise MalformedMessageError(f"{len(configuration.channels)} channels: {MOST_CHANNELS} at most")
    interval = configuration.stats_interval
    return ChannelPlan(
        version=configuration.version,
        channels=tuple(map(_channel, configuration.channels)),
        stats_interval_s=interval.total_ns / NS_PER_S if interval is not None and interval.total_ns > 0 else None,
    )


def _channel(channel: ChannelConfiguration) -> LoraChannel | FskChannel:
    lora, fsk = channel.lora_modulation_config, channel.fsk_modulation_config
    if lora is not None:
        return LoraChannel(channel.frequency, lora.bandwidth, lora.spreading_factors)
    if fsk is not None:
        return FskChannel(channel.frequency, fsk.bandwidth, fsk.bitrate)
    raise MalformedMessageError(f"the channel at {channel.frequency} Hz has no modulation")
