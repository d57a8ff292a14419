"""The registers of the SX1302 that the driver uses, one field a line.

Addresses, positions and widths are those of Semtech's sx1302_hal 2.1.0 (loragw_reg.c). A field
wider than a byte is big-endian and ends in the low bits of its last byte.
"""

from typing import NamedTuple


class Field(NamedTuple):
    """Some bits of one register, or of several consecutive ones. `offset` is that of the lowest bit."""

    name: str
    address: int
    offset: int = 0
    bits: int = 8

    @property
    def length(self) -> int:
        """How many registers it covers."""
        return (self.offset + self.bits + 7) // 8

    def __str__(self) -> str:
        """Its name and address, as error messages show it."""
        return f"{self.name} (0x{self.address:04X})"


class Write(NamedTuple):
    """A value for a field."""

    field: Field
    value: int


class Memory:
    """Address ranges that are not registers."""

    AGC_PROGRAM = 0x0000
    ARBITER_PROGRAM = 0x2000
    RX_FIFO = 0x4000
    TX_BUFFERS = (0x5300, 0x5500)


class Common:
    """Pages, radio control, modem enables, version."""

    PAGE = Field("COMMON_PAGE", 0x5600, 0, 2)
    CLK32_RIF = Field("CLK32_RIF_CTRL", 0x5601, 4, 1)
    HOST_RADIO = Field("HOST_RADIO_CTRL", 0x5601, 3, 1)
    SX1250_MODE = (Field("SX1261_MODE_RADIO_A", 0x5601, 0, 1), Field("SX1261_MODE_RADIO_B", 0x5601, 1, 1))
    GLOBAL_ENABLE = Field("GLOBAL_EN", 0x5605, 3, 1)
    FSK_ENABLE = Field("FSK_MODEM_ENABLE", 0x5605, 2, 1)
    MULTI_SF_ENABLE = Field("CONCENTRATOR_MODEM_ENABLE", 0x5605, 1, 1)
    LORA_STD_ENABLE = Field("MBWSSF_MODEM_ENABLE", 0x5605, 0, 1)
    ENABLES = Field("COMMON_GEN", 0x5605)
    VERSION = Field("VERSION", 0x5606)


class Gpio:
    """The chip's own GPIO pins."""

    DIRECTION = Field("GPIO_DIR_L", 0x5641)
    OUTPUT = Field("GPIO_OUT_L", 0x5643)
    SELECT = tuple(Field(f"GPIO_SEL_{pin}", 0x5648 + pin, 0, 4) for pin in range(8))


class RadioFrontEnd:
    """Decimation and RSSI filters, one set a radio."""

    HOST_FILTER_GAIN = tuple(Field("HOST_FILTER_GAIN", base, 0, 4) for base in (0x5701, 0x570E))
    DC_NOTCH_ENABLE = tuple(Field("DC_NOTCH_EN", base, 5, 1) for base in (0x5701, 0x570E))
    RSSI_DB_DEFAULT = tuple(Field("RSSI_DB_DEFAULT", base + 1) for base in (0x5701, 0x570E))
    RSSI_DEC_DEFAULT = tuple(Field("RSSI_DEC_DEFAULT", base + 2) for base in (0x5701, 0x570E))
    RSSI_BB_FILTER = tuple(Field("RSSI_BB_FILTER_ALPHA", base + 6, 0, 5) for base in (0x5701, 0x570E))
    RSSI_DEC_FILTER = tuple(Field("RSSI_DEC_FILTER_ALPHA", base + 7, 0, 5) for base in (0x5701, 0x570E))


