"""Where the simulated chip keeps what it reacts to: addresses and bits of the SX1302's registers.

Numbers taken from the reference recordings (register map).
"""

from typing import Final

FIRMWARE_END: Final = 0x4000
RX_FIFO: Final = 0x4000
ADDRESS_SPACE: Final = 0x8000

TX_BANKS: Final = (0x5200, 0x5400)
"""First register of each transmit chain; the offsets below count from there."""
TX_TRIGGER: Final = 0x00
TX_TIMER: Final = 0x01
TX_START_DELAY: Final = 0x05
TX_MODULATION: Final = 0x09
TX_POWER: Final = 0x0D
"""Power index in the lower six bits, the power amplifier in the one above."""
TX_FSM_STATUS: Final = 0x11
TX_FREQUENCY: Final = 0x25
TX_FREQUENCY_DEVIATION: Final = 0x28
TX_FSK_CONFIG: Final = 0x41
FSK_CRC_ON: Final = 0b10
TX_FSK_PREAMBLE: Final = 0x42
TX_FSK_BIT_RATE: Final = 0x44
TX_FSK_PATTERN_SIZE: Final = 0x46
TX_FSK_PATTERN: Final = 0x47
TX_LORA_CONFIG: Final = 0x60
TX_LORA_PREAMBLE: Final = 0x66
TX_LORA_CHIRPS: Final = 0x69
CHIRPS_INVERTED: Final = 0b10
TX_LORA_SYNC_PEAKS: Final = 0x6D
TX_BUFFER: Final = 0x100

PAGE: Final = 0x5600
RADIO_CONTROL: Final = 0x5601
HOST_DRIVES_RADIOS: Final = 0b1000
MODEM_ENABLE: Final = 0x5605
GLOBAL_ON: Final = 0b1000
FSK_ON: Final = 0b0100
MULTI_SF_ON: Final = 0b0010
SINGLE_SF_ON: Final = 0b0001
VERSION: Final = 0x5606

AGC_CONTROL: Final = 0x5780
AGC_STATUS: Final = 0x5781
RADIO_ENABLES: Final = (0x5783, 0x5784)
RADIO_RUNS: Final = 0b1000
RADIO_POWERED: Final = 0b0100
AGC_FROM_HOST: Final = (0x578C, 0x578B, 0x578A, 0x5789)
AGC_TO_HOST: Final = (0x5790, 0x578F, 0x578E, 0x578D)
CLOCK_SELECT: Final = 0x57C0
CLOCK_ON: Final = 0b100
CLOCK_SOURCES: Final = 0b011

CHANNEL_IF: Final = 0x5800
CHANNEL_RADIO: Final = 0x5810
CORRELATOR_CLOCKS: Final = 0x5820
CORRELATORS: Final = 0x5821
CORRELATOR_SFS: Final = 0x5822
SYNC_PEAKS_SF5: Final = 0x588A
SYNC_PEAKS_SF6: Final = 0x588C
SYNC_PEAKS_SF7_TO_12: Final = 0x588E
RX_BUFFER_MODE: Final = 0x58C0
LEGACY_TIMESTAMP: Final = 0b100
MAX_METRICS: Final = 0x58C1
RX_LEVEL: Final = 0x58C8
MULTI_SF_ERRORS: Final = 0x58CB
"""Count of payload errors; good packets are counted in the next register."""
SINGLE_SF_ERRORS: Final = 0x58CE
FSK_ERRORS: Final = 0x58D1

SINGLE_SF_IF: Final = 0x5B00
SINGLE_SF_RADIO: Final = 0x5B02
SINGLE_SF_RATE: Final = 0x5B21
SINGLE_SF_MODEM: Final = 0x5B22
SINGLE_SF_MODEM_ON: Final = 0b1000
SINGLE_SF_HEADER: Final = 0x5B23
IMPLICIT_HEADER: Final = 0b10
SINGLE_SF_SYNC_PEAKS: Final = 0x5B2E
FSK_IF: Final = 0x5B50
FSK_PATTERN_SIZE: Final = 0x5B53
FSK_RADIO: Final = 0x5B54
FSK_BIT_RATE: Final = 0x5B5B
FSK_PATTERN: Final = 0x5B5D

ARBITER_CONTROL: Final = 0x6080
ARBITER_STATUS: Final = 0x6081
ARBITER_CONFIG: Final = 0x6089
ARBITER_DEBUG: Final = 0x608D
DOUBLE_DEMODULATION: Final = 0x608C
PPS_CONTROL: Final = 0x6100
PPS_ON: Final = 0b1
COUNTERS: Final = 0x6101
OTP_ADDRESS: Final = 0x6180
OTP_DATA: Final = 0x6181
DEMODULATORS: Final = 0x6188
