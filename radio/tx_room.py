"""Room on the air for those who find none, because others ask earlier or more often. Pure; times are in µs.

What was accepted is a promise, and stays. So whoever is refused again and again because of another's packets is helped
for the future: the other one's packets leave so much air between each other, for a while, that a packet of that length
finds its moment more often than not. As long as nobody is hindered, everybody may use all of the air.

Classes are told apart. A receive window (A) and a ping slot (B) are at their moment or never, while what goes as soon
as possible (C) can wait: a server's own immediate packets leave room for its windows, too.
"""

from collections.abc import Collection

import msgspec

# So many refusals in a row are no coincidence any more.
PATIENCE = 3
ROOM_FOR_US = 60_000_000
# Of the length that does not fit: then two thirds of the moments between two packets are good for it.
ROOM_LENGTHS = 3
# The longest emission of LoRaWAN, 255 bytes at SF12, is shorter; nobody is to silence others by asking for more.
LONGEST_ROOM_US = ROOM_LENGTHS * 10_000_000


class Party(msgspec.Struct, frozen=True, order=True):
    """Who asks, and whether for something that can wait."""

    origin: str
    can_wait: bool = False


class Room(msgspec.Struct, frozen=True):
    """A party's packets have to lie `length_us` apart until a moment."""

    party: Party
    length_us: int
    until_us: int


class RoomForOthers(msgspec.Struct, frozen=True):
    """Who was refused how often in a row because of others, and who has to leave room. Each operation returns the next.

    There is one count and two rooms for each origin at most.
    """

    refusals: tuple[tuple[Party, int], ...] = ()
    rooms: tuple[Room, ...] = ()

    def accepted(self, party: Party) -> "RoomForOthers":
        """A party has found its moment."""
        if not any(each == party for each, _ in self.refusals):
            return self
        return msgspec.structs.replace(self, refusals=tuple(each for each in self.refusals if each[0] != party))

    def refused(self, party: Party, by: Collection[Party], length_us: int, now_us: int) -> "RoomForOthers":
        """A party has not found its moment for so long a packet, because of packets of these.

        Its own packets of the same kind are nobody's fault.
        """
        others = [each for each in by if each != party]
        if not others:
            return self
        count = 1 + next((count for each, count in self.refusals if each == party), 0)
        rest = tuple(each for each in self.refusals if each[0] != party)
        after = msgspec.structs.replace(self, refusals=(*rest, (party, min(count, PATIENCE))))
        if count >= PATIENCE:
            for each in others:
                after = after._make(each, ROOM_LENGTHS * length_us, now_us)
        return after

    def room_us(self, party: Party, now_us: int) -> int:
        """How far apart a party's packets have to lie now, beside what the radio needs."""
        return next((each.length_us for each in self.rooms if each.party == party and each.until_us > now_us), 0)

    def _make(self, by: Party, length_us: int, now_us: int) -> "RoomForOthers":
        length_us = min(max(length_us, self.room_us(by, now_us)), LONGEST_ROOM_US)
        others = tuple(each for each in self.rooms if each.party != by and each.until_us > now_us)
        return msgspec.structs.replace(self, rooms=(*others, Room(by, length_us, now_us + ROOM_FOR_US)))