class Agc:
    """The gain control microcontroller and what it governs."""

    CONTROL = Field("AGC_MCU_CTRL", 0x5780)
    FORCE_HOST_FE = Field("FORCE_HOST_FE_CTRL", 0x5780, 3, 1)
    CLEAR = Field("AGC_MCU_CLEAR", 0x5780, 2, 1)
    HOST_PROGRAM = Field("AGC_HOST_PROG", 0x5780, 1, 1)
    PARITY_ERROR = Field("AGC_PARITY_ERROR", 0x5780, 0, 1)
    STATUS = Field("MCU_AGC_STATUS", 0x5781)
    RADIO_RESET = (Field("RADIO_A_RST", 0x5783, 3, 1), Field("RADIO_B_RST", 0x5784, 3, 1))
    RADIO_ENABLE = (Field("RADIO_A_EN", 0x5783, 2, 1), Field("RADIO_B_EN", 0x5784, 2, 1))
    PA_A_ENABLE = Field("PA_A_EN", 0x5783, 1, 1)
    LNA_A_ENABLE = Field("LNA_A_EN", 0x5783, 0, 1)
    PA_LUT = (Field("PA_LUT_A", 0x5785, 4, 4), Field("PA_LUT_B", 0x5786, 4, 4))
    LNA_LUT = (Field("LNA_LUT_A", 0x5785, 0, 4), Field("LNA_LUT_B", 0x5786, 0, 4))
    MAILBOX_WRITE = tuple(Field(f"MAIL_BOX_WR_{box}", 0x578C - box) for box in range(4))
    MAILBOX_READ = tuple(Field(f"MAIL_BOX_RD_{box}", 0x5790 - box) for box in range(4))


class Clock:
    """Which radio clocks the chip."""

    RADIO_SELECT = (Field("CLK_RADIO_A_SEL", 0x57C0, 0, 1), Field("CLK_RADIO_B_SEL", 0x57C0, 1, 1))
    DIVIDER_ENABLE = Field("CLKDIV_EN", 0x57C0, 2, 1)


