"""ChirpStack 4's gateway messages (its package `gw`): one line a field, with its number on the wire.

Names, numbers and units are those of gw.proto. What only served the migration from version 3 (`…_legacy`) is left out,
and so is what goes from the network server to itself.
"""

import enum
from collections.abc import Mapping
from typing import Annotated

from forwarder.chirpstack_mqtt.schema import Field, Kind, Message


class CodeRate(enum.IntEnum):
    """LoRa's forward error correction, as far as the concentrator has it, and what else is named."""

    CR_UNDEFINED = 0
    CR_4_5 = 1
    CR_4_6 = 2
    CR_4_7 = 3
    CR_4_8 = 4
    CR_3_8 = 5
    CR_2_6 = 6
    CR_1_4 = 7
    CR_1_6 = 8
    CR_5_6 = 9
    CR_LI_4_5 = 10
    CR_LI_4_6 = 11
    CR_LI_4_8 = 12


class CrcStatus(enum.IntEnum):
    """What the chip says of the payload's checksum."""

    NO_CRC = 0
    BAD_CRC = 1
    CRC_OK = 2


class TxAckStatus(enum.IntEnum):
    """What became of one item of a downlink."""

    IGNORED = 0
    OK = 1
    TOO_LATE = 2
    TOO_EARLY = 3
    COLLISION_PACKET = 4
    COLLISION_BEACON = 5
    TX_FREQ = 6
    TX_POWER = 7
    GPS_UNLOCKED = 8
    QUEUE_FULL = 9
    INTERNAL_ERROR = 10
    DUTY_CYCLE_OVERFLOW = 11


class State(enum.IntEnum):
    """Whether the gateway is connected to the broker."""

    OFFLINE = 0
    ONLINE = 1


class LocationSource(enum.IntEnum):
    """Where a position comes from."""

    UNKNOWN = 0
    GPS = 1
    CONFIG = 2
    GEO_RESOLVER_TDOA = 3
    GEO_RESOLVER_RSSI = 4
    GEO_RESOLVER_GNSS = 5
    GEO_RESOLVER_WIFI = 6


class Timestamp(Message, frozen=True):
    """google.protobuf.Timestamp: since 1970, UTC."""

    seconds: Annotated[int, Field(1, Kind.INT64)] = 0
    nanos: Annotated[int, Field(2, Kind.INT32)] = 0


class Duration(Message, frozen=True):
    """google.protobuf.Duration; both parts have the same sign."""

    seconds: Annotated[int, Field(1, Kind.INT64)] = 0
    nanos: Annotated[int, Field(2, Kind.INT32)] = 0

    @property
    def total_ns(self) -> int:
        """All of it."""
        return self.seconds * 1_000_000_000 + self.nanos


class Location(Message, frozen=True):
    """Degrees and metres."""

    latitude: Annotated[float, Field(1, Kind.DOUBLE)] = 0.0
    longitude: Annotated[float, Field(2, Kind.DOUBLE)] = 0.0
    altitude: Annotated[float, Field(3, Kind.DOUBLE)] = 0.0
    source: Annotated[int, Field(4, Kind.ENUM, LocationSource)] = 0
    accuracy: Annotated[float, Field(5, Kind.FLOAT)] = 0.0


class LoraModulationInfo(Message, frozen=True):
    """`bandwidth` in Hz. Of an uplink, the last three stay unset: servers compare the bytes of what they are told."""

    bandwidth: Annotated[int, Field(1, Kind.UINT32)] = 0
    spreading_factor: Annotated[int, Field(2, Kind.UINT32)] = 0
    polarization_inversion: Annotated[bool, Field(4, Kind.BOOL)] = False
    code_rate: Annotated[int, Field(5, Kind.ENUM, CodeRate)] = 0
    preamble: Annotated[int, Field(6, Kind.UINT32)] = 0
    no_crc: Annotated[bool, Field(7, Kind.BOOL)] = False


