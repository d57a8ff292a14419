"""What the chip's registers must hold to listen to a plan: a list of writes, made without touching the chip.

Values are those of sx1302_hal 2.1.0 (loragw_sx1302.c); where they depend on the plan, the rule is here.
"""

from collections.abc import Iterator

from radio.sx1302.plan import Channel, ConcentratorPlan, FskChannel, LoraStdChannel
from radio.sx1302.registers import Agc, Arbiter, Fsk, Gpio, LoraStd, Otp, RadioFrontEnd, RxTop, Tx, Write

GPIO_BY_REGISTER, GPIO_BY_AGC, GPIO_STATUS = 0x0, 0x1, 0x9
# CONFIG_DONE, unused, TX on, unused, RX on, unused, unused, listen-before-talk (an input).
GPIO_SELECTIONS = (
    GPIO_BY_REGISTER,
    GPIO_BY_REGISTER,
    GPIO_STATUS,
    GPIO_BY_REGISTER,
    GPIO_STATUS,
    GPIO_BY_REGISTER,
    GPIO_BY_REGISTER,
    GPIO_BY_AGC,
)
GPIO_OUTPUTS = 0x7F

MAX_TIMESTAMP_METRICS = 32
BANDWIDTH_CODES = {125_000: 4, 250_000: 5, 500_000: 6}
DFT_PEAK_AUTO = 3
FREQ_TRACK_AUTO_X4 = 0xFF
PRIVATE_PEAKS, PUBLIC_PEAKS = (2, 4), (6, 8)
CHANNEL_SYNC_OFFSETS = (1, 5, 9, 13, 1, 5, 9, 13)
FSK_CLOCK_HZ = 32_000_000
NO_CHANNEL = Channel(radio=0, if_hz=0)


def if_register(if_hz: int) -> int:
    """An intermediate frequency in steps of 15625/32 Hz, 13-bit two's complement, truncated towards zero."""
    steps = abs(if_hz) * 32 // 15625
    return (steps if if_hz >= 0 else -steps) & 0x1FFF


def low_data_rate(bandwidth_hz: int, spreading_factor: int) -> bool:
    """Whether symbols last 16 ms or more, so that LoRa spreads bits with two symbols' margin (PPM offset)."""
    return (bandwidth_hz == 125_000 and spreading_factor >= 11) or (bandwidth_hz == 250_000 and spreading_factor == 12)


def frequency_to_time_drift(freq_hz: int, bandwidth_hz: int) -> tuple[int, int]:
    """Mantissa and exponent of bandwidth · 2^20 / frequency, normalised to 12 bits."""
    mantissa, exponent = bandwidth_hz * (1 << 20) // freq_hz, 0
    while mantissa < 2048:
        mantissa <<= 1
        exponent += 1
    return mantissa & 0xFFF, exponent


def gpio_selection() -> list[Write]:
    """Which block drives each of the chip's GPIO."""
    return [Write(field, value) for field, value in zip(Gpio.SELECT, GPIO_SELECTIONS, strict=True)]


def reception(plan: ConcentratorPlan) -> list[Write]:
    """Everything between GPIO and modem enables."""
    # The drift depends so little on the frequency that one radio's serves for both.
    drift_freq_hz = next(radio.freq_hz for radio in plan.radios if radio is not None)
    writes = [
        *_timestamping(plan),
        *_front_end(plan),
        *_channelizer(plan),
        *_multi_sf_correlators(plan),
        *_multi_sf_modems(drift_freq_hz),
        *_sync_words(plan),
    ]
    if plan.lora_std is not None:
        writes += _lora_std(plan.lora_std, drift_freq_hz)
    if plan.fsk is not None:
        writes += _fsk(plan.fsk)
    return writes


def _timestamping(plan: ConcentratorPlan) -> Iterator[Write]:
    """Legacy time stamps latch the end of the packet, fine ones the end of the preamble."""
    if plan.fine_timestamp is None:
        yield Write(RxTop.LEGACY_TIMESTAMP, 1)
        return
    yield Write(RxTop.LEGACY_TIMESTAMP, 0)
    yield Write(RxTop.MAX_TIMESTAMP_METRICS, MAX_TIMESTAMP_METRICS)
    yield Write(RxTop.TIMESTAMP_ENABLE, 1)
    yield Write(RxTop.TIMESTAMP_SYMBOLS, 0)


