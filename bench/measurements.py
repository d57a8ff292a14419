"""How each figure is measured, on a rig at work."""

import asyncio
import time
from functools import partial
from typing import Literal

from bench.chip_process import Replay
from bench.deafness import DEAFNESS_FIGURES, measure_deafness
from bench.downlinks import CONDITIONS, lateness_names, measure_lateness, measure_shortest_notice
from bench.effort import THOROUGH, Effort, Measurement, OwnMeasurement
from bench.errors import BenchError, NotMeasurableError
from bench.figures import SERVERS, Reading, percentile
from bench.link import COUNTING, PUBLISHING, measure_counting, measure_publishing
from bench.pacing import achieved_pps
from bench.policy import POLICY_FIGURES, measure_policy
from bench.rate_search import Trial, search
from bench.rig import Rig
from bench.servers.measurements import ALL_FIGURES, measure_all, measure_server, server_figures
from bench.traffic import compare, recording_path
from radio.simulator.replay import replay

RSS_PACKETS = 100_000
RSS_PPS = 5000
REPLAY_PPS = 2000
LATENCY_PPS = 100


async def measure_start(rig: Rig, _effort: Effort) -> list[Reading]:
    """Read what the bus had carried when the gateway first polled."""
    start = (await rig.chip.counts()).start
    if start is None:
        raise BenchError("the gateway never polled the chip")
    how = "counted at the chip, from the host's connection to its first poll: EUI, model, start, first counter"
    return [Reading("start.transfers", start.transfers, how), Reading("start.bytes", start.bytes, how)]


async def measure_idle(rig: Rig, effort: Effort) -> list[Reading]:
    """Leave the gateway alone for a while."""
    before, cpu_s, began_s = await rig.chip.counts(), rig.gateway.cpu_s, time.monotonic()
    await asyncio.sleep(effort.idle_s)
    after, cpu_s, lasted_s = await rig.chip.counts(), rig.gateway.cpu_s - cpu_s, time.monotonic() - began_s
    return [
        Reading(
            "idle.transfers_per_s",
            (after.transfers - before.transfers) / lasted_s,
            f"counted at the chip over {lasted_s:.0f} s without traffic",
        ),
        Reading(
            "idle.cpu_percent",
            100 * cpu_s / lasted_s,
            f"processor time of the whole gateway process, all threads, over {lasted_s:.0f} s without traffic",
        ),
    ]


async def measure_latency(rig: Rig, effort: Effort) -> list[Reading]:
    """Send packets one by one at moments that know nothing of the poll."""
    run = await rig.inject(int(effort.latency_s * LATENCY_PPS), LATENCY_PPS, even=False)
    latencies_ms = run.latencies_ms()
    if not latencies_ms:
        raise BenchError("no packet arrived")
    how = (
        f"{len(latencies_ms)} packets of 20 bytes, {LATENCY_PPS}/s at random moments; "
        f"from record in the chip's buffer to datagram received; worst {max(latencies_ms):.1f} ms"
    )
    return [
        Reading("uplink.latency_ms.median", percentile(latencies_ms, 50), how),
        Reading("uplink.latency_ms.p99", percentile(latencies_ms, 99), how),
    ]


async def measure_cpu(rate_pps: int, rig: Rig, effort: Effort) -> list[Reading]:
    """Send packets at one rate and see what the gateway's process used meanwhile."""
    count = int(effort.cpu_s[rate_pps] * rate_pps)
    run = await rig.inject(count, rate_pps, even=False)
    how = (
        f"processor time of the whole gateway process, polling included, while {count} packets "
        f"passed at {rate_pps}/s; {run.lost} lost"
    )
    return [Reading(f"uplink.cpu_s_per_1000@{rate_pps}", run.gateway_cpu_s / count * 1000, how)]