class FskModulationInfo(Message, frozen=True):
    """Hz and bit/s."""

    frequency_deviation: Annotated[int, Field(1, Kind.UINT32)] = 0
    datarate: Annotated[int, Field(2, Kind.UINT32)] = 0


class LrFhssModulationInfo(Message, frozen=True):
    """`operating_channel_width` in Hz."""

    operating_channel_width: Annotated[int, Field(1, Kind.UINT32)] = 0
    grid_steps: Annotated[int, Field(3, Kind.UINT32)] = 0
    code_rate: Annotated[int, Field(4, Kind.ENUM, CodeRate)] = 0


class Modulation(Message, frozen=True):
    """One of them."""

    lora: Annotated[LoraModulationInfo | None, Field(3, Kind.MESSAGE, LoraModulationInfo, oneof="parameters")] = None
    fsk: Annotated[FskModulationInfo | None, Field(4, Kind.MESSAGE, FskModulationInfo, oneof="parameters")] = None
    lr_fhss: Annotated[
        LrFhssModulationInfo | None, Field(5, Kind.MESSAGE, LrFhssModulationInfo, oneof="parameters")
    ] = None


class UplinkTxInfo(Message, frozen=True):
    """How it was sent: the same bytes from each gateway that heard it."""

    frequency: Annotated[int, Field(1, Kind.UINT32)] = 0
    modulation: Annotated[Modulation | None, Field(2, Kind.MESSAGE, Modulation)] = None


class UplinkRxInfo(Message, frozen=True):
    """How this gateway heard it. `rssi` in dBm, `snr` in dB; `context` comes back with the answer."""

    gateway_id: Annotated[str, Field(1, Kind.STRING)] = ""
    uplink_id: Annotated[int, Field(2, Kind.UINT32)] = 0
    gw_time: Annotated[Timestamp | None, Field(3, Kind.MESSAGE, Timestamp)] = None
    time_since_gps_epoch: Annotated[Duration | None, Field(4, Kind.MESSAGE, Duration)] = None
    fine_time_since_gps_epoch: Annotated[Duration | None, Field(5, Kind.MESSAGE, Duration)] = None
    rssi: Annotated[int, Field(6, Kind.INT32)] = 0
    snr: Annotated[float, Field(7, Kind.FLOAT)] = 0.0
    channel: Annotated[int, Field(8, Kind.UINT32)] = 0
    rf_chain: Annotated[int, Field(9, Kind.UINT32)] = 0
    board: Annotated[int, Field(10, Kind.UINT32)] = 0
    antenna: Annotated[int, Field(11, Kind.UINT32)] = 0
    location: Annotated[Location | None, Field(12, Kind.MESSAGE, Location)] = None
    context: Annotated[bytes, Field(13, Kind.BYTES)] = b""
    metadata: Annotated[Mapping[str, str], Field(15, Kind.STRING, key=Kind.STRING)] = {}
    crc_status: Annotated[int, Field(16, Kind.ENUM, CrcStatus)] = 0


class UplinkFrame(Message, frozen=True):
    """event/up."""

    phy_payload: Annotated[bytes, Field(1, Kind.BYTES)] = b""
    tx_info: Annotated[UplinkTxInfo | None, Field(4, Kind.MESSAGE, UplinkTxInfo)] = None
    rx_info: Annotated[UplinkRxInfo | None, Field(5, Kind.MESSAGE, UplinkRxInfo)] = None


class ImmediatelyTimingInfo(Message, frozen=True):
    """As soon as possible (class C)."""


class DelayTimingInfo(Message, frozen=True):
    """So long after the uplink whose context this is (class A)."""

    delay: Annotated[Duration | None, Field(1, Kind.MESSAGE, Duration)] = None


class GpsEpochTimingInfo(Message, frozen=True):
    """At a GPS time (class B)."""

    time_since_gps_epoch: Annotated[Duration | None, Field(1, Kind.MESSAGE, Duration)] = None


