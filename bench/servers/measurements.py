"""What each kind of server costs, and all of them at once."""

from bench.bystander import Bystander, description
from bench.effort import Effort
from bench.errors import BenchError
from bench.figures import SERVERS, Reading, percentile
from bench.servers import mosquitto
from bench.servers.rig import ServersRig, running_servers

LATENCY_PPS = 100
CPU_PPS = 200
ALL_FIGURES = ("server.all.rss_mb",)
_NEEDS_MOSQUITTO = "chirpstack_mqtt"


def server_figures(kind: str) -> tuple[str, ...]:
    """The figures of one kind of server."""
    return tuple(
        f"server.{kind}.{which}"
        for which in ("latency_ms.median", "latency_ms.p99", f"cpu_s_per_1000@{CPU_PPS}", "rss_mb")
    )


async def measure_server(kind: str, effort: Effort) -> list[Reading]:
    """Send packets through to one server: some one by one, then others at a rate.

    Raises:
        NotMeasurableError: what the server needs is not installed.
    """
    if kind == _NEEDS_MOSQUITTO:
        mosquitto.program()
    async with running_servers([kind]) as rig:
        latencies_ms, meanwhile = await _latencies_ms(rig, effort)
        cpu_s, passed = await _cpu_s_per_1000(rig, kind, effort)
        rss_mb = rig.gateway.rss_mb
    took = (
        f"{len(latencies_ms[kind])} packets of 20 bytes, {LATENCY_PPS}/s at random moments; from record in the chip's "
        f"buffer to message received in the server's process; worst {max(latencies_ms[kind]):.1f} ms; {meanwhile}"
    )
    weighed = f"VmRSS of the gateway process, without TLS, after all these packets; {rig.rss_at_start_mb:.1f} before"
    values = (
        (percentile(latencies_ms[kind], 50), took),
        (percentile(latencies_ms[kind], 99), took),
        (cpu_s, passed),
        (rss_mb, weighed),
    )
    return [Reading(name, value, how) for name, (value, how) in zip(server_figures(kind), values, strict=True)]


async def measure_all(effort: Effort) -> list[Reading]:
    """Weigh a gateway that sends everything to one server of each kind.

    Raises:
        NotMeasurableError: what one of the servers needs is not installed.
    """
    mosquitto.program()
    async with running_servers(list(SERVERS)) as rig:
        latencies_ms, _ = await _latencies_ms(rig, effort)
        rss_mb = rig.gateway.rss_mb
    medians = ", ".join(f"{kind} {percentile(found, 50):.1f} ms" for kind, found in latencies_ms.items())
    how = (
        f"VmRSS of the gateway process with one server of each kind, without TLS, after "
        f"{int(effort.latency_s * LATENCY_PPS)} packets; {rig.rss_at_start_mb:.1f} before; median latency {medians}"
    )
    return [Reading(ALL_FIGURES[0], rss_mb, how)]


async def _latencies_ms(rig: ServersRig, effort: Effort) -> tuple[dict[str, list[float]], str]:
    """Each server's, and how late a process woke up meanwhile that does nothing else."""
    bystander = Bystander()
    try:
        runs = await rig.inject(int(effort.latency_s * LATENCY_PPS), LATENCY_PPS)
    finally:
        others_ms = bystander.stop()
    found = {kind: run.latencies_ms() for kind, run in runs.items()}
    for kind, latencies_ms in found.items():
        if not latencies_ms:
            raise BenchError(f"no packet arrived at the {kind} server")
    return found, description(others_ms)


async def _cpu_s_per_1000(rig: ServersRig, kind: str, effort: Effort) -> tuple[float, str]:
    count = int(effort.cpu_s[CPU_PPS] * CPU_PPS)
    run = (await rig.inject(count, CPU_PPS))[kind]
    how = (
        f"processor time of the whole gateway process, polling included, while {count} packets "
        f"passed at {CPU_PPS}/s; {run.lost} lost"
    )
    return run.gateway_cpu_s / count * 1000, how
