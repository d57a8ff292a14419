"""Whether less is heard in these hours than usual: sensors taken away, a holiday, a change of season. Pure."""

import math

import msgspec

from gateway.supervision.usual_traffic import CLUSTER_S, quick_rate

# A fleet that is taken down shows within minutes, half of one within hours, a change by a tenth within days.
RECENT_S = (2 * 3600.0, 12 * 3600.0, 120 * 3600.0)
# As many standard deviations fewer than usual are a change, not chance.
SURPRISE = 3.0
LEAST_SHARE = 0.02
# Of a rise from one hour to the next.
STEEPEST = 3.0


class RecentTraffic(msgspec.Struct, frozen=True):
    """How many silences ended lately and how many should have, fading: by each of the times of `RECENT_S`.

    And for how long one was silent in the shortest (`CLUSTER_S` after a packet and later), and listened at all.
    """

    ended: tuple[float, float, float] = (0.0, 0.0, 0.0)
    expected: tuple[float, float, float] = (0.0, 0.0, 0.0)
    silent_s: float = 0.0
    listened_s: float = 0.0

    def with_time(self, listened_s: float, silent_s: float, expected: float) -> "RecentTraffic":
        """Listened; and silent at the end of it, while so many silences should have ended."""
        short, middle, long = (math.exp(-listened_s / lasts_s) for lasts_s in RECENT_S)
        ended, due = self.ended, self.expected
        return RecentTraffic(
            (ended[0] * short, ended[1] * middle, ended[2] * long),
            (due[0] * short + expected, due[1] * middle + expected, due[2] * long + expected),
            self.silent_s * short + silent_s,
            self.listened_s * short + listened_s,
        )

    def with_end(self) -> "RecentTraffic":
        """A silence ended."""
        short, middle, long = self.ended
        return msgspec.structs.replace(self, ended=(short + 1, middle + 1, long + 1))

    def changed(self, expected: float) -> "RecentTraffic":
        """After a silence that nobody would have expected: only what comes now says how much is usual from now on."""
        return msgspec.structs.replace(self, ended=(0.0, 0.0, 0.0), expected=(expected, expected, expected))

    @property
    def share(self) -> float:
        """What share of the usual there is now; 1 while it may be chance. It is never more: a rise may be a burst."""
        return min(_share(ended, expected) for ended, expected in zip(self.ended, self.expected, strict=True))

    @property
    def most_rate(self) -> float:
        """What hazard of a silence (1/s) is believed after these hours, at a place where the hours differ.

        A morning that is to bring much more than the night has to show first that it is no holiday's.
        """
        seen = (self.ended[0] + 1) / (self.silent_s + CLUSTER_S)
        return STEEPEST * max(seen, quick_rate(self.silent_s, self.listened_s))


def _share(ended: float, expected: float) -> float:
    if expected - ended <= SURPRISE * math.sqrt(expected):
        return 1.0
    return max(LEAST_SHARE, (ended + 1) / (expected + 1))
