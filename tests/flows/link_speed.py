"""Article 8 in a hurry: every patience of the daemon divided by the same number, and a clock that a test calls sure.

What is patched is where each value is used. The program's own figures are those of docs/detection.md; in real time
they are tried by `python -m tests.flows.link_faults`.
"""

import functools
import time
from collections.abc import Callable

import msgspec

from forwarder import failover
from gateway import link_side, system_clock
from gateway.broker import pause
from gateway.link import keeping, life_sign, looking, telling
from gateway.link.following import follow
from gateway.link.incidents import PACE, Pace, follow_link
from gateway.link.state import RULES, Rule
from gateway.supervision import ears, ladder, recovery
from gateway.supervision.deafness import DeafnessWatch
from gateway.supervision.rungs import CALM_S, CEILINGS, CEILINGS_BY_SILENCE, Ceiling, RestartPolicy
from gateway.system_clock import STA_UNSYNC, KernelClock
from tests.flows.learnt_traffic import learnt

# Of the town in `tests.flows.link_faults`, and how much sooner its silence tells.
UPLINKS_PER_S, DEAFNESS_TIMES = 4.0, 300.0

Patch = Callable[[object, str, object], None]
"""Sets an attribute: `setattr`, or a fixture's that takes it back."""


class HostClock:
    """What the kernel says of the host's clock."""

    def __init__(self) -> None:
        self.is_sure = True

    def read(self) -> KernelClock:
        """See `gateway.system_clock.read_kernel_clock`."""
        return KernelClock(0 if self.is_sure else STA_UNSYNC, 0)


def with_clock(patch: Patch) -> HostClock:
    """A clock that is sure until somebody says otherwise."""
    clock = HostClock()
    patch(system_clock, "read_kernel_clock", clock.read)
    return clock


def hasten(patch: Patch, times: float, pace: Pace | None = None) -> None:
    """Let all that is waited for come so many times sooner. What flaps does so as ever, unless `pace` is given."""
    rules = {detail: _sooner(rule, times) for detail, rule in RULES.items()}
    patch(looking, "follow", functools.partial(follow, rules=rules))
    patch(looking, "follow_link", functools.partial(follow_link, pace=pace or _sooner_told(times)))
    # Those that have a patience of their own besides.
    patch(failover, "USUAL_PATIENCE_S", failover.USUAL_PATIENCE_S / times)
    patch(link_side, "LOOK_S", max(0.02, link_side.LOOK_S / times))
    patch(link_side, "SAVE_EVERY_S", link_side.SAVE_EVERY_S / times)
    patch(telling, "RETRY_S", telling.RETRY_S / times)
    patch(keeping, "PATIENCE_S", 10.0)
    patch(pause, "FIRST_PAUSE_S", pause.FIRST_PAUSE_S / times)
    patch(pause, "LONGEST_PAUSE_S", pause.LONGEST_PAUSE_S / times)
    patch(life_sign, "BEAT_S", life_sign.BEAT_S / times)


def hasten_deafness(patch: Patch) -> None:
    """Know the usual traffic from the start, by a clock that runs fast. Apart, since a host that stalls is as deaf."""
    patch(recovery, "LOOK_S", 0.05)
    patch(recovery, "Ears", functools.partial(ears.Ears, now_s=lambda: DEAFNESS_TIMES * time.monotonic()))
    memory = learnt(UPLINKS_PER_S / DEAFNESS_TIMES, days=10)
    patch(ears, "_kept", lambda _path, now_s: DeafnessWatch.begun(now_s, memory))


def hasten_repairs(patch: Patch, times: float) -> None:
    """Let a repair count as lasting so many times sooner, and each rung be taken so many times more often."""
    patch(ladder, "CALM_S", {trouble: calm_s / times for trouble, calm_s in CALM_S.items()})
    for name, ceilings in {"CEILINGS": CEILINGS, "CEILINGS_BY_SILENCE": CEILINGS_BY_SILENCE}.items():
        sooner = {rung: Ceiling(ceiling.most, ceiling.within_s / times) for rung, ceiling in ceilings.items()}
        patch(ladder, name, sooner)
    policy = RestartPolicy(healthy_after_s=RestartPolicy().healthy_after_s / times)
    patch(recovery, "RestartPolicy", lambda: policy)


def _sooner(rule: Rule, times: float) -> Rule:
    return msgspec.structs.replace(rule, hold_s=rule.hold_s / times, settle_s=rule.settle_s / times)


def _sooner_told(times: float) -> Pace:
    return msgspec.structs.replace(
        PACE,
        open_down_s=PACE.open_down_s / times,
        open_degraded_s=PACE.open_degraded_s / times,
        close_s=PACE.close_s / times,
    )