async def measure_rss(rig: Rig, _effort: Effort) -> list[Reading]:
    """Weigh the gateway half-way and at the end; the rig did when it had just started."""
    first = await rig.inject(RSS_PACKETS // 2, RSS_PPS)
    halfway_mb = rig.gateway.rss_mb
    second = await rig.inject(RSS_PACKETS // 2, RSS_PPS)
    lost = first.lost + second.lost
    return [
        Reading(
            "rss_mb.start",
            rig.rss_at_start_mb,
            "VmRSS of the gateway process, started and connected, before any packet",
        ),
        Reading(
            "rss_mb.after_100k",
            rig.gateway.rss_mb,
            f"the same after {RSS_PACKETS} packets at {RSS_PPS}/s, {lost} lost; {halfway_mb:.1f} after half of them",
        ),
    ]


async def measure_rate(
    name: str, acknowledge: Literal["now"] | float | None, rig: Rig, effort: Effort
) -> list[Reading]:
    """Look for the highest rate without loss, with a server that acknowledges in one way."""
    rig.server.acknowledge = acknowledge

    async def attempt(rate_pps: int) -> Trial:
        count = int(effort.trial_s * rate_pps)
        run = await rig.inject(count, rate_pps)
        pps = achieved_pps(run.entered_s)
        return Trial(rate_pps, pps, count, run.lost, run.lost_in_chip, run.dropped_by_kernel)

    best_pps, trials = await search(attempt, climb=effort.climb)
    rig.server.acknowledge = "now"
    how = f"packets of 20 bytes, {effort.trial_s:.0f} s each: {'; '.join(map(str, trials))}"
    if not effort.climb:
        how += "; higher was not tried"
    return [Reading(name, best_pps, how)]


async def measure_traffic(rig: Rig, _effort: Effort) -> list[Reading]:
    """Put a recording on the air, and compare what the server read with it."""
    path = recording_path()
    if not path.is_file():
        raise NotMeasurableError(f"no recording in {path} (set CANDELABRE_SHARED)")
    sent = [frame for _, frame in replay(path)]
    rig.arrivals.clear()
    entered = await rig.chip.obey(Replay(str(path), REPLAY_PPS))
    await rig.settle(len(sent) - entered.lost)
    received = list(rig.arrivals.received())
    mismatches = compare(sent, [rxpk for _, rxpk in received])
    lasted_s = received[-1][0] - entered.at_s[0] if received else float("inf")
    first = f"; the first: frame {mismatches[0].index}, {mismatches[0].problem}" if mismatches else ""
    return [
        Reading(
            "traffic.frames",
            len(received),
            f"arrived at the server, of {len(sent)} put on the air; {entered.lost} found no room in the chip's buffer",
        ),
        Reading("traffic.frames_per_s", len(received) / lasted_s, "from the first frame's end to the last datagram"),
        Reading(
            "traffic.mismatches",
            len(mismatches),
            "frames missing, repeated, out of order, or other than sent in payload, frequency, data rate, RSSI or SNR"
            + first,
        ),
    ]


_ACKNOWLEDGEMENTS: tuple[tuple[str, Literal["now"] | float | None], ...] = (
    ("rate.max_pps@ack_now", "now"),
    ("rate.max_pps@ack_50ms", 0.05),
    ("rate.max_pps@ack_never", None),
)

# Those on the common rig first: it does not run beside the others.
MEASUREMENTS: tuple[Measurement | OwnMeasurement, ...] = (
    Measurement(("start.transfers", "start.bytes"), measure_start),
    Measurement(("idle.transfers_per_s", "idle.cpu_percent"), measure_idle),
    Measurement(("uplink.latency_ms.median", "uplink.latency_ms.p99"), measure_latency),
    *(Measurement((f"uplink.cpu_s_per_1000@{pps}",), partial(measure_cpu, pps)) for pps in THOROUGH.cpu_s),
    Measurement(("rss_mb.start", "rss_mb.after_100k"), measure_rss),
    *(Measurement((name,), partial(measure_rate, name, how)) for name, how in _ACKNOWLEDGEMENTS),
    Measurement(("traffic.frames", "traffic.frames_per_s", "traffic.mismatches"), measure_traffic),
    *(
        Measurement(lateness_names(condition), partial(measure_lateness, condition, pps))
        for condition, pps in CONDITIONS.items()
    ),
    Measurement(("downlink.shortest_notice_ms",), measure_shortest_notice),
    OwnMeasurement(POLICY_FIGURES, measure_policy),
    *(OwnMeasurement(server_figures(kind), partial(measure_server, kind)) for kind in SERVERS),
    OwnMeasurement(ALL_FIGURES, measure_all),
    OwnMeasurement(COUNTING, measure_counting),
    OwnMeasurement(PUBLISHING, measure_publishing),
    OwnMeasurement(DEAFNESS_FIGURES, measure_deafness),
)


def selected(prefix: str) -> list[Measurement | OwnMeasurement]:
    """The measurements that bring a figure whose name begins so."""
    return [one for one in MEASUREMENTS if any(name.startswith(prefix) for name in one.names)]
