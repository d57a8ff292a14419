"""What the store may take, and where it keeps an uplink."""

import enum

import msgspec


class StoreLimits(msgspec.Struct, frozen=True):
    """What the store may take, on disk and in memory. A segment is at most an eighth of `most_bytes`, and a megabyte.

    So many devices may wait at once, on all routes: whoever claims ever new addresses does not fill the memory.
    """

    most_bytes: int = 64 << 20
    max_age_ms: int = 86_400_000
    most_devices: int = 20_000
    most_in_memory: int = 2_000

    @property
    def segment_bytes(self) -> int:
        """So much a segment is filled with."""
        return min(self.most_bytes // 8, 1 << 20)

    @property
    def spare_bytes(self) -> int:
        """So much room the file of fates has ahead: what is given up while the disk is full is written down there."""
        return self.most_bytes // 64


class Kept(enum.Enum):
    """Where an uplink is. What is in memory is lost by a kill."""

    ON_DISK = enum.auto()
    IN_MEMORY = enum.auto()
    GIVEN_UP = enum.auto()