class RxTop:
    """Channelizer, correlators, multi-SF modems and the receive buffer."""

    IF_FREQ = tuple(Field(f"IF_FREQ_{channel}", 0x5800 + 2 * channel, 0, 13) for channel in range(8))
    RADIO_SELECT = Field("RX_RADIO_SELECT", 0x5810)
    RSSI_FILTER = Field("RSSI_FILTER_ALPHA", 0x5811, 3, 5)
    RSSI_DEFAULT = Field("CHAN_RSSI_DEF_VALUE", 0x5812)
    DAGC_THRESHOLD_HIGH = Field("CHAN_DAGC_THRESHOLD_HIGH", 0x5813)
    DAGC_THRESHOLD_LOW = Field("CHAN_DAGC_THRESHOLD_LOW", 0x5814)
    DAGC_MAX_ATTENUATION = Field("CHAN_DAGC_MAX_ATTEN", 0x5815, 4, 4)
    DAGC_MIN_ATTENUATION = Field("CHAN_DAGC_MIN_ATTEN", 0x5815, 0, 4)
    DAGC_MODE = Field("CHAN_DAGC_MODE", 0x5817, 0, 2)
    CORRELATOR_CLOCK = Field("CORR_CLOCK_ENABLE", 0x5820)
    CORRELATOR_ENABLE = Field("CORRELATOR_EN", 0x5821)
    CORRELATOR_SF_ENABLE = Field("CORRELATOR_SF_EN", 0x5822)
    CORRELATOR_FIRST_EDGE = Field("ENABLE_ONLY_FIRST_DET_EDGE", 0x5823)
    CORRELATOR_ACC_CLEAR = Field("ENABLE_CORR_ACC_CLEAR", 0x5824)
    ACC_PNR = tuple(Field(f"SF{sf}_ACC_PNR", 0x5826 + 7 * (sf - 5), 0, 7) for sf in range(5, 13))
    MSP_PNR = tuple(Field(f"SF{sf}_MSP_PNR", 0x5828 + 7 * (sf - 5), 0, 7) for sf in range(5, 13))
    MSP_PEAKS = tuple(Field(f"SF{sf}_MSP_PEAK_NB", 0x582A + 7 * (sf - 5), 3, 3) for sf in range(5, 13))
    MSP2_PEAKS = tuple(Field(f"SF{sf}_MSP2_PEAK_NB", 0x582B + 7 * (sf - 5), 2, 3) for sf in range(5, 13))
    DC_NOTCH_ENABLE = Field("DC_NOTCH_ENABLE", 0x5860, 0, 1)
    FORCE_DEFAULT_FIR = Field("FORCE_DEFAULT_FIR", 0x5875, 3, 1)
    DAGC_GAIN_DROP = Field("DAGC_GAIN_DROP_COMP", 0x5878, 4, 1)
    DAGC_TARGET = Field("DAGC_TARGET_LVL", 0x5878, 6, 2)
    PREAMBLE_LSB = Field("PREAMBLE_SYMB_NB_LSB", 0x5883)
    PREAMBLE_MSB = Field("PREAMBLE_SYMB_NB_MSB", 0x5884)
    DFT_PEAK = Field("DFT_PEAK_EN", 0x5887, 4, 2)
    SYNC_PEAK1_SF5 = Field("PEAK1_POS_SF5", 0x588A, 0, 5)
    SYNC_PEAK2_SF5 = Field("PEAK2_POS_SF5", 0x588B, 0, 5)
    SYNC_PEAK1_SF6 = Field("PEAK1_POS_SF6", 0x588C, 0, 5)
    SYNC_PEAK2_SF6 = Field("PEAK2_POS_SF6", 0x588D, 0, 5)
    SYNC_PEAK1 = Field("PEAK1_POS_SF7TO12", 0x588E, 0, 5)
    SYNC_PEAK2 = Field("PEAK2_POS_SF7TO12", 0x588F, 0, 5)
    TIMING_A_P_AUTO = Field("FINE_TIMING_A_GAIN_P_AUTO", 0x5892, 6, 2)
    TIMING_A_P_PAYLOAD = Field("FINE_TIMING_A_GAIN_P_PAYLOAD", 0x5892, 3, 3)
    TIMING_A_I_SF11 = Field("FINE_TIMING_A_GAIN_I_EN_SF11", 0x5896, 4, 2)
    TIMING_A_I_SF12 = Field("FINE_TIMING_A_GAIN_I_EN_SF12", 0x5896, 6, 2)
    TIMING_B_ROUNDING = Field("FINE_TIMING_B_ROUNDING", 0x5899, 6, 1)
    TIMING_B_MODE = Field("FINE_TIMING_B_MODE", 0x5899, 0, 2)
    TIMING_B_P_AUTO = Field("FINE_TIMING_B_GAIN_P_AUTO", 0x589A, 6, 2)
    TIMING_B_P_PAYLOAD = Field("FINE_TIMING_B_GAIN_P_PAYLOAD", 0x589A, 3, 3)
    TIMING_B_P_PREAMBLE = Field("FINE_TIMING_B_GAIN_P_PREAMB", 0x589A, 0, 3)
    TIMING_B_I_AUTO = Field("FINE_TIMING_B_GAIN_I_AUTO", 0x589B, 6, 2)
    TIMING_B_I_PAYLOAD = Field("FINE_TIMING_B_GAIN_I_PAYLOAD", 0x589B, 3, 3)
    TIMING_B_I_PREAMBLE = Field("FINE_TIMING_B_GAIN_I_PREAMB", 0x589B, 0, 3)
    TIMING_B_I_SF11 = Field("FINE_TIMING_B_GAIN_I_EN_SF11", 0x589E, 4, 2)
    TIMING_B_I_SF12 = Field("FINE_TIMING_B_GAIN_I_EN_SF12", 0x589E, 6, 2)
    DRIFT_MANTISSA = Field("FREQ_TO_TIME_DRIFT_MANT", 0x58A0, 0, 12)
    DRIFT_EXPONENT = Field("FREQ_TO_TIME_DRIFT_EXP", 0x58A2, 0, 3)
    DRIFT_INVERT_SYMBOL = Field("FREQ_TO_TIME_INVERT_TIME_SYMB", 0x58A3, 2, 1)
    FREQ_TRACK_A_SF5_8 = Field("FREQ_TRACK_A_0", 0x58A5)
    FREQ_TRACK_A_SF9_12 = Field("FREQ_TRACK_A_1", 0x58A6)
    FREQ_TRACK_B_SF5_8 = Field("FREQ_TRACK_B_0", 0x58A7)
    FREQ_TRACK_B_SF9_12 = Field("FREQ_TRACK_B_1", 0x58A8)
    FREQ_SYNC_THRESHOLD = Field("FREQ_SYNCH_THR", 0x58AB, 0, 4)
    TIMESTAMP_ENABLE = Field("TIMESTAMP_ENABLE", 0x58B3, 3, 1)
    TIMESTAMP_SYMBOLS = Field("TIMESTAMP_NB_SYMB", 0x58B3, 0, 3)
    SYNC_DELTA_MSB = Field("MODEM_SYNC_DELTA_MSB", 0x58B7, 0, 3)
    SYNC_DELTA_LSB = Field("MODEM_SYNC_DELTA_LSB", 0x58B8)
    PPM_OFFSET_SF5_8 = Field("MODEM_PPM_OFFSET1", 0x58B9)
    PPM_OFFSET_SF9_12 = Field("MODEM_PPM_OFFSET2", 0x58BA)
    LEGACY_TIMESTAMP = Field("RX_BUFFER_LEGACY_TIMESTAMP", 0x58C0, 2, 1)
    MAX_TIMESTAMP_METRICS = Field("RX_BUFFER_MAX_TS_METRICS", 0x58C1)
    BUFFERED_BYTES = Field("RX_BUFFER_NB_BYTES", 0x58C8, 0, 13)