class Timing(Message, frozen=True):
    """One of them."""

    immediately: Annotated[
        ImmediatelyTimingInfo | None, Field(1, Kind.MESSAGE, ImmediatelyTimingInfo, oneof="parameters")
    ] = None
    delay: Annotated[DelayTimingInfo | None, Field(2, Kind.MESSAGE, DelayTimingInfo, oneof="parameters")] = None
    gps_epoch: Annotated[GpsEpochTimingInfo | None, Field(3, Kind.MESSAGE, GpsEpochTimingInfo, oneof="parameters")] = (
        None
    )


class DownlinkTxInfo(Message, frozen=True):
    """`power` is what is to be radiated, in dBm (EIRP), and may be negative."""

    frequency: Annotated[int, Field(1, Kind.UINT32)] = 0
    power: Annotated[int, Field(2, Kind.INT32)] = 0
    modulation: Annotated[Modulation | None, Field(3, Kind.MESSAGE, Modulation)] = None
    board: Annotated[int, Field(4, Kind.UINT32)] = 0
    antenna: Annotated[int, Field(5, Kind.UINT32)] = 0
    timing: Annotated[Timing | None, Field(6, Kind.MESSAGE, Timing)] = None
    context: Annotated[bytes, Field(7, Kind.BYTES)] = b""


class DownlinkFrameItem(Message, frozen=True):
    """One way to send a downlink, such as RX1."""

    phy_payload: Annotated[bytes, Field(1, Kind.BYTES)] = b""
    tx_info: Annotated[DownlinkTxInfo | None, Field(3, Kind.MESSAGE, DownlinkTxInfo)] = None


class DownlinkFrame(Message, frozen=True):
    """command/down. The items are alternatives, the best one first; at most one is emitted."""

    downlink_id: Annotated[int, Field(3, Kind.UINT32)] = 0
    items: Annotated[tuple[DownlinkFrameItem, ...], Field(5, Kind.MESSAGE, DownlinkFrameItem, repeated=True)] = ()
    gateway_id: Annotated[str, Field(7, Kind.STRING)] = ""


class DownlinkTxAckItem(Message, frozen=True):
    """What became of one item."""

    status: Annotated[int, Field(1, Kind.ENUM, TxAckStatus)] = 0


class DownlinkTxAck(Message, frozen=True):
    """event/ack: the items are those of the downlink, in their order."""

    downlink_id: Annotated[int, Field(2, Kind.UINT32)] = 0
    items: Annotated[tuple[DownlinkTxAckItem, ...], Field(5, Kind.MESSAGE, DownlinkTxAckItem, repeated=True)] = ()
    gateway_id: Annotated[str, Field(6, Kind.STRING)] = ""


class PerModulationCount(Message, frozen=True):
    """How many packets had this modulation."""

    modulation: Annotated[Modulation | None, Field(1, Kind.MESSAGE, Modulation)] = None
    count: Annotated[int, Field(2, Kind.UINT32)] = 0


