"""The keys of gateway.toml: one line each, with its type, its range and its default."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

NAME_PATTERN = r"^[A-Za-z0-9_.-]{1,64}\Z"
NAME_DESCRIPTION = "1 to 64 letters, digits, hyphens, dots and underscores"

Name = Annotated[str, Meta(pattern=NAME_PATTERN, description=NAME_DESCRIPTION)]
Eui = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{16}\Z", description="16 hexadecimal digits")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{64}\Z", description="a SHA-256: 64 hexadecimal digits")]
AbsolutePath = Annotated[str, Meta(pattern=r"^/[^\x00]*\Z", description="an absolute path")]
Bus = Annotated[
    str,
    Meta(
        pattern=r"^(/dev/spidev\d+\.\d+|unix:/[^\x00]+|simulator)\Z",
        description='"/dev/spidevB.C", "unix:/PATH" or "simulator" (USB concentrators are not supported yet)',
    ),
]
I2cBus = Annotated[str, Meta(pattern=r"^(/dev/i2c-\d+|off)\Z", description='"/dev/i2c-N" or "off"')]
SerialPort = Annotated[
    str, Meta(pattern=r"^/[^\x00]+\Z", description='the path of a serial port, such as "/dev/ttyS0"')
]
BaudrateBps = Annotated[
    Literal[4_800, 9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800],
    Meta(description="4800, 9600, 19200, 38400, 57600, 115200, 230400 or 460800"),
]
BoardName = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,40}\Z", description="a board's name, as `candelabre board list` shows it")
]
GpioLine = Annotated[int, Meta(ge=0, le=53, description="a BCM line number from 0 to 53")]
Chain = Annotated[int, Meta(ge=0, le=1, description="0 or 1")]
FrequencyHz = Annotated[
    int,
    Meta(
        ge=430_000_000,
        le=930_000_000,
        description="a whole number of hertz from 430000000 to 930000000 (2.4 GHz is not supported)",
    ),
]
IfHz = Annotated[int, Meta(ge=-1_000_000, le=1_000_000, description="±1000000 Hz at most")]
BandwidthHz = Annotated[Literal[125_000, 250_000, 500_000], Meta(description="125000, 250000 or 500000")]
SpreadingFactor = Annotated[int, Meta(ge=5, le=12)]
# At any temperature that a sensor can tell, RSSI stays a finite number.
DriftCoefficient = Annotated[float, Meta(ge=-1_000_000, le=1_000_000)]
Sx1250 = Annotated[Literal["SX1250"], Meta(description='"SX1250" (SX1255 and SX1257 radios are not supported yet)')]
SyncWord = Annotated[str, Meta(pattern=r"^([0-9A-Fa-f]{2}){1,8}\Z", description="1 to 8 bytes in hexadecimal digits")]


class GatewaySection(msgspec.Struct, frozen=True):
    """[gateway]: who this gateway is."""

    eui: Eui | None = None
    name: Name | None = None
    state_dir: AbsolutePath = "/var/lib/candelabre"
    stats_interval_s: Annotated[int, Meta(ge=1, le=86_400)] = 30
    latitude_deg: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude_deg: Annotated[float, Meta(ge=-180, le=180)] | None = None
    altitude_m: Annotated[float, Meta(ge=-500, le=9_000)] | None = None


class LogSection(msgspec.Struct, frozen=True):
    """[log]: what the daemon tells of itself."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "text"] = "auto"


class GnssSection(msgspec.Struct, frozen=True):
    """[gnss]: the receiver that tells time and position."""

    port: SerialPort | None = None
    baudrate_bps: BaudrateBps = 9_600
    ublox: bool = True


class BeaconSection(msgspec.Struct, frozen=True):
    """[beacon]: LoRaWAN class B."""

    enabled: bool = False
    power_dbm: Annotated[int, Meta(ge=-10, le=30)] = 14
    antenna: Annotated[int, Meta(ge=0, le=2)] = 0


