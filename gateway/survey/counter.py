"""What the gaps in one device's frame counter tell: how many frames were sent that were not heard. Pure.

The 16 bits of the counter on the air wrap (LoRaWAN L2 1.0.4, section 4.3.1.5). A repetition has the counter of its
frame. A device that is reset, or joins again, begins anew, which looks like a leap ahead of nearly 65536: a leap is
taken for a beginning where the device cannot have sent so many frames since it was heard last, or leaps further than
network servers used to follow.
"""

import msgspec

COUNTERS = 1 << 16
# The fastest devices in the field send once a second; one that sends faster than this breaks the law anywhere.
LEAST_INTERVAL_S = 0.5
# MAX_FCNT_GAP (LoRaWAN regional parameters 1.0.3rA, default settings of EU863-870; gone since LoRaWAN 1.0.4): servers
# dropped what leapt further.
FARTHEST_LEAP = 16_384
# A repetition is sent within seconds, up to 15 times (LinkADRReq, NbTrans): frames from before these are replayed.
REMEMBERED = 32
# A confirmed frame is sent again with its counter, and perhaps with other MAC commands, so that its id differs.
REPEATED_WITHIN_S = 60.0


class Counter(msgspec.Struct, frozen=True):
    """One device's. `last` is the counter heard last; `recent` are the frames heard last, by their ids.

    `gaps` are the times between two frames of one count: in them others may have been lost.
    """

    last: int | None = None
    at_s: float = 0.0
    recent: tuple[int, ...] = ()
    frames: int = 0
    gaps: int = 0
    lost: int = 0
    restarts: int = 0

    def heard(self, fcnt: int, frame: int, at_s: float) -> "Counter":
        """After a frame with these 16 bits; `frame` is its id, the same for a repetition."""
        if frame in self.recent:
            return self
        recent = (*self.recent, frame)[-REMEMBERED:]
        if self.last is None:
            return msgspec.structs.replace(self, last=fcnt, at_s=at_s, recent=recent, frames=self.frames + 1)
        ahead, elapsed_s = (fcnt - self.last) % COUNTERS, at_s - self.at_s
        if ahead == 0 and elapsed_s <= REPEATED_WITHIN_S:
            return msgspec.structs.replace(self, recent=recent)
        is_new = ahead == 0 or ahead > min(1 + elapsed_s / LEAST_INTERVAL_S, FARTHEST_LEAP)
        return Counter(
            last=fcnt,
            at_s=at_s,
            recent=recent,
            frames=self.frames + 1,
            gaps=self.gaps + (not is_new),
            lost=self.lost + (0 if is_new else ahead - 1),
            restarts=self.restarts + is_new,
        )

    def begun_anew(self) -> "Counter":
        """After a join: the next frame begins another count."""
        return msgspec.structs.replace(self, last=None, restarts=self.restarts + (self.last is not None))

    def paused(self) -> "Counter":
        """After a time in which nobody listened: what was sent then is nobody's loss."""
        return msgspec.structs.replace(self, last=None)

    @property
    def is_telling(self) -> bool:
        """Whether others may have been lost at all. Of two devices with one address there are only restarts."""
        return self.gaps > 0
