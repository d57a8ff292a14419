"""SPI frames of the SX1302 and of the radios behind it.

Layout: reference recordings of sx1302_hal 2.1.0, and the SX1302 data sheet, section "SPI". Byte 0
selects the target; a read has one dummy byte before its data, a write has none.
"""

SX1302_TARGET = 0x00
RADIO_TARGETS = (0x01, 0x02)
WRITE_BIT = 0x80
READ_HEADER_BYTES = 4
RADIO_HEADER_BYTES = 2


def write_frame(address: int, data: bytes) -> bytes:
    """A burst write of consecutive registers or memory."""
    return bytes((SX1302_TARGET, WRITE_BIT | (address >> 8), address & 0xFF)) + data


def read_frame(address: int, length: int) -> bytes:
    """A burst read; the answer's data begin at `READ_HEADER_BYTES`."""
    return bytes((SX1302_TARGET, address >> 8, address & 0xFF)) + bytes(length + 1)


def radio_frame(radio: int, opcode: int, data: bytes) -> bytes:
    """A command to an SX1250, or a query: then `data` is zeros and the answer begins at `RADIO_HEADER_BYTES`."""
    return bytes((RADIO_TARGETS[radio], opcode)) + data
