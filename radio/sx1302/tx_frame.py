"""What registers and transmit buffer must hold to emit a packet: writes and bytes, made without touching the chip.

Values are those of sx1302_hal 2.1.0 (loragw_sx1302.c, loragw_hal.c) for SX1250 radios; where they depend on the
packet, the rule is here.
"""

from collections.abc import Iterator

import msgspec

from radio.airtime import CODING_RATE_NUMBERS, preamble_sent
from radio.counter import CHIP_TICKS_PER_US, COUNTER_MASK
from radio.packets import Modulation, TxPacket, TxStatus, TxTrigger
from radio.sx1302.plan import (
    FSK_BITRATES_BPS,
    LORA_BANDWIDTHS_HZ,
    RADIOS,
    SPREADING_FACTORS,
    ConcentratorPlan,
    FskChannel,
    TxGain,
)
from radio.sx1302.registers import Agc, Tx, Write
from radio.sx1302.settings import BANDWIDTH_CODES, FSK_CLOCK_HZ, PRIVATE_PEAKS, PUBLIC_PEAKS, low_data_rate

LONGEST_PAYLOAD_BYTES = 255
LONGEST_PREAMBLE = 0xFFFF
FSK_DEVIATIONS_HZ = (1_000, 200_000)
# What an SX1250 can be tuned to, as the SX1261/2 of the same family (their data sheet, first page).
RADIO_FREQS_HZ = (150_000_000, 960_000_000)

# Frequencies in steps of 32 MHz / 2^18 for the SX1302, 32 MHz / 2^25 for the SX1250.
CRYSTAL_HZ = 32_000_000
CHIP_FREQ_BITS, RADIO_FREQ_BITS = 18, 25

# A delayed emission starts this long, in ticks of 1/32 µs, after its trigger, less what radio, filter and modem take.
START_DELAY_TICKS = 1_500 * CHIP_TICKS_PER_US
RADIO_DELAY_TICKS = {125_000: 19, 250_000: 24, 500_000: 21}
MODEM_DELAY_CYCLES = 8

PA_ON = 1 << 6
AGC_FSK = 1 << 7
LORA_SOURCE, FSK_SOURCE = 1, 2
TRANSMIT = 2
WHITENING = 2
GAUSSIAN_BT = 2
# The reference's sync word of FSK where no FSK channel says another: that of LoRaWAN.
USUAL_FSK = FskChannel(radio=0, if_hz=0)


class TxFrame(msgspec.Struct, frozen=True):
    """One emission: when, how, and the content of the transmit buffer. The trigger itself is not among the writes."""

    rf_chain: int
    trigger: TxTrigger
    timing: tuple[Write, ...]
    settings: tuple[Write, ...]
    buffer: bytes


def check_packet(packet: TxPacket, plan: ConcentratorPlan) -> TxStatus:
    """OK, or why this concentrator cannot emit the packet, whenever it be."""
    radio = plan.radios[packet.rf_chain] if packet.rf_chain in range(RADIOS) else None
    if radio is None or not radio.tx_enabled:
        return TxStatus.INVALID
    if not (1 <= len(packet.payload) <= LONGEST_PAYLOAD_BYTES and 0 <= packet.preamble <= LONGEST_PREAMBLE):
        return TxStatus.INVALID
    if not (_is_lora(packet) if packet.modulation is Modulation.LORA else _is_fsk(packet)):
        return TxStatus.INVALID
    if not RADIO_FREQS_HZ[0] <= packet.freq_hz <= RADIO_FREQS_HZ[1]:
        return TxStatus.TX_FREQ
    if not radio.tx_gain_table:
        return TxStatus.TX_POWER
    return TxStatus.OK


def _is_lora(packet: TxPacket) -> bool:
    return (
        packet.bandwidth_hz in LORA_BANDWIDTHS_HZ
        and packet.spreading_factor in SPREADING_FACTORS
        and packet.coding_rate is not None
    )


def _is_fsk(packet: TxPacket) -> bool:
    return (
        FSK_BITRATES_BPS[0] <= packet.bitrate_bps <= FSK_BITRATES_BPS[1]
        and FSK_DEVIATIONS_HZ[0] <= packet.deviation_hz <= FSK_DEVIATIONS_HZ[1]
    )


