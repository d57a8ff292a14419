"""Where an uplink lies, in 64 bits: segment, number of the depositor's name, and place in the segment. Pure.

Eight bytes instead of an object each: a day's outage is hundreds of thousands of uplinks.
"""

MEMORY = 0
"""The segment of those that are in memory only; their place is a number."""
MOST_SEGMENT = (1 << 32) - 1
MOST_OFFSET = (1 << 20) - 1

_OFFSET_BITS = 20
_NAME_BITS = 12
_SEGMENT_SHIFT = _OFFSET_BITS + _NAME_BITS
_MOST_NAMES = 1 << _NAME_BITS


def place_of(segment: int, name: int, offset: int) -> int:
    """The place of an uplink."""
    return segment << _SEGMENT_SHIFT | name << _OFFSET_BITS | offset


def segment_of(place: int) -> int:
    """The segment's number."""
    return place >> _SEGMENT_SHIFT


def name_of(place: int) -> int:
    """The depositor's number."""
    return place >> _OFFSET_BITS & (_MOST_NAMES - 1)


def offset_of(place: int) -> int:
    """The place in the segment."""
    return place & MOST_OFFSET


class Names:
    """Numbers for depositors. What comes after the 4,095th is nobody's, ""."""

    def __init__(self) -> None:
        self._names = [""]
        self._numbers = {"": 0}

    def number(self, name: str) -> int:
        """The number of a name, a new one where it has none yet."""
        found = self._numbers.get(name)
        if found is None:
            if len(self._names) == _MOST_NAMES:
                return 0
            found = self._numbers[name] = len(self._names)
            self._names.append(name)
        return found

    def name(self, number: int) -> str:
        """The name of a number."""
        return self._names[number]