def _front_end(plan: ConcentratorPlan) -> Iterator[Write]:
    """PA/LNA truth tables, RSSI filters and decimation gain of both radios."""
    pa, lna = (0x0C, 0x0F) if plan.full_duplex else (0x04, 0x02)
    yield from (Write(Agc.PA_LUT[0], pa), Write(Agc.LNA_LUT[0], lna))
    yield from (Write(Agc.PA_LUT[1], 0x04), Write(Agc.LNA_LUT[1], 0x02))
    for radio in range(2):
        yield Write(RadioFrontEnd.RSSI_BB_FILTER[radio], 3)
        yield Write(RadioFrontEnd.RSSI_DEC_FILTER[radio], 7)
        yield Write(RadioFrontEnd.RSSI_DB_DEFAULT[radio], 23)
        yield Write(RadioFrontEnd.RSSI_DEC_DEFAULT[radio], 66)
        yield Write(RadioFrontEnd.DC_NOTCH_ENABLE[radio], 1)
        yield Write(RadioFrontEnd.HOST_FILTER_GAIN[radio], 0x0B)


def _channelizer(plan: ConcentratorPlan) -> Iterator[Write]:
    """Each channel's radio and intermediate frequency; gains are left to the AGC."""
    channels = [channel or NO_CHANNEL for channel in plan.channels]
    yield Write(RxTop.RADIO_SELECT, sum(channel.radio << index for index, channel in enumerate(channels)))
    for field, channel in zip(RxTop.IF_FREQ, channels, strict=True):
        yield Write(field, if_register(channel.if_hz))
    lora_std, fsk = plan.lora_std or NO_CHANNEL, plan.fsk or NO_CHANNEL
    yield Write(LoraStd.RADIO_SELECT, lora_std.radio)
    yield Write(LoraStd.IF_FREQ, if_register(lora_std.if_hz))
    yield Write(Fsk.RADIO_SELECT, fsk.radio)
    yield Write(Fsk.IF_FREQ, if_register(fsk.if_hz))
    yield Write(RxTop.RSSI_FILTER, 5)
    yield Write(RxTop.RSSI_DEFAULT, 85)
    yield Write(RxTop.DAGC_MODE, 1)
    yield Write(RxTop.DAGC_THRESHOLD_HIGH, 255)
    yield Write(RxTop.DAGC_THRESHOLD_LOW, 0)
    yield Write(RxTop.DAGC_MAX_ATTENUATION, 15)
    yield Write(RxTop.DAGC_MIN_ATTENUATION, 0)


def _multi_sf_correlators(plan: ConcentratorPlan) -> Iterator[Write]:
    """Detection thresholds, and which channels and spreading factors are searched."""
    for fields, value in ((RxTop.ACC_PNR, 52), (RxTop.MSP_PNR, 24), (RxTop.MSP_PEAKS, 7), (RxTop.MSP2_PEAKS, 5)):
        yield from (Write(field, value) for field in fields)
    enabled = sum(1 << index for index, channel in enumerate(plan.channels) if channel is not None)
    yield Write(RxTop.CORRELATOR_FIRST_EDGE, 0xFF)
    yield Write(RxTop.CORRELATOR_ACC_CLEAR, 0xFF)
    yield Write(RxTop.CORRELATOR_SF_ENABLE, sum(1 << (factor - 5) for factor in plan.spreading_factors))
    yield Write(RxTop.CORRELATOR_CLOCK, enabled)
    yield Write(RxTop.CORRELATOR_ENABLE, enabled)


