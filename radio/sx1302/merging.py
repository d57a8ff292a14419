"""From field values to as few bursts as they need. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from radio.sx1302.registers import Field, Write


def field_bytes(field: Field, value: int) -> Iterator[tuple[int, int, int]]:
    """Yield (address, mask, bits) for each register that the field covers.

    Raises:
        ValueError: the value does not fit the field.
    """
    if not 0 <= value < 1 << field.bits:
        raise ValueError(f"{field}: {value} does not fit {field.bits} bits")
    shifted = value << field.offset
    mask = ((1 << field.bits) - 1) << field.offset
    for index in range(field.length):
        shift = 8 * (field.length - 1 - index)
        yield field.address + index, (mask >> shift) & 0xFF, (shifted >> shift) & 0xFF


def partial_registers(writes: Iterable[Write]) -> set[int]:
    """The registers of which some bits are left alone, so that their present value must be known."""
    masks: dict[int, int] = {}
    for field, value in writes:
        for address, mask, _ in field_bytes(field, value):
            masks[address] = masks.get(address, 0) | mask
    return {address for address, mask in masks.items() if mask != 0xFF}


def merge(writes: Iterable[Write], known: Mapping[int, int]) -> dict[int, int]:
    """The value of every register after all writes, later ones winning.

    `known` holds the present value of each register in `partial_registers`.
    """
    image: dict[int, int] = {}
    for field, value in writes:
        for address, mask, bits in field_bytes(field, value):
            present = image[address] if address in image else known.get(address, 0)
            image[address] = (present & ~mask) | bits
    return image


def bursts(image: Mapping[int, int]) -> list[tuple[int, bytes]]:
    """Runs of consecutive addresses, in ascending order. Never touches an address that is not in `image`."""
    runs: list[tuple[int, bytearray]] = []
    for address in sorted(image):
        if runs and address == runs[-1][0] + len(runs[-1][1]):
            runs[-1][1].append(image[address])
        else:
            runs.append((address, bytearray((image[address],))))
    return [(start, bytes(data)) for start, data in runs]


def spans(addresses: Iterable[int], gap: int = 32) -> list[tuple[int, int]]:
    """(start, length) of as few reads as cover all addresses; reading up to `gap` registers for nothing is cheaper."""
    result: list[tuple[int, int]] = []
    for address in sorted(addresses):
        if result and address < result[-1][0] + result[-1][1] + gap:
            result[-1] = (result[-1][0], address - result[-1][0] + 1)
        else:
            result.append((address, 1))
    return result