def gain_for(table: tuple[TxGain, ...], power_dbm: int) -> TxGain:
    """The line of an ascending gain table that a power is emitted with: the highest not above it, or the lowest."""
    return next((gain for gain in reversed(table) if gain.rf_power_dbm <= power_dbm), table[0])


def chirp_lowpass(spreading_factor: int) -> int:
    """The setting of the filter that smooths chirps; 2 to its power, less one, is its length in samples."""
    return 6 if spreading_factor < 10 else 7


def start_delay_ticks(packet: TxPacket) -> int:
    """How long after its trigger an emission begins, in ticks of 1/32 µs; 0 for FSK, which nothing corrects."""
    if packet.modulation is Modulation.FSK:
        return 0
    filter_ticks = ((1 << chirp_lowpass(packet.spreading_factor)) - 1) * 1_000_000 // packet.bandwidth_hz
    modem_ticks = MODEM_DELAY_CYCLES * 1_000_000 // packet.bandwidth_hz
    return START_DELAY_TICKS - RADIO_DELAY_TICKS[packet.bandwidth_hz] - filter_ticks - modem_ticks


def timer_ticks(counter_us: int, delay_ticks: int) -> int:
    """The 32-bit timer that makes an emission begin when the concentrator counter shows `counter_us`."""
    return (counter_us * CHIP_TICKS_PER_US - delay_ticks) & COUNTER_MASK


def tx_frame(packet: TxPacket, plan: ConcentratorPlan, trigger: TxTrigger, counter_us: int = 0) -> TxFrame:
    """What to write for a packet that `check_packet` found OK; `counter_us` says when to TIMESTAMPED."""
    chain = packet.rf_chain
    if packet.modulation is Modulation.FSK:
        fsk = plan.fsk or USUAL_FSK
        settings = (*_radio_path(packet, plan), *_fsk_deviation(packet), *_fsk_modem(packet, fsk))
        buffer = bytes((len(packet.payload),)) + packet.payload
    else:
        sync_word = PUBLIC_PEAKS if plan.public_network and packet.spreading_factor >= 7 else PRIVATE_PEAKS
        settings = (*_radio_path(packet, plan), *_lora_modem(packet), *_lora_frame(packet, sync_word))
        buffer = packet.payload
    timing = tuple(_timing(packet, trigger, counter_us))
    return TxFrame(rf_chain=chain, trigger=trigger, timing=timing, settings=settings, buffer=buffer)


def _timing(packet: TxPacket, trigger: TxTrigger, counter_us: int) -> Iterator[Write]:
    delay_ticks = start_delay_ticks(packet)
    if trigger is TxTrigger.TIMESTAMPED:
        yield Write(Tx.TIMER[packet.rf_chain], timer_ticks(counter_us, delay_ticks))
    if packet.modulation is Modulation.LORA:
        yield Write(Tx.START_DELAY[packet.rf_chain], delay_ticks)