def _multi_sf_modems(drift_freq_hz: int) -> Iterator[Write]:
    """The 16 demodulators: synchronisation, tracking, time drift."""
    mantissa, exponent = frequency_to_time_drift(drift_freq_hz, 125_000)
    yield from (Write(RxTop.DC_NOTCH_ENABLE, 0), Write(RxTop.FORCE_DEFAULT_FIR, 1))
    yield from (Write(RxTop.DAGC_GAIN_DROP, 1), Write(RxTop.DAGC_TARGET, 1))
    yield from (Write(Otp.FULL_MODEMS, 0xFF), Write(Otp.LIMITED_MODEMS, 0xFF))
    yield from (Write(RxTop.SYNC_DELTA_MSB, 0), Write(RxTop.SYNC_DELTA_LSB, 126))
    for field, offset in zip(Arbiter.SYNC_OFFSET, CHANNEL_SYNC_OFFSETS, strict=True):
        yield Write(field, offset)
    yield from (Write(RxTop.PPM_OFFSET_SF5_8, 0x00), Write(RxTop.PPM_OFFSET_SF9_12, 0x50))
    yield from (Write(RxTop.TIMING_A_P_AUTO, 3), Write(RxTop.TIMING_A_P_PAYLOAD, 3))
    yield from (Write(RxTop.TIMING_A_I_SF11, 1), Write(RxTop.TIMING_A_I_SF12, 1))
    yield Write(RxTop.FREQ_SYNC_THRESHOLD, 15)
    # Set A demodulates best, set B (double demodulation) stamps time best.
    yield Write(RxTop.FREQ_TRACK_A_SF5_8, FREQ_TRACK_AUTO_X4)
    yield Write(RxTop.FREQ_TRACK_A_SF9_12, FREQ_TRACK_AUTO_X4)
    yield from (Write(RxTop.FREQ_TRACK_B_SF5_8, 0), Write(RxTop.FREQ_TRACK_B_SF9_12, 0))
    yield from (Write(RxTop.TIMING_B_I_SF11, 0), Write(RxTop.TIMING_B_I_SF12, 0))
    yield from (Write(RxTop.TIMING_B_ROUNDING, 1), Write(RxTop.TIMING_B_MODE, 2))
    yield from (Write(RxTop.TIMING_B_P_AUTO, 0), Write(RxTop.TIMING_B_P_PREAMBLE, 6))
    yield from (Write(RxTop.TIMING_B_P_PAYLOAD, 2), Write(RxTop.TIMING_B_I_AUTO, 0))
    yield from (Write(RxTop.TIMING_B_I_PREAMBLE, 1), Write(RxTop.TIMING_B_I_PAYLOAD, 0))
    # Ten symbols find both the 12 of SF5/SF6 and the 8 of SF7 and above.
    yield from (Write(RxTop.PREAMBLE_MSB, 0), Write(RxTop.PREAMBLE_LSB, 10))
    yield from (Write(RxTop.DRIFT_MANTISSA, mantissa), Write(RxTop.DRIFT_EXPONENT, exponent))
    yield from (Write(RxTop.DRIFT_INVERT_SYMBOL, 1), Write(RxTop.DFT_PEAK, DFT_PEAK_AUTO))


def _sync_words(plan: ConcentratorPlan) -> Iterator[Write]:
    """Public networks (0x34) differ from private ones (0x12) from SF7 on; SF5 and SF6 are always private."""
    peaks = PUBLIC_PEAKS if plan.public_network else PRIVATE_PEAKS
    short = plan.lora_std is not None and plan.lora_std.spreading_factor <= 6
    lora_std_peaks = PRIVATE_PEAKS if short else peaks
    for fields, (first, second) in (
        ((RxTop.SYNC_PEAK1_SF5, RxTop.SYNC_PEAK2_SF5), PRIVATE_PEAKS),
        ((RxTop.SYNC_PEAK1_SF6, RxTop.SYNC_PEAK2_SF6), PRIVATE_PEAKS),
        ((RxTop.SYNC_PEAK1, RxTop.SYNC_PEAK2), peaks),
        ((LoraStd.SYNC_PEAK1, LoraStd.SYNC_PEAK2), lora_std_peaks),
    ):
        yield from (Write(fields[0], first), Write(fields[1], second))


def _lora_std_timing(channel: LoraStdChannel) -> tuple[int, int]:
    """Preamble gain and integral gain of the single-SF modem's fine timing."""
    if channel.spreading_factor <= 6:
        return 4, 0
    if channel.spreading_factor <= 10:
        return 6, 0
    return 7, {125_000: 1, 250_000: 2, 500_000: 3}[channel.bandwidth_hz]