class GatewayStats(Message, frozen=True):
    """event/stats. All counts are since the last one."""

    time: Annotated[Timestamp | None, Field(2, Kind.MESSAGE, Timestamp)] = None
    location: Annotated[Location | None, Field(3, Kind.MESSAGE, Location)] = None
    config_version: Annotated[str, Field(4, Kind.STRING)] = ""
    rx_packets_received: Annotated[int, Field(5, Kind.UINT32)] = 0
    rx_packets_received_ok: Annotated[int, Field(6, Kind.UINT32)] = 0
    tx_packets_received: Annotated[int, Field(7, Kind.UINT32)] = 0
    tx_packets_emitted: Annotated[int, Field(8, Kind.UINT32)] = 0
    metadata: Annotated[Mapping[str, str], Field(10, Kind.STRING, key=Kind.STRING)] = {}
    tx_packets_per_frequency: Annotated[Mapping[int, int], Field(12, Kind.UINT32, key=Kind.UINT32)] = {}
    rx_packets_per_frequency: Annotated[Mapping[int, int], Field(13, Kind.UINT32, key=Kind.UINT32)] = {}
    tx_packets_per_modulation: Annotated[
        tuple[PerModulationCount, ...], Field(14, Kind.MESSAGE, PerModulationCount, repeated=True)
    ] = ()
    rx_packets_per_modulation: Annotated[
        tuple[PerModulationCount, ...], Field(15, Kind.MESSAGE, PerModulationCount, repeated=True)
    ] = ()
    tx_packets_per_status: Annotated[Mapping[str, int], Field(16, Kind.UINT32, key=Kind.STRING)] = {}
    gateway_id: Annotated[str, Field(17, Kind.STRING)] = ""


class LoraModulationConfig(Message, frozen=True):
    """`bandwidth` in Hz."""

    spreading_factors: Annotated[tuple[int, ...], Field(2, Kind.UINT32, repeated=True)] = ()
    bandwidth: Annotated[int, Field(3, Kind.UINT32)] = 0


class FskModulationConfig(Message, frozen=True):
    """Hz and bit/s."""

    bitrate: Annotated[int, Field(2, Kind.UINT32)] = 0
    bandwidth: Annotated[int, Field(3, Kind.UINT32)] = 0


class ChannelConfiguration(Message, frozen=True):
    """One channel to listen to; `frequency` in Hz."""

    frequency: Annotated[int, Field(1, Kind.UINT32)] = 0
    lora_modulation_config: Annotated[
        LoraModulationConfig | None, Field(3, Kind.MESSAGE, LoraModulationConfig, oneof="modulation_config")
    ] = None
    fsk_modulation_config: Annotated[
        FskModulationConfig | None, Field(4, Kind.MESSAGE, FskModulationConfig, oneof="modulation_config")
    ] = None
    board: Annotated[int, Field(5, Kind.UINT32)] = 0
    demodulator: Annotated[int, Field(6, Kind.UINT32)] = 0


class GatewayConfiguration(Message, frozen=True):
    """command/config."""

    version: Annotated[str, Field(2, Kind.STRING)] = ""
    channels: Annotated[
        tuple[ChannelConfiguration, ...], Field(3, Kind.MESSAGE, ChannelConfiguration, repeated=True)
    ] = ()
    stats_interval: Annotated[Duration | None, Field(4, Kind.MESSAGE, Duration)] = None
    gateway_id: Annotated[str, Field(5, Kind.STRING)] = ""


class GatewayCommandExecRequest(Message, frozen=True):
    """command/exec: run the program that has this name in the configuration."""

    command: Annotated[str, Field(2, Kind.STRING)] = ""
    stdin: Annotated[bytes, Field(4, Kind.BYTES)] = b""
    environment: Annotated[Mapping[str, str], Field(5, Kind.STRING, key=Kind.STRING)] = {}
    gateway_id: Annotated[str, Field(6, Kind.STRING)] = ""
    exec_id: Annotated[int, Field(7, Kind.UINT32)] = 0


class GatewayCommandExecResponse(Message, frozen=True):
    """event/exec: what it wrote, or why it was not run."""

    stdout: Annotated[bytes, Field(3, Kind.BYTES)] = b""
    stderr: Annotated[bytes, Field(4, Kind.BYTES)] = b""
    error: Annotated[str, Field(5, Kind.STRING)] = ""
    gateway_id: Annotated[str, Field(6, Kind.STRING)] = ""
    exec_id: Annotated[int, Field(7, Kind.UINT32)] = 0


class ConnState(Message, frozen=True):
    """state/conn."""

    state: Annotated[int, Field(2, Kind.ENUM, State)] = 0
    gateway_id: Annotated[str, Field(3, Kind.STRING)] = ""
