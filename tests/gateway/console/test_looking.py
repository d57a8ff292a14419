"""The snapshot of a real daemon: with nothing but a server, and with all that it may have."""

from pathlib import Path
from typing import Any

import pytest

from gateway.console.hour import Hour
from gateway.console.snapshot import RadioState, Snapshot, TrafficPart
from gateway.pipeline import Pipeline, Totals
from radio.errors import ChipError
from radio.simulator import SimulatedConcentrator, Transmission
from tests.gateway.console.scene import console_at, run
from tests.gateway.console.scene import until as eventually
from tests.gateway.policy.signed import Host, depositor
from tests.gateway.rig import Received, running_gateway

PACKET = Transmission(b"\x40\x04\x03\x02\x01\x00\x07\x00\x01abcd", 868_100_000, rssi_dbm=-80.0, spreading_factor=7)


def snapshot_of(pipeline: Pipeline) -> Snapshot:
    assert pipeline.console is not None
    return pipeline.console.look.snapshot()


async def when(pipeline: Pipeline, wanted: Any) -> Snapshot:
    await eventually(lambda: bool(wanted(snapshot_of(pipeline))))
    return snapshot_of(pipeline)


def hear(chip: SimulatedConcentrator, received: Received) -> Any:
    chip.air.transmit(PACKET)
    return received.until(lambda: bool(received.packets))


def test_a_gateway_with_nothing_but_a_server() -> None:
    async def scenario() -> None:
        chip = SimulatedConcentrator()
        async with running_gateway(chip, 'name = "lampadaire-12"') as (received, pipeline):
            await hear(chip, received)
            snapshot = await when(pipeline, lambda now: now.servers[0].acknowledged)
            assert (snapshot.name, snapshot.radio.state, snapshot.radio.model) == (
                "lampadaire-12",
                RadioState.WORKING,
                "SX1302",
            )
            assert snapshot.gateway_eui is not None
            assert (snapshot.radio.starts, snapshot.radio.repair) == (1, None)
            assert (snapshot.since_start.received, snapshot.last_hour.received) == (1, 1)
            (server,) = snapshot.servers
            assert (server.name, server.kind, server.connected) == ("main", "semtech_udp", True)
            assert (snapshot.routes[0].name, snapshot.routes[0].active) == ("main", "main")
            assert snapshot.disk.free_share is not None
            for part in (snapshot.broker, snapshot.policy, snapshot.links, snapshot.incidents, snapshot.clock.gnss):
                assert part is None

    run(scenario)


def test_a_gateway_with_a_policy_tells_of_it_and_of_links(tmp_path: Path) -> None:
    host = Host(tmp_path)
    host.publish(host.document(depositor("metropole", "01020300/24", 1)))

    async def scenario() -> None:
        chip = SimulatedConcentrator()
        async with running_gateway(chip, sections=host.section()) as (received, pipeline):
            snapshot = await when(pipeline, lambda now: now.links)
            assert snapshot.links == {"up": 1}
            assert snapshot.incidents == ()
            assert snapshot.policy is not None
            assert (snapshot.policy.serial, snapshot.policy.depositors) == (1, {"metropole": "metropole"})
            assert snapshot.policy.ends_unix_s is not None
            await hear(chip, received)

    run(scenario)


@pytest.mark.parametrize(("when_none_valid", "is_open"), [("refuse", False), ("forward", True)])
def test_what_becomes_of_packets_without_a_policy_is_told(tmp_path: Path, when_none_valid: str, is_open: bool) -> None:
    section = Host(tmp_path).section(when_none_valid=when_none_valid)

    async def scenario() -> None:
        async with running_gateway(SimulatedConcentrator(), sections=section) as (_, pipeline):
            snapshot = await when(pipeline, lambda now: now.policy is not None)
            assert snapshot.policy is not None
            assert (snapshot.policy.serial, snapshot.policy.is_open_without) == (None, is_open)

    run(scenario)


def test_before_the_radio_is_there_the_console_answers_already(tmp_path: Path) -> None:
    async def scenario() -> None:
        snapshot = console_at(tmp_path).look.snapshot()
        assert snapshot.radio.state is RadioState.STARTING
        assert snapshot.servers[0].connected is False

    run(scenario)


def test_a_radio_that_does_not_start_says_why(tmp_path: Path) -> None:
    async def scenario() -> None:
        console = console_at(tmp_path)
        error = ChipError("chip start", "VERSION", "0x10", "0x00", "Check the reset pin")
        console.look._daemon.listener.problem = str(error)
        radio = console.look.snapshot().radio
        assert (radio.state, radio.problem) == (RadioState.LOST, str(error))

    run(scenario)


def test_a_directory_that_is_gone_is_told_as_the_disks_problem(tmp_path: Path) -> None:
    async def scenario() -> None:
        assert console_at(tmp_path / "gone").look.snapshot().disk.problem == "No such file or directory"

    run(scenario)


class TestHour:
    """The last hour's traffic, from totals."""

    @pytest.mark.parametrize(
        ("now_s", "received", "over_s"), [(10.0, 10, 10.0), (3_600.0, 3_600, 3_600.0), (7_230.0, 3_570, 3_570.0)]
    )
    def test_it_is_what_came_since_the_oldest_minute_of_the_hour(
        self, now_s: float, received: int, over_s: float
    ) -> None:
        hour = Hour(0.0)
        for second in range(60, int(now_s) + 1, 60):
            hour.sample(float(second), Totals(packets_received=second))
        assert hour.until(now_s, Totals(packets_received=int(now_s))) == TrafficPart(over_s=over_s, received=received)

    def test_where_nothing_was_sampled_for_long_it_is_since_the_last_sample(self) -> None:
        hour = Hour(0.0)
        hour.sample(60.0, Totals(packets_received=5))
        assert hour.until(9_000.0, Totals(packets_received=7)).received == 2