def _lora_std(channel: LoraStdChannel, drift_freq_hz: int) -> Iterator[Write]:
    """The single-SF modem, but for its start."""
    mantissa, exponent = frequency_to_time_drift(drift_freq_hz, channel.bandwidth_hz)
    preamble_gain, integral_gain = _lora_std_timing(channel)
    short = channel.spreading_factor <= 6
    yield from (Write(LoraStd.MSP_PEAKS, 7), Write(LoraStd.MSP2_PEAKS, 5))
    yield from (Write(LoraStd.ACC_USE_GAIN, 1), Write(LoraStd.ACC_PNR, 52))
    yield Write(LoraStd.FINE_SYNC, int(short))
    yield from (Write(LoraStd.DC_NOTCH_ENABLE, 0), Write(LoraStd.FORCE_DEFAULT_FIR, 1))
    yield from (Write(LoraStd.DAGC_GAIN_DROP, 1), Write(LoraStd.DAGC_TARGET, 1))
    yield from (Write(LoraStd.TIMING_P_AUTO, 3), Write(LoraStd.TIMING_P_PREAMBLE, preamble_gain))
    yield from (Write(LoraStd.TIMING_I_PAYLOAD, 3), Write(LoraStd.TIMING_I_ENABLE, integral_gain))
    yield Write(LoraStd.IMPLICIT_HEADER, int(channel.implicit_header))
    yield Write(LoraStd.CRC_ENABLE, int(channel.implicit_crc))
    yield Write(LoraStd.CODING_RATE, channel.implicit_coding_rate)
    yield Write(LoraStd.PAYLOAD_LENGTH, channel.implicit_payload_length)
    yield Write(LoraStd.MODEM_SF, channel.spreading_factor)
    yield Write(LoraStd.MODEM_BW, BANDWIDTH_CODES[channel.bandwidth_hz])
    yield Write(LoraStd.PPM_OFFSET, int(low_data_rate(channel.bandwidth_hz, channel.spreading_factor)))
    yield from (Write(LoraStd.PREAMBLE_MSB, 0), Write(LoraStd.PREAMBLE_LSB, 12 if short else 8))
    yield from (Write(LoraStd.DRIFT_MANTISSA, mantissa), Write(LoraStd.DRIFT_EXPONENT, exponent))
    yield from (Write(LoraStd.DRIFT_INVERT_SYMBOL, 1), Write(LoraStd.DAGC_IN_COMP, 1))
    yield Write(LoraStd.DFT_PEAK, DFT_PEAK_AUTO)


def lora_std_start() -> list[Write]:
    """Start the single-SF modem, once all the rest of it is set."""
    return [Write(LoraStd.MODEM_ENABLE, 1), Write(LoraStd.CAD_RX_TX, 1), Write(LoraStd.MODEM_START, 1)]


def _fsk(channel: FskChannel) -> Iterator[Write]:
    """The FSK modem: variable length, whitened, CCITT checksum."""
    yield Write(Fsk.SYNC_WORD_SIZE, channel.sync_word_bytes - 1)
    yield Write(Fsk.SYNC_WORD, channel.sync_word << (8 * (8 - channel.sync_word_bytes)))
    yield Write(Fsk.BIT_RATE, FSK_CLOCK_HZ // channel.bitrate_bps)
    yield Write(Fsk.BANDWIDTH_EXPONENT, 3)
    yield from (Write(Fsk.RX_INVERT, 0), Write(Fsk.INVERT_IQ, 0), Write(Fsk.AUTO_AFC, 1))
    yield from (Write(Fsk.RSSI_LENGTH, 4), Write(Fsk.ERROR_OSR_TOLERANCE, 10))
    yield from (Write(Fsk.VARIABLE_LENGTH, 1), Write(Fsk.CRC_ENABLE, 1))
    yield from (Write(Fsk.DC_FREE, 2), Write(Fsk.CRC_IBM, 0))
    yield from (Write(Fsk.PACKET_LENGTH, 255), Write(Fsk.NODE_ADDRESS, 0), Write(Fsk.BROADCAST, 0))
    yield Write(Fsk.TIMEOUT, 128)


def transmission() -> list[Write]:
    """The static part of both transmit paths, for SX1250 radios."""
    writes = []
    for chain in range(2):
        writes += [
            Write(Tx.PLL_DIVIDER_BY_AGC[chain], 1),
            Write(Tx.IF_DESTINATION[chain], 1),
            Write(Tx.MODE[chain], 1),
            Write(Tx.CLOCK_EDGE[chain], 0),
        ]
    return writes