class LoraStd:
    """The single-SF LoRa modem."""

    IF_FREQ = Field("LORA_STD_IF_FREQ", 0x5B00, 0, 13)
    RADIO_SELECT = Field("LORA_STD_RADIO_SELECT", 0x5B02, 0, 1)
    DC_NOTCH_ENABLE = Field("LORA_STD_DC_NOTCH_ENABLE", 0x5B03, 0, 1)
    FORCE_DEFAULT_FIR = Field("LORA_STD_FORCE_DEFAULT_FIR", 0x5B18, 3, 1)
    DAGC_IN_COMP = Field("LORA_STD_DAGC_IN_COMP", 0x5B19, 6, 1)
    DAGC_GAIN_DROP = Field("LORA_STD_DAGC_GAIN_DROP_COMP", 0x5B1B, 4, 1)
    DAGC_TARGET = Field("LORA_STD_DAGC_TARGET_LVL", 0x5B1B, 6, 2)
    MODEM_BW = Field("LORA_STD_MODEM_BW", 0x5B21, 4, 4)
    MODEM_SF = Field("LORA_STD_MODEM_SF", 0x5B21, 0, 4)
    PPM_OFFSET = Field("LORA_STD_PPM_OFFSET", 0x5B22, 4, 2)
    MODEM_ENABLE = Field("LORA_STD_MODEM_EN", 0x5B22, 3, 1)
    CODING_RATE = Field("LORA_STD_CODING_RATE", 0x5B22, 0, 3)
    FINE_SYNC = Field("LORA_STD_FINE_SYNCH_EN", 0x5B23, 5, 1)
    MODEM_START = Field("LORA_STD_MODEM_START", 0x5B23, 4, 1)
    CAD_RX_TX = Field("LORA_STD_CADRXTX", 0x5B23, 2, 2)
    IMPLICIT_HEADER = Field("LORA_STD_IMPLICIT_HEADER", 0x5B23, 1, 1)
    CRC_ENABLE = Field("LORA_STD_CRC_EN", 0x5B23, 0, 1)
    PAYLOAD_LENGTH = Field("LORA_STD_PAYLOAD_LENGTH", 0x5B24)
    PREAMBLE_LSB = Field("LORA_STD_PREAMBLE_SYMB_NB_LSB", 0x5B27)
    PREAMBLE_MSB = Field("LORA_STD_PREAMBLE_SYMB_NB_MSB", 0x5B28)
    DFT_PEAK = Field("LORA_STD_DFT_PEAK_EN", 0x5B2A, 4, 2)
    SYNC_PEAK1 = Field("LORA_STD_PEAK1_POS", 0x5B2E, 0, 5)
    SYNC_PEAK2 = Field("LORA_STD_PEAK2_POS", 0x5B2F, 0, 5)
    TIMING_P_AUTO = Field("LORA_STD_GAIN_P_AUTO", 0x5B32, 6, 2)
    TIMING_P_PREAMBLE = Field("LORA_STD_GAIN_P_PREAMB", 0x5B32, 0, 3)
    TIMING_I_ENABLE = Field("LORA_STD_GAIN_I_EN", 0x5B33, 6, 2)
    TIMING_I_PAYLOAD = Field("LORA_STD_GAIN_I_PAYLOAD", 0x5B33, 3, 3)
    DRIFT_MANTISSA = Field("LORA_STD_DRIFT_MANT", 0x5B36, 0, 12)
    DRIFT_EXPONENT = Field("LORA_STD_DRIFT_EXP", 0x5B38, 0, 3)
    DRIFT_INVERT_SYMBOL = Field("LORA_STD_INVERT_TIME_SYMB", 0x5B39, 2, 1)
    MSP2_PEAKS = Field("LORA_STD_MSP2_PEAK_NB", 0x5B40, 4, 3)
    MSP_PEAKS = Field("LORA_STD_MSP_PEAK_NB", 0x5B40, 0, 3)
    ACC_USE_GAIN = Field("LORA_STD_USE_GAIN_SYMB", 0x5B42, 7, 1)
    ACC_PNR = Field("LORA_STD_ACC_PNR", 0x5B42, 0, 7)


