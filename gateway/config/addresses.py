"""Addresses as a person writes them, in the policy and in gateway.toml → integers, with every mistake noted."""

from collections.abc import Sequence

from gateway.config.reader import Reader
from gateway.policy.document import Block, EuiRange, EuiRangeTable
from gateway.policy.text.net_id import block_of, block_text, has_unused_bits, trimmed


def integers(texts: Sequence[str | None]) -> tuple[int, ...]:
    """Those that could be read."""
    return tuple([int(text, 16) for text in texts if text is not None])


def read_blocks(texts: Sequence[str | None], path: str, reader: Reader) -> list[Block]:
    """DevAddrs and blocks of them: "26011A00/24"."""
    blocks = []
    for index, text in enumerate(texts):
        if text is None:
            continue
        block = block_of(text)
        if (right := trimmed(block)) != block:
            allowed = f'must have 0 in all bits behind the first {block[1]}: "{block_text(right)}" is its block'
            reader.refuse(f"{path}[{index}]", text, allowed)
        blocks.append(right)
    return blocks


def read_ranges(tables: Sequence[EuiRangeTable | None], path: str, reader: Reader) -> tuple[EuiRange, ...]:
    """EUIs from one to another: { first = "70B3D57ED0000000", last = "70B3D57ED000FFFF" }."""
    ranges = []
    for index, table in enumerate(tables):
        if table is None or reader.failed_at(f"{path}[{index}].first", f"{path}[{index}].last"):
            continue
        first, last = int(table.first, 16), int(table.last, 16)
        if last < first:
            reader.refuse(f"{path}[{index}].last", table.last, f"must not be less than the first: {table.first}")
        ranges.append((first, last))
    return tuple(ranges)


def read_net_ids(texts: Sequence[str | None], path: str, reader: Reader) -> tuple[int, ...]:
    """NetIDs: "000013"."""
    for index, text in enumerate(texts):
        if text is not None and has_unused_bits(int(text, 16)):
            reader.refuse(f"{path}[{index}]", text, "must be a NetID: bits are set that its type leaves at 0")
    return integers(texts)
