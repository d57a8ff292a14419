"""What passes through a real daemon reaches who watches: both ways, and what happens to it."""

import asyncio
from pathlib import Path
from typing import Any, TypeVar

from gateway.console.lines import Asked, Emitted, Happened, Heard, Line
from gateway.pipeline import Pipeline
from gateway.policy.outcome import Outcome
from radio.packets import TxStatus
from radio.simulator import SimulatedConcentrator, Transmission
from tests.forwarder.semtech_udp.requests import txpk
from tests.gateway.console.scene import Client, run, told, until
from tests.gateway.policy.signed import Host, depositor
from tests.gateway.rig import running_gateway

# RX2 of EU868.
RX2: dict[str, Any] = {"freq": 869.525, "datr": "SF9BW125", "powe": 27}
FRAME = b"\x40\x04\x03\x02\x01\x00\x07\x00\x01abcd"
PACKET = Transmission(FRAME, 868_100_000, rssi_dbm=-80.0, spreading_factor=7)
Kind = TypeVar("Kind", bound=Line)


async def watching(pipeline: Pipeline) -> Client:
    assert pipeline.console is not None
    console = pipeline.console
    reader, writer = await asyncio.open_unix_connection(console.path, limit=1024 * 1024)
    writer.write(b'{"ask":"watch"}\n')
    await until(lambda: console.watchers == 1)
    return reader, writer


async def next_of(reader: asyncio.StreamReader, kind: type[Kind]) -> Kind:
    while not isinstance(line := await told(reader), kind):
        pass
    return line


def test_an_uplink_and_its_downlink() -> None:
    async def scenario() -> None:
        chip = SimulatedConcentrator()
        async with running_gateway(chip) as (received, pipeline):
            reader, writer = await watching(pipeline)
            chip.air.transmit(PACKET)
            packet = await next_of(reader, Heard)
            assert (packet.dev_addr, packet.fcnt, packet.freq_hz) == ("01020304", 7, 868_100_000)
            assert (packet.outcome, packet.forwarded) == (Outcome.NO_POLICY, True)
            await received.until(lambda: bool(received.packets))
            received.request(7, txpk(tmst=received.packets[0].tmst + 2_000_000, **RX2))
            asked = await next_of(reader, Asked)
            emitted = await next_of(reader, Emitted)
            assert (asked.server, asked.status) == ("main", TxStatus.OK)
            assert (emitted.number, emitted.failure, emitted.beacon) == (asked.number, "", False)
            received.request(8, txpk(imme=True, freq=915.0))
            assert (await next_of(reader, Asked)).status is TxStatus.TX_FREQ
            writer.close()

    run(scenario)


def test_what_operators_are_told(tmp_path: Path) -> None:
    host = Host(tmp_path)
    host.publish(host.document(depositor("metropole", "01020300/24", 1)))

    async def scenario() -> None:
        async with running_gateway(SimulatedConcentrator(), sections=host.section()) as (_, pipeline):
            reader, writer = await watching(pipeline)
            host.publish(host.document(depositor("metropole", "01020300/24", 1)))
            pipeline.reload()
            event = await next_of(reader, Happened)
            while "2" not in event.fr:
                event = await next_of(reader, Happened)
            assert event.level == "info"
            writer.close()

    run(scenario)
