"""What the concentrator is asked to listen to: radios, channels, modems."""

import msgspec

from radio.sx1302.bands import ALLOWED_BANDS, image_band

RADIOS = 2
MULTI_SF_CHANNELS = 8
LORA_BANDWIDTHS_HZ = (125_000, 250_000, 500_000)
SPREADING_FACTORS = (5, 6, 7, 8, 9, 10, 11, 12)


class TemperatureCompensation(msgspec.Struct, frozen=True):
    """Coefficients of the board's RSSI drift: (a·T⁴ + b·T³ + c·T² + d·T + e) / 65536, T in °C."""

    a: float = 0.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 0.0


class TxGain(msgspec.Struct, frozen=True):
    """One line of the board's transmit gain table: power at the connector, PA on or off, radio power index."""

    rf_power_dbm: int
    pa_gain: int
    pwr_idx: int


class Radio(msgspec.Struct, frozen=True):
    """One of the two radio front ends (SX1250)."""

    freq_hz: int
    rssi_offset_db: float = 0.0
    rssi_temperature: TemperatureCompensation = TemperatureCompensation()
    single_input: bool = False
    tx_enabled: bool = False
    tx_freq_min_hz: int = 0
    tx_freq_max_hz: int = 0
    tx_gain_table: tuple[TxGain, ...] = ()


class Channel(msgspec.Struct, frozen=True):
    """A multi-SF channel: 125 kHz wide, `if_hz` from its radio's centre."""

    radio: int
    if_hz: int


class LoraStdChannel(msgspec.Struct, frozen=True):
    """The single-SF LoRa channel."""

    radio: int
    if_hz: int
    bandwidth_hz: int = 250_000
    spreading_factor: int = 7
    implicit_header: bool = False
    implicit_payload_length: int = 0
    implicit_crc: bool = False
    implicit_coding_rate: int = 0


class FskChannel(msgspec.Struct, frozen=True):
    """The FSK channel. `sync_word` is the last `sync_word_bytes` bytes of the preamble pattern."""

    radio: int
    if_hz: int
    bandwidth_hz: int = 125_000
    bitrate_bps: int = 50_000
    sync_word: int = 0xC194C1
    sync_word_bytes: int = 3


class ConcentratorPlan(msgspec.Struct, frozen=True):
    """Everything that a start writes into the chip. Disabled radios and channels are None.

    `fine_timestamp` is None (off), "all_sf" or "high_capacity"; SX1303 only.
    """

    radios: tuple[Radio | None, Radio | None]
    channels: tuple[Channel | None, ...] = (None,) * MULTI_SF_CHANNELS
    spreading_factors: frozenset[int] = frozenset(SPREADING_FACTORS)
    lora_std: LoraStdChannel | None = None
    fsk: FskChannel | None = None
    public_network: bool = True
    clock_source: int = 0
    full_duplex: bool = False
    fine_timestamp: str | None = None


# The band that the channelizer covers around each radio's centre (sx1302_hal 2.1.0, loragw_hal.c).
RADIO_BANDWIDTH_HZ = 1_600_000
FSK_BITRATES_BPS = (500, 250_000)
Problem = tuple[str, object, str]


def check_plan(plan: ConcentratorPlan) -> list[Problem]:
    """Every reason why the hardware cannot do this plan, as (path, value, what is allowed)."""
    problems = _radio_problems(plan)
    for index, channel in enumerate(plan.channels):
        if channel is not None:
            problems += _if_problems(plan, f"channels[{index}]", channel.radio, channel.if_hz, 125_000)
    if len(plan.channels) != MULTI_SF_CHANNELS:
        problems.append(("channels", len(plan.channels), f"exactly {MULTI_SF_CHANNELS} entries, unused ones empty"))
    unknown = plan.spreading_factors - frozenset(SPREADING_FACTORS)
    if unknown or not plan.spreading_factors:
        problems.append(("spreading_factors", sorted(plan.spreading_factors), "some of 5 to 12"))
    return problems + _lora_std_problems(plan) + _fsk_problems(plan)


def _radio_problems(plan: ConcentratorPlan) -> list[Problem]:
    problems: list[Problem] = []
    for index, radio in enumerate(plan.radios):
        if radio is not None and image_band(radio.freq_hz) is None:
            problems.append((f"radios[{index}].freq_hz", radio.freq_hz, ALLOWED_BANDS))
    if plan.clock_source not in range(RADIOS) or plan.radios[plan.clock_source] is None:
        problems.append(("clock_source", plan.clock_source, "the number of an enabled radio, 0 or 1"))
    if plan.fine_timestamp not in {None, "all_sf", "high_capacity"}:
        problems.append(("fine_timestamp", plan.fine_timestamp, "off, all_sf or high_capacity"))
    return problems


def _if_problems(plan: ConcentratorPlan, path: str, radio: int, if_hz: int, bandwidth_hz: int) -> list[Problem]:
    if radio not in range(RADIOS) or plan.radios[radio] is None:
        return [(f"{path}.radio", radio, "the number of an enabled radio, 0 or 1")]
    limit_hz = (RADIO_BANDWIDTH_HZ - bandwidth_hz) // 2
    if abs(if_hz) > limit_hz:
        width = f"a channel {bandwidth_hz // 1000} kHz wide must lie within 800 kHz of its radio's centre"
        allowed = f"-{limit_hz} to {limit_hz} Hz: {width}"
        return [(f"{path}.if_hz", if_hz, allowed)]
    return []


def _lora_std_problems(plan: ConcentratorPlan) -> list[Problem]:
    channel = plan.lora_std
    if channel is None:
        return []
    problems: list[Problem] = []
    if channel.bandwidth_hz not in LORA_BANDWIDTHS_HZ:
        problems.append(("lora_std.bandwidth_hz", channel.bandwidth_hz, "125000, 250000 or 500000"))
    else:
        problems += _if_problems(plan, "lora_std", channel.radio, channel.if_hz, channel.bandwidth_hz)
    if channel.spreading_factor not in SPREADING_FACTORS:
        problems.append(("lora_std.spreading_factor", channel.spreading_factor, "5 to 12"))
    if not 0 <= channel.implicit_payload_length <= 255:
        problems.append(("lora_std.implicit_payload_length", channel.implicit_payload_length, "0 to 255"))
    if channel.implicit_coding_rate not in range(5):
        problems.append(("lora_std.implicit_coding_rate", channel.implicit_coding_rate, "1 to 4 (4/5 to 4/8)"))
    return problems


def _fsk_problems(plan: ConcentratorPlan) -> list[Problem]:
    channel = plan.fsk
    if channel is None:
        return []
    problems: list[Problem] = []
    if channel.bandwidth_hz not in LORA_BANDWIDTHS_HZ:
        problems.append(("fsk.bandwidth_hz", channel.bandwidth_hz, "125000, 250000 or 500000"))
    else:
        problems += _if_problems(plan, "fsk", channel.radio, channel.if_hz, channel.bandwidth_hz)
    low, high = FSK_BITRATES_BPS
    if not low <= channel.bitrate_bps <= high:
        problems.append(("fsk.bitrate_bps", channel.bitrate_bps, f"{low} to {high}"))
    if not (1 <= channel.sync_word_bytes <= 8 and 0 <= channel.sync_word < 1 << (8 * channel.sync_word_bytes)):
        problems.append(("fsk.sync_word", channel.sync_word, "1 to 8 bytes, and sync_word_bytes of that length"))
    return problems
