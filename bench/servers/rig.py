"""The processes that belong together: the chip, the gateway, and one server of each kind that is looked at."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bench.arrivals import kernel_drops
from bench.chip_process import Inject
from bench.errors import BenchError
from bench.gateway_process import GatewayProcess
from bench.rig import SETTLING_S, ChipProcess, Run
from bench.servers.end_process import START_TIMEOUT_S, EndProcess, running_end
from bench.servers.tables import table


class ServersRig:
    """A gateway at work, with a chip to feed, and servers by their kind."""

    def __init__(self, chip: ChipProcess, gateway: GatewayProcess, ends: Mapping[str, EndProcess]) -> None:
        self.chip = chip
        self.gateway = gateway
        self.rss_at_start_mb = gateway.rss_mb
        self._ends = ends
        self._next_number = 0

    async def inject(self, count: int, rate_pps: float) -> dict[str, Run]:
        """Send packets through, at random moments, and wait for the last one of each server."""
        first = self._next_number
        self._next_number += count
        cpu_s = self.gateway.cpu_s
        drops = {kind: kernel_drops(end.port) for kind, end in self._ends.items()}
        entered = await self.chip.obey(Inject(first, count, rate_pps, even=False))
        # The last ones arrive before anybody spends time on reading what came.
        await asyncio.sleep(SETTLING_S)
        cpu_s = self.gateway.cpu_s - cpu_s
        self.gateway.check()
        return {
            kind: Run(
                first=first,
                entered_s=entered.at_s,
                arrived_s=await end.collect(count - entered.lost),
                lost_in_chip=entered.lost,
                dropped_by_kernel=kernel_drops(end.port) - drops[kind],
                gateway_cpu_s=cpu_s,
            )
            for kind, end in self._ends.items()
        }


@asynccontextmanager
async def running_servers(kinds: Sequence[str]) -> AsyncIterator[ServersRig]:
    """Start them; all are connected and at rest when this returns, and gone afterwards.

    Raises:
        BenchError: something does not start, or the gateway does not reach a server.
    """
    with tempfile.TemporaryDirectory(prefix="candelabre-bench-") as name:
        directory, stack = Path(name), AsyncExitStack()
        async with stack:
            chip = ChipProcess(directory / "chip.sock")
            stack.callback(chip.stop)
            await chip.ready()
            ends = {kind: await stack.enter_async_context(running_end(kind)) for kind in kinds}
            servers = "\n".join(table(kind, end.port) for kind, end in ends.items())
            gateway = GatewayProcess(directory, directory / "chip.sock", servers)
            stack.callback(gateway.stop)
            for kind, end in ends.items():
                if not await end.wait_for_gateway():
                    gateway.check()
                    raise BenchError(f"the gateway did not reach its {kind} server within {START_TIMEOUT_S:.0f} s")
            await asyncio.sleep(SETTLING_S)
            yield ServersRig(chip, gateway, ends)
