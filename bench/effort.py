"""How long to look, and what a look at the rig is."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from bench.figures import Reading
from bench.rig import Rig

FULL_TRIAL_S = 10.0


class Effort(msgspec.Struct, frozen=True):
    """How long to look. Quick figures are noisier, and the rate search stops where the target is reached."""

    idle_s: float
    latency_s: float
    cpu_s: dict[int, float]
    trial_s: float
    climb: bool
    downlinks: int
    notice_step_us: int
    decisions: int
    link_packets: int
    deafness_share: float = 1.0


THOROUGH = Effort(
    idle_s=10,
    latency_s=20,
    cpu_s={10: 20, 200: 10, 1000: 10},
    trial_s=FULL_TRIAL_S,
    climb=True,
    downlinks=10_000,
    notice_step_us=100,
    decisions=200_000,
    link_packets=20_000,
)
QUICK = Effort(
    idle_s=2,
    latency_s=2,
    cpu_s={10: 2, 200: 2, 1000: 1},
    trial_s=2,
    climb=False,
    downlinks=60,
    notice_step_us=500,
    decisions=2_000,
    link_packets=2_000,
    deafness_share=0.1,
)


class Measurement(msgspec.Struct, frozen=True):
    """Figures that come out of one look at the rig."""

    names: tuple[str, ...]
    measure: Callable[[Rig, Effort], Awaitable[Sequence[Reading]]]


class OwnMeasurement(msgspec.Struct, frozen=True):
    """Figures whose measurement starts all processes that it needs, and has ended them when it returns."""

    names: tuple[str, ...]
    measure: Callable[[Effort], Awaitable[Sequence[Reading]]]