class TemperatureDriftSection(msgspec.Struct, frozen=True):
    """rssi_temperature of a chain: the coefficients of the board's RSSI drift."""

    a: DriftCoefficient = 0.0
    b: DriftCoefficient = 0.0
    c: DriftCoefficient = 0.0
    d: DriftCoefficient = 0.0
    e: DriftCoefficient = 0.0


class TxGainSection(msgspec.Struct, frozen=True):
    """One line of a chain's transmit gain table."""

    rf_power_dbm: Annotated[int, Meta(ge=-128, le=127)]
    pa_gain: Annotated[int, Meta(ge=0, le=1)]
    pwr_idx: Annotated[int, Meta(ge=0, le=22)]


class ChainSection(msgspec.Struct, frozen=True):
    """[[radio.chain]]: one radio front end. What is left out comes from the region plan."""

    enabled: bool = True
    type: Sx1250 = "SX1250"
    freq_hz: FrequencyHz | None = None
    rssi_offset_db: Annotated[float, Meta(ge=-300, le=300)] | None = None
    rssi_temperature: TemperatureDriftSection | None = None
    single_input: bool = False
    tx_enabled: bool | None = None
    tx_freq_min_hz: FrequencyHz | None = None
    tx_freq_max_hz: FrequencyHz | None = None
    tx_gain_table: tuple[TxGainSection | None, ...] | None = None


class ChannelSection(msgspec.Struct, frozen=True):
    """[[radio.channel]]: one multi-SF channel, by its frequency or by its offset from a chain's centre."""

    enabled: bool = True
    freq_hz: FrequencyHz | None = None
    if_hz: IfHz | None = None
    chain: Chain | None = None


class LoraStdSection(msgspec.Struct, frozen=True):
    """[radio.lora_std]: the single-SF LoRa channel."""

    enabled: bool = True
    freq_hz: FrequencyHz | None = None
    if_hz: IfHz | None = None
    chain: Chain | None = None
    bandwidth_hz: BandwidthHz = 250_000
    spreading_factor: SpreadingFactor = 7
    implicit_header: bool = False
    implicit_payload_length: Annotated[int, Meta(ge=0, le=255)] = 0
    implicit_crc: bool = False
    implicit_coding_rate: Annotated[int, Meta(ge=0, le=4)] = 0


class FskSection(msgspec.Struct, frozen=True):
    """[radio.fsk]: the FSK channel."""

    enabled: bool = True
    freq_hz: FrequencyHz | None = None
    if_hz: IfHz | None = None
    chain: Chain | None = None
    bandwidth_hz: BandwidthHz = 125_000
    bitrate_bps: Annotated[int, Meta(ge=500, le=250_000)] = 50_000
    sync_word: SyncWord = "C194C1"


class RegulationSection(msgspec.Struct, frozen=True):
    """[regulation]: the law on transmitting."""

    region: str | None = None
    limit_downlink_dwell: bool = False
    enforce: bool = True


class RadioSection(msgspec.Struct, frozen=True):
    """[radio]: the concentrator, how it is wired and what it listens to."""

    board: BoardName | None = None
    bus: Bus = "/dev/spidev0.0"
    speed_hz: Annotated[int, Meta(ge=100_000, le=10_000_000)] = 2_000_000
    model: Literal["auto", "sx1302", "sx1303"] = "auto"
    reset_pin: GpioLine | None = None
    power_pin: GpioLine | None = None
    power_active_low: bool = False
    temperature_sensor: I2cBus = "/dev/i2c-1"
    firmware_digests: tuple[Sha256, ...] = ()
    poll_interval_ms: Annotated[float, Meta(ge=1, le=100)] = 5.5
    public_network: bool = True
    clock_source: Chain = 0
    antenna_gain_dbi: Annotated[float, Meta(ge=-50, le=50)] = 0.0
    full_duplex: bool = False
    fine_timestamp: Literal["off", "all_sf", "high_capacity"] = "off"
    region_plan: str | None = None
    spreading_factors: tuple[SpreadingFactor, ...] = (5, 6, 7, 8, 9, 10, 11, 12)
    chain: tuple[ChainSection | None, ...] = ()
    channel: tuple[ChannelSection | None, ...] | None = None
    lora_std: LoraStdSection | None = None
    fsk: FskSection | None = None
