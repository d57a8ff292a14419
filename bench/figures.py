"""What is measured: names that stay, units, what is to be reached, and what Semtech's C program costs.

The C figures are those of sx1302_hal 2.1.0 on the machine where it was recorded, with the same kind of bus; of Basics
Station's protocol those of station 2.0.6.
"""

import enum
import math
from collections.abc import Sequence

import msgspec


class Aim(enum.Enum):
    """Which way is better."""

    AT_MOST = "≤"
    AT_LEAST = "≥"


class Figure(msgspec.Struct, frozen=True):
    """One line of the table. `reference` is the C program's figure in words, empty where there is none."""

    name: str
    unit: str = ""
    target: float | None = None
    aim: Aim = Aim.AT_MOST
    reference: str = ""

    def met_by(self, value: float) -> bool | None:
        """Whether a value reaches the target; None where there is none."""
        if self.target is None:
            return None
        return value <= self.target if self.aim is Aim.AT_MOST else value >= self.target


class Reading(msgspec.Struct, frozen=True):
    """A figure's value, how it was measured, and how much of the machine others used meanwhile."""

    name: str
    value: float
    how: str
    others_percent: float = 0.0


def _lateness(condition: str) -> tuple[Figure, ...]:
    name = f"downlink.lateness_ms@{condition}"
    return (
        Figure(f"{name}.median", "ms", reference="40 ms lead"),
        Figure(f"{name}.p99", "ms", reference="40 ms lead"),
        Figure(f"{name}.p999", "ms", 1.0, reference="40 ms lead"),
        Figure(f"{name}.max", "ms", 10.0, reference="40 ms lead"),
    )


class _Reference(msgspec.Struct, frozen=True):
    """What the C program costs that speaks a server's protocol, in words."""

    median_ms: str = ""
    p99_ms: str = ""
    rss_mb: str = ""


SERVERS = {
    "semtech_udp": _Reference("5.2", "10.2", "2.7"),
    "basics_station": _Reference("10 to 11", "20", "3.0 to 3.8"),
    "chirpstack_mqtt": _Reference(),
}
"""The kinds of servers that the gateway speaks to, as [[server]] names them."""


def _server(kind: str, c_program: _Reference) -> tuple[Figure, ...]:
    return (
        Figure(f"server.{kind}.latency_ms.median", "ms", 4.5, reference=c_program.median_ms),
        Figure(f"server.{kind}.latency_ms.p99", "ms", 9.0, reference=c_program.p99_ms),
        Figure(f"server.{kind}.cpu_s_per_1000@200", "s"),
        Figure(f"server.{kind}.rss_mb", "MB", reference=c_program.rss_mb),
    )


FIGURES = {
    figure.name: figure
    for figure in (
        Figure("start.transfers", target=300, reference="671"),
        Figure("start.bytes", reference="35,734"),
        Figure("idle.transfers_per_s", "/s", 250, reference="792"),
        Figure("idle.cpu_percent", "%", 1.0, reference="0.3 to 0.4"),
        Figure("uplink.latency_ms.median", "ms", 3.5, reference="5.2"),
        Figure("uplink.latency_ms.p99", "ms", 7.0, reference="10.2"),
        Figure("uplink.cpu_s_per_1000@10", "s"),
        Figure("uplink.cpu_s_per_1000@200", "s", 0.2),
        Figure("uplink.cpu_s_per_1000@1000", "s"),
        Figure("rss_mb.start", "MB", 40, reference="2.7"),
        Figure("rss_mb.after_100k", "MB", 40, reference="2.7"),
        Figure("rate.max_pps@ack_now", "/s", 5000, Aim.AT_LEAST),
        Figure("rate.max_pps@ack_50ms", "/s", 5000, Aim.AT_LEAST),
        Figure("rate.max_pps@ack_never", "/s", 5000, Aim.AT_LEAST, "below 900"),
        Figure("traffic.frames"),
        Figure("traffic.frames_per_s", "/s", 200, Aim.AT_LEAST),
        Figure("traffic.mismatches", target=0),
        *_lateness("idle"),
        *_lateness("300pps"),
        Figure("downlink.shortest_notice_ms", "ms", reference="42.5"),
        Figure("policy.load_s", "s", 3.0),
        Figure("policy.memory_mb", "MB", 120),
        Figure("policy.decision_us.median", "µs", 25),
        Figure("policy.decision_us.p99", "µs", 100),
        *(figure for kind, c_program in SERVERS.items() for figure in _server(kind, c_program)),
        Figure("server.all.rss_mb", "MB", 65),
        Figure("link.us_per_packet@counting", "µs"),
        Figure("link.us_per_packet@publishing", "µs"),
        Figure("deafness.delay_min.max@1_a_minute", "min", 12),
        Figure("deafness.false_alarms_per_month.worst", target=1),
        Figure("deafness.us_per_second", "µs"),
    )
}


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of them do not exceed (nearest rank)."""
    if not values:
        raise ValueError("no values")
    rank = max(math.ceil(percent / 100 * len(values)), 1)
    return sorted(values)[rank - 1]
