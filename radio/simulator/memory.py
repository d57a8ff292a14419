"""The chip's address space as the host sees it."""

from radio.simulator.addresses import ADDRESS_SPACE
from radio.simulator.reset_image import READ_ONLY, READ_ONLY_BITS, RESET_BLOCKS, TX_BUFFERS


def _reset_image() -> bytes:
    image = bytearray(ADDRESS_SPACE)
    for first, block in RESET_BLOCKS:
        content = bytes.fromhex(block)
        image[first : first + len(content)] = content
    return bytes(image)


def _writable_bits() -> bytes:
    bits = bytearray(ADDRESS_SPACE)
    for first, block in RESET_BLOCKS:
        bits[first : first + len(block) // 2] = b"\xff" * (len(block) // 2)
    for first, last in TX_BUFFERS:
        bits[first : last + 1] = b"\xff" * (last + 1 - first)
    for first, last in READ_ONLY:
        bits[first : last + 1] = bytes(last + 1 - first)
    for address, read_only in READ_ONLY_BITS.items():
        bits[address] &= ~read_only
    return bytes(bits)


RESET_IMAGE = _reset_image()
WRITABLE_BITS = _writable_bits()


class Memory:
    """Registers and memories; the chip itself may write anything through `content`."""

    def __init__(self) -> None:
        self.content = bytearray(RESET_IMAGE)

    def reset(self) -> None:
        """Return to the reset image."""
        self.content[:] = RESET_IMAGE

    def read(self, address: int, length: int) -> bytes:
        """`length` bytes from `address` on; beyond the last address all is zero."""
        return bytes(self.content[address : address + length]).ljust(length, b"\0")

    def host_write(self, address: int, data: bytes) -> None:
        """Store what the host may write; read-only bits and reserved addresses keep their content."""
        content = self.content
        for position, byte in enumerate(data, address):
            if position >= ADDRESS_SPACE:
                return
            bits = WRITABLE_BITS[position]
            content[position] = (content[position] & ~bits) | (byte & bits)