class Fsk:
    """The FSK modem."""

    IF_FREQ = Field("FSK_IF_FREQ", 0x5B50, 0, 13)
    CRC_IBM = Field("FSK_CRC_IBM", 0x5B52, 4, 1)
    DC_FREE = Field("FSK_DCFREE_ENC", 0x5B52, 2, 2)
    CRC_ENABLE = Field("FSK_CRC_EN", 0x5B52, 1, 1)
    VARIABLE_LENGTH = Field("FSK_PKT_MODE", 0x5B52, 0, 1)
    SYNC_WORD_SIZE = Field("FSK_PSIZE", 0x5B53, 3, 3)
    BANDWIDTH_EXPONENT = Field("FSK_CH_BW_EXPO", 0x5B53, 0, 3)
    INVERT_IQ = Field("FSK_MODEM_INVERT_IQ", 0x5B54, 3, 1)
    AUTO_AFC = Field("FSK_AUTO_AFC", 0x5B54, 2, 1)
    RADIO_SELECT = Field("FSK_RADIO_SELECT", 0x5B54, 1, 1)
    RX_INVERT = Field("FSK_RX_INVERT", 0x5B54, 0, 1)
    RSSI_LENGTH = Field("FSK_RSSI_LENGTH", 0x5B55, 5, 3)
    ERROR_OSR_TOLERANCE = Field("FSK_ERROR_OSR_TOL", 0x5B55, 0, 5)
    NODE_ADDRESS = Field("FSK_NODE_ADRS", 0x5B56)
    BROADCAST = Field("FSK_BROADCAST", 0x5B57)
    PACKET_LENGTH = Field("FSK_PKT_LENGTH", 0x5B58)
    TIMEOUT = Field("FSK_TIMEOUT", 0x5B59, 0, 10)
    BIT_RATE = Field("FSK_BIT_RATE", 0x5B5B, 0, 16)
    SYNC_WORD = Field("FSK_REF_PATTERN", 0x5B5D, 0, 64)


