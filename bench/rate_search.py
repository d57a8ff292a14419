"""The highest rate without loss, found by trying a few. Pure but for the trials themselves."""

import enum
from collections.abc import Awaitable, Callable, Sequence

import msgspec

RATES_PPS = (500, 1000, 2000, 3000, 4000, 5000, 6000, 8000, 10_000, 12_000)
FIRST_PPS = 5000
# An injector that was slower than this has not tried the rate.
HELD = 0.98


class Verdict(enum.Enum):
    """What a trial showed."""

    SUSTAINED = enum.auto()
    LOST = enum.auto()
    NOT_TRIED = enum.auto()


class Trial(msgspec.Struct, frozen=True):
    """Packets at one rate: how fast they really entered, and where those went that did not arrive."""

    asked_pps: int
    achieved_pps: float
    injected: int
    lost: int
    lost_in_chip: int = 0
    dropped_by_kernel: int = 0

    @property
    def verdict(self) -> Verdict:
        """Loss counts at any speed; without it, only a rate that was held."""
        if self.lost:
            return Verdict.LOST
        return Verdict.SUSTAINED if self.achieved_pps >= HELD * self.asked_pps else Verdict.NOT_TRIED

    def __str__(self) -> str:
        """One clause for the table."""
        if self.verdict is Verdict.NOT_TRIED:
            return f"the injector itself reached only {self.achieved_pps:.0f}/s of {self.asked_pps}"
        if self.verdict is Verdict.SUSTAINED:
            return f"{self.asked_pps}/s lost none of {self.injected}"
        text = f"{self.asked_pps}/s lost {self.lost} of {self.injected}"
        if self.lost_in_chip:
            text += f", {self.lost_in_chip} of them in the chip's full buffer"
        if self.dropped_by_kernel:
            text += (
                f"; the kernel dropped {self.dropped_by_kernel} datagrams before the server, not the gateway's fault"
            )
        return text


async def search(
    attempt: Callable[[int], Awaitable[Trial]], rates_pps: Sequence[int] = RATES_PPS, *, climb: bool = True
) -> tuple[int, list[Trial]]:
    """The highest sustained of the rates, 0 if none, and the trials made.

    From `FIRST_PPS` it goes up while nothing is lost (unless `climb` is off), or else down until nothing is.
    """
    trials = [await attempt(FIRST_PPS)]
    if trials[0].verdict is not Verdict.SUSTAINED:
        for rate_pps in sorted((rate for rate in rates_pps if rate < FIRST_PPS), reverse=True):
            trials.append(await attempt(rate_pps))
            if trials[-1].verdict is Verdict.SUSTAINED:
                return rate_pps, trials
        return 0, trials
    best_pps = FIRST_PPS
    for rate_pps in sorted(rate for rate in rates_pps if rate > FIRST_PPS and climb):
        trials.append(await attempt(rate_pps))
        if trials[-1].verdict is not Verdict.SUSTAINED:
            break
        best_pps = rate_pps
    return best_pps, trials
