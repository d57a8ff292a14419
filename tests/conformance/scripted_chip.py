"""A started chip that shows just what a vector says: counters, level and receive buffer."""

from collections.abc import Iterator

FIFO, LEVEL, COUNTERS, ENABLES = 0x4000, 0x58C8, 0x6101, 0x5605
ENABLED_AND_VERSION = b"\x0f\x10"


class ScriptedChip:
    """A bus that answers reads from a script and ignores writes."""

    def __init__(self) -> None:
        self.fifo = bytearray()
        self.inst_ticks = self.pps_ticks = 0
        self.counter_reads: list[bytes] = []
        self.level_reads: list[int] = []
        self.counters_read = 0

    def show(self, row: dict[str, object]) -> None:
        """Prepare the state of one step."""
        self.fifo += bytes.fromhex(str(row.get("fifo", "")))
        self.inst_ticks, self.pps_ticks = int(str(row["inst32"])), int(str(row["pps32"]))
        numbers = [int(number) for number in str(row.get("counter_reads", "")).split()]
        self.counter_reads = [_counters(pps, inst) for inst, pps in _pairs(numbers)]
        self.level_reads = [int(number) for number in str(row.get("level_reads", "")).split()]

    def forget_overrides(self) -> None:
        """End a step: from now on the frozen values show."""
        self.counter_reads, self.level_reads = [], []

    def transfer(self, out: bytes) -> bytes:
        """Answer one frame."""
        if out[0] or out[1] & 0x80:
            return bytes(len(out))
        return bytes(4) + self._read(int.from_bytes(out[1:3], "big"), len(out) - 4)

    def _read(self, address: int, length: int) -> bytes:
        if address == FIFO:
            data = bytes(self.fifo[:length])
            del self.fifo[:length]
            return data.ljust(length, b"\0")
        if address == LEVEL:
            level = self.level_reads.pop(0) if self.level_reads else len(self.fifo)
            return level.to_bytes(2, "big")[:length]
        if address == COUNTERS:
            self.counters_read += 1
            shown = self.counter_reads.pop(0) if self.counter_reads else _counters(self.pps_ticks, self.inst_ticks)
            return shown[:length]
        if address == ENABLES:
            return ENABLED_AND_VERSION[:length]
        return bytes(length)

    def close(self) -> None:
        """Nothing to release."""


def _pairs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    return zip(numbers[::2], numbers[1::2], strict=True)


def _counters(pps_ticks: int, inst_ticks: int) -> bytes:
    return pps_ticks.to_bytes(4, "big") + inst_ticks.to_bytes(4, "big")