class Arbiter:
    """The microcontroller that hands packets to demodulators."""

    CONTROL = Field("ARB_MCU_CTRL", 0x6080)
    CLEAR = Field("ARB_MCU_CLEAR", 0x6080, 2, 1)
    HOST_PROGRAM = Field("ARB_HOST_PROG", 0x6080, 1, 1)
    PARITY_ERROR = Field("ARB_PARITY_ERROR", 0x6080, 0, 1)
    STATUS = Field("MCU_ARB_STATUS", 0x6081)
    DEBUG_CONFIG = tuple(Field(f"ARB_DEBUG_CFG_{index}", 0x6089 + index) for index in range(4))
    VERSION = Field("ARB_DEBUG_STS_0", 0x608D)
    SYNC_OFFSET = tuple(
        Field(f"CHANNEL_{channel}_OFFSET", 0x609D + channel // 2, 4 * (channel % 2), 4) for channel in range(8)
    )


class Timestamp:
    """The 32 MHz counters: free-running, and latched at the PPS."""

    GPS_ENABLE = Field("GPS_EN", 0x6100, 0, 1)
    GPS_INVERT = Field("GPS_POL", 0x6100, 1, 1)
    PPS_COUNTER = Field("TIMESTAMP_PPS", 0x6101, 0, 32)
    COUNTER = Field("TIMESTAMP", 0x6105, 0, 32)


class Otp:
    """One-time programmable memory and the modem enables that live beside it."""

    BYTE_ADDRESS = Field("OTP_BYTE_ADDR", 0x6180)
    READ_DATA = Field("OTP_RD_DATA", 0x6181)
    FULL_MODEMS = Field("MODEM_EN_0", 0x6188)
    LIMITED_MODEMS = Field("MODEM_EN_1", 0x6189)


def _of_both_chains(name: str, offset: int, bit: int = 0, bits: int = 8) -> tuple[Field, Field]:
    """The same field in the register banks of the two transmit chains."""
    return Field(f"TX_A_{name}", 0x5200 + offset, bit, bits), Field(f"TX_B_{name}", 0x5400 + offset, bit, bits)


class Tx:
    """The transmit path of each RF chain: when, how strong, where; then the FSK and the LoRa modulator."""

    TRIGGERS = _of_both_chains("TRIG", 0x00)
    TIMER = _of_both_chains("TIMER_DELAYED_TRIG", 0x01, bits=32)
    START_DELAY = _of_both_chains("START_DELAY", 0x05, bits=16)
    BUFFER_OPEN = _of_both_chains("WRITE_BUFFER", 0x07, 0, 1)
    MODULATION = _of_both_chains("MODULATION_TYPE", 0x09, 0, 1)
    AGC_BANDWIDTH = _of_both_chains("AGC_TX_BW", 0x0C)
    AGC_POWER = _of_both_chains("AGC_TX_PWR", 0x0D)
    STATUS = _of_both_chains("FSM_STATUS", 0x11)

    CLOCK_EDGE = _of_both_chains("CLK_EDGE", 0x20, 4, 1)
    MODE = _of_both_chains("MODE", 0x20, 3, 1)
    IF_DESTINATION = _of_both_chains("IF_DST", 0x20, 2, 1)
    IF_SOURCE = _of_both_chains("IF_SRC", 0x20, 0, 2)
    PLL_DIVIDER_BY_AGC = _of_both_chains("PLL_DIV_CTRL_AGC", 0x21, 0, 1)
    IQ_GAIN = _of_both_chains("IQ_GAIN", 0x22, 0, 2)
    I_OFFSET = _of_both_chains("I_OFFSET", 0x23)
    Q_OFFSET = _of_both_chains("Q_OFFSET", 0x24)
    FREQUENCY = _of_both_chains("FREQ_RF", 0x25, bits=24)
    DEVIATION = _of_both_chains("FREQ_DEV", 0x28, bits=12)

    FSK_LENGTH = _of_both_chains("FSK_PKT_LENGTH", 0x40)
    FSK_CRC_IBM = _of_both_chains("FSK_CRC_IBM", 0x41, 4, 1)
    FSK_DC_FREE = _of_both_chains("FSK_DCFREE_ENC", 0x41, 2, 2)
    FSK_CRC_ENABLE = _of_both_chains("FSK_CRC_EN", 0x41, 1, 1)
    FSK_VARIABLE_LENGTH = _of_both_chains("FSK_PKT_MODE", 0x41, 0, 1)
    FSK_PREAMBLE = _of_both_chains("FSK_PREAMBLE_SIZE", 0x42, bits=16)
    FSK_BIT_RATE = _of_both_chains("FSK_BIT_RATE", 0x44, bits=16)
    FSK_SYNC_WORD_SIZE = _of_both_chains("FSK_REF_PATTERN_SIZE", 0x46, 5, 3)
    FSK_PREAMBLE_SEQUENCE = _of_both_chains("FSK_PREAMBLE_SEQ", 0x46, 4, 1)
    FSK_SYNC_WORD_ENABLE = _of_both_chains("FSK_REF_PATTERN_EN", 0x46, 3, 1)
    FSK_GAUSSIAN_BT = _of_both_chains("FSK_GAUSSIAN_SELECT_BT", 0x46, 1, 2)
    FSK_GAUSSIAN_ENABLE = _of_both_chains("FSK_GAUSSIAN_EN", 0x46, 0, 1)
    FSK_SYNC_WORD = _of_both_chains("FSK_REF_PATTERN", 0x47, bits=64)

    LORA_BANDWIDTH = _of_both_chains("MODEM_BW", 0x60, 4, 4)
    SPREADING_FACTOR = _of_both_chains("MODEM_SF", 0x60, 0, 4)
    PPM_OFFSET_HEADER = _of_both_chains("PPM_OFFSET_HDR_CTRL", 0x61, 6, 2)
    PPM_OFFSET = _of_both_chains("PPM_OFFSET", 0x61, 4, 2)
    CODING_RATE = _of_both_chains("CODING_RATE", 0x61, 0, 3)
    FINE_SYNC = _of_both_chains("FINE_SYNCH_EN", 0x62, 7, 1)
    MODEM_ENABLE = _of_both_chains("MODEM_EN", 0x62, 6, 1)
    CAD_RX_TX = _of_both_chains("CADRXTX", 0x62, 4, 2)
    IMPLICIT_HEADER = _of_both_chains("IMPLICIT_HEADER", 0x62, 1, 1)
    CRC_ENABLE = _of_both_chains("CRC_EN", 0x62, 0, 1)
    PAYLOAD_LENGTH = _of_both_chains("PAYLOAD_LENGTH", 0x63)
    MODEM_START = _of_both_chains("MODEM_START", 0x65, 7, 1)
    PREAMBLE_LSB = _of_both_chains("PREAMBLE_SYMB_NB_LSB", 0x66)
    PREAMBLE_MSB = _of_both_chains("PREAMBLE_SYMB_NB_MSB", 0x67)
    CHIRP_LOWPASS = _of_both_chains("CHIRP_LOWPASS", 0x69, 4, 3)
    CHIRP_INVERT = _of_both_chains("CHIRP_INVERT", 0x69, 1, 1)
    CONTINUOUS = _of_both_chains("CONTINUOUS", 0x69, 0, 1)
    SYNC_PEAK1 = _of_both_chains("PEAK1_POS", 0x6D, 0, 5)
    SYNC_PEAK2 = _of_both_chains("PEAK2_POS", 0x6E, 0, 5)