def _radio_path(packet: TxPacket, plan: ConcentratorPlan) -> Iterator[Write]:
    """Modulator, power and frequency."""
    chain, radio = packet.rf_chain, plan.radios[packet.rf_chain]
    gain = gain_for(radio.tx_gain_table if radio is not None else (), packet.power_dbm)
    fsk = packet.modulation is Modulation.FSK
    bandwidth = BANDWIDTH_CODES.get(packet.bandwidth_hz, 0)
    deviation_hz = packet.deviation_hz if fsk else packet.bandwidth_hz // 2
    yield Write(Tx.MODULATION[chain], int(fsk))
    yield Write(Tx.IF_SOURCE[chain], FSK_SOURCE if fsk else LORA_SOURCE)
    yield from (Write(Tx.I_OFFSET[chain], 0), Write(Tx.Q_OFFSET[chain], 0), Write(Tx.IQ_GAIN[chain], 0))
    yield Write(Tx.AGC_POWER[chain], (PA_ON if gain.pa_gain > 0 else 0) | gain.pwr_idx)
    yield Write(Tx.AGC_BANDWIDTH[chain], (AGC_FSK if fsk else 0) | bandwidth)
    yield Write(Tx.FREQUENCY[chain], (packet.freq_hz << CHIP_FREQ_BITS) // CRYSTAL_HZ)
    yield Write(Tx.DEVIATION[chain], (deviation_hz << CHIP_FREQ_BITS) // CRYSTAL_HZ)


def _lora_modem(packet: TxPacket) -> Iterator[Write]:
    """How chirps are made."""
    chain, factor, bandwidth_hz = packet.rf_chain, packet.spreading_factor, packet.bandwidth_hz
    yield from (
        Write(Tx.LORA_BANDWIDTH[chain], BANDWIDTH_CODES[bandwidth_hz]),
        Write(Tx.SPREADING_FACTOR[chain], factor),
    )
    yield Write(Tx.PPM_OFFSET_HEADER[chain], 0)
    yield Write(Tx.PPM_OFFSET[chain], int(low_data_rate(bandwidth_hz, factor)))
    yield from (Write(Tx.MODEM_ENABLE[chain], 1), Write(Tx.CAD_RX_TX[chain], TRANSMIT), Write(Tx.MODEM_START[chain], 1))
    yield Write(Tx.CHIRP_LOWPASS[chain], chirp_lowpass(factor))
    yield from (Write(Tx.CHIRP_INVERT[chain], int(packet.invert_polarity)), Write(Tx.CONTINUOUS[chain], 0))


def _lora_frame(packet: TxPacket, sync_word: tuple[int, int]) -> Iterator[Write]:
    """Preamble, sync word, header, checksum, length."""
    chain, preamble = packet.rf_chain, preamble_sent(packet)
    coding_rate = CODING_RATE_NUMBERS[packet.coding_rate] if packet.coding_rate is not None else 0
    yield Write(Tx.CODING_RATE[chain], coding_rate)
    yield from (Write(Tx.PREAMBLE_MSB[chain], preamble >> 8), Write(Tx.PREAMBLE_LSB[chain], preamble & 0xFF))
    yield from (Write(Tx.SYNC_PEAK1[chain], sync_word[0]), Write(Tx.SYNC_PEAK2[chain], sync_word[1]))
    yield Write(Tx.FINE_SYNC[chain], int(packet.spreading_factor <= 6))
    yield Write(Tx.IMPLICIT_HEADER[chain], int(packet.implicit_header))
    yield Write(Tx.CRC_ENABLE[chain], int(packet.crc))
    yield Write(Tx.PAYLOAD_LENGTH[chain], len(packet.payload))


def _fsk_deviation(packet: TxPacket) -> Iterator[Write]:
    """The deviation for the AGC, which sets the SX1250 by it; both chains share its mailboxes."""
    steps = (packet.deviation_hz << RADIO_FREQ_BITS) // CRYSTAL_HZ
    for box in range(3):
        yield Write(Agc.MAILBOX_WRITE[box], (steps >> 8 * box) & 0xFF)


def _fsk_modem(packet: TxPacket, channel: FskChannel) -> Iterator[Write]:
    """Variable length, whitened, CCITT checksum, Gaussian; the sync word is the FSK channel's."""
    chain, size = packet.rf_chain, channel.sync_word_bytes
    yield from (Write(Tx.FSK_VARIABLE_LENGTH[chain], 1), Write(Tx.FSK_DC_FREE[chain], WHITENING))
    yield from (Write(Tx.FSK_CRC_ENABLE[chain], int(packet.crc)), Write(Tx.FSK_CRC_IBM[chain], 0))
    yield from (Write(Tx.FSK_GAUSSIAN_ENABLE[chain], 1), Write(Tx.FSK_GAUSSIAN_BT[chain], GAUSSIAN_BT))
    yield from (Write(Tx.FSK_SYNC_WORD_ENABLE[chain], 1), Write(Tx.FSK_SYNC_WORD_SIZE[chain], size - 1))
    yield Write(Tx.FSK_SYNC_WORD[chain], channel.sync_word << 8 * (8 - size))
    yield from (Write(Tx.FSK_PREAMBLE_SEQUENCE[chain], 0), Write(Tx.FSK_PREAMBLE[chain], preamble_sent(packet)))
    yield Write(Tx.FSK_BIT_RATE[chain], FSK_CLOCK_HZ // packet.bitrate_bps)
    yield Write(Tx.FSK_LENGTH[chain], len(packet.payload))
