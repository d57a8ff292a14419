"""What a depositor is told after the gateway was away: for how long it was dead, and what it could not tell before."""

import asyncio
import shutil
from pathlib import Path
from unittest.mock import patch

import pytest

from gateway.config import Config
from gateway.link import chronicle
from gateway.link.evidence.segment_files import SegmentFiles
from gateway.link.link_file import Kept
from tests.gateway.broker.scene import until
from tests.gateway.link_rig import Clocks, body_of, config_of, evidence, link_at_work, reading
from tests.gateway.policy.frames import CITY_EUI, METROPOLIS_EUI
from tests.gateway.policy.signed import Host, depositor
from tests.mosquitto import Mosquitto

CITY = depositor("city", "26011A00/24", CITY_EUI)
METROPOLIS = depositor("metropolis", "26011B00/24", METROPOLIS_EUI)


def host_of(directory: Path, *depositors: str) -> Host:
    host = Host(directory)
    host.publish(host.document(*depositors))
    return host


def test_a_gateway_that_was_killed_tells_afterwards_from_when_to_when_it_was_dead(tmp_path: Path) -> None:
    async def story() -> None:
        host, clocks, state_dir = host_of(tmp_path, CITY, METROPOLIS), Clocks(), tmp_path / "state"
        with Mosquitto(tmp_path) as mosquitto:
            config = config_of(state_dir, host, mosquitto.port)
            async with reading(mosquitto.port) as reader:
                async with link_at_work(config, clocks, is_ordered=False):
                    await reader.until(lambda: reader.link("city").get("state") == "up")
                died = clocks.now()
                clocks.wait(300)
                async with link_at_work(config, clocks):
                    await reader.until(lambda: ("past_outage", "closed") in reader.told_of("metropolis"))
                    await reader.until(lambda: reader.link("city")["for_s"] == 0)
            for city in ("city", "metropolis"):
                assert reader.told_of(city) == [("past_outage", "opened"), ("past_outage", "closed")]
            outages = [told for topic, told in reader.all if told and told.get("kind") == "past_outage"]
            assert {told["lasted_s"] for told in outages if "lasted_s" in told} == {300.0}
            (event,) = reader.events("past_outage")
            assert event["details"]["lasted_s"] == 300.0
        records = [body_of(entry) for entry in evidence(state_dir) if entry.draft.kind == "gateway"]
        assert [record["event"] for record in records] == ["started", "was_dead", "started", "stopped"]
        assert (records[1]["begin_ms"], records[1]["ordered"]) == (died.ms, False)

    asyncio.run(story())


def test_a_short_restart_in_good_order_is_no_outage_and_the_links_go_on(tmp_path: Path) -> None:
    async def story() -> None:
        host, clocks, state_dir = host_of(tmp_path, CITY), Clocks(), tmp_path / "state"
        with Mosquitto(tmp_path) as mosquitto:
            config = config_of(state_dir, host, mosquitto.port)
            async with reading(mosquitto.port) as reader:
                async with link_at_work(config, clocks):
                    await reader.until(lambda: reader.link("city").get("state") == "up")
                clocks.wait(60)
                async with link_at_work(config, clocks):
                    await reader.until(lambda: reader.link("city")["for_s"] == 60)
            assert reader.told_of("city") == []
        kinds = [entry.draft.kind for entry in evidence(state_dir) if entry.draft.kind != "clock"]
        first, second = ["gateway", "policy", "policy", "link", "gateway"], ["gateway", "policy", "gateway"]
        assert kinds == [*first, *second]

    asyncio.run(story())


@pytest.mark.parametrize("is_ordered", [True, False])
def test_a_machine_that_was_off_says_whether_somebody_stopped_it(tmp_path: Path, is_ordered: bool) -> None:
    async def story() -> None:
        host, clocks = host_of(tmp_path, CITY), Clocks()
        with Mosquitto(tmp_path) as mosquitto:
            config = config_of(tmp_path / "state", host, mosquitto.port)
            async with reading(mosquitto.port) as reader:
                async with link_at_work(config, clocks, radio=False, is_ordered=is_ordered):
                    await reader.until(lambda: reader.link("city"))
                clocks.boot_id, clocks.boot_ms = "second", 5_000
                clocks.wait(60)
                # A reboot that somebody ordered, and that is known to have been short, is not worth a word.
                async with link_at_work(config, clocks, radio=False, is_ordered=is_ordered) as scene:
                    await scene.looks()
                    assert (scene.parts.life.gap() is None) is is_ordered
                clocks.boot_id, clocks.boot_ms = "third", 5_000
                clocks.wait(600)
                async with link_at_work(config, clocks, radio=False):
                    await reader.until(lambda: len(reader.events("past_outage")) == (1 if is_ordered else 2))
                    assert reader.events("past_outage")[-1]["details"]["ordered"] is is_ordered

    asyncio.run(story())


def test_what_nobody_had_taken_when_the_power_went_is_told_after_the_next_start(tmp_path: Path) -> None:
    async def story() -> None:
        host, clocks, state_dir, left = host_of(tmp_path, CITY), Clocks(), tmp_path / "state", tmp_path / "left"
        with Mosquitto(tmp_path) as mosquitto:
            mosquitto.stop()
            async with link_at_work(config_of(state_dir, host, mosquitto.port), clocks) as scene:
                await scene.radio.stop()
                scene.radio.problem = "it was taken away"
                await scene.looks()
                clocks.wait(31)
                await until(lambda: bool(scene.parts.teller.untold))
                await scene.looks()
                shutil.copytree(state_dir, left)
            mosquitto.start()
            clocks.boot_id, clocks.boot_ms = "second", 5_000
            clocks.wait(3600)
            config = config_of(left, host, mosquitto.port)
            async with reading(mosquitto.port) as reader, link_at_work(config, clocks, radio=False) as scene:
                await reader.until(lambda: ("past_outage", "closed") in reader.told_of("city"))
                assert reader.told_of("city")[0] == ("link", "opened")
                await reader.until(lambda: [each["kind"] for each in reader.incidents("city")] == ["link"])
                await until(lambda: not scene.parts.teller.untold)

    asyncio.run(story())


def leave_unproven(state_dir: Path, config: Config, clocks: Clocks) -> None:
    """End a run that told of an incident while no evidence could be written."""

    async def story() -> None:
        refuses = patch.object(SegmentFiles, "write", side_effect=OSError("made up"))
        with refuses, patch.object(chronicle, "PATIENCE_S", 0.01):
            async with link_at_work(config, clocks, is_ordered=False) as scene:
                await scene.radio.stop()
                scene.radio.problem = "it was taken away"
                await scene.looks()
                clocks.wait(31)
                await until(lambda: bool(scene.parts.teller.stories))

    asyncio.run(story())
    assert incidents(state_dir) == []


def incidents(state_dir: Path) -> list[tuple[str, str]]:
    """What the evidence says of them."""
    records = [body_of(entry) for entry in evidence(state_dir) if entry.draft.kind == "incident"]
    return [(record["kind"], record["event"]) for record in records]


def test_what_the_disk_kept_from_the_evidence_is_recorded_at_the_next_start_and_not_once_more(tmp_path: Path) -> None:
    host, clocks, state_dir = host_of(tmp_path, CITY), Clocks(), tmp_path / "state"
    config = config_of(state_dir, host)
    leave_unproven(state_dir, config, clocks)

    async def story() -> None:
        for _ in range(2):
            async with link_at_work(config, clocks, radio=False) as scene:
                await scene.looks()

    asyncio.run(story())
    assert incidents(state_dir) == [("link", "opened")]


@pytest.mark.parametrize("is_ordered", [True, False])
def test_it_is_recorded_by_the_first_run_that_knows_whom_it_concerns(tmp_path: Path, is_ordered: bool) -> None:
    host, clocks, state_dir = host_of(tmp_path, CITY), Clocks(), tmp_path / "state"
    config = config_of(state_dir, host)
    leave_unproven(state_dir, config, clocks)
    shutil.rmtree(state_dir / "policy")
    host.policy_path.rename(tmp_path / "away")

    async def story() -> None:
        async with link_at_work(config, clocks, radio=False, is_ordered=is_ordered) as scene:
            await scene.looks(3)
            await until(lambda: scene.parts.chronicle.is_written)
            await scene.looks(3)
        (tmp_path / "away").rename(host.policy_path)
        async with link_at_work(config, clocks, radio=False) as scene:
            await scene.judges()
            await scene.looks()

    asyncio.run(story())
    assert incidents(state_dir) == [("link", "opened")]


def test_an_incident_that_a_stop_came_upon_before_it_was_recorded_is_recorded_at_the_next_start(tmp_path: Path) -> None:
    host, clocks, state_dir = host_of(tmp_path, CITY), Clocks(), tmp_path / "state"
    config = config_of(state_dir, host)

    async def story() -> None:
        async with link_at_work(config, clocks) as scene:
            await scene.judges()
            await scene.looks()
            keep, hangs = scene.parts.keeper.keep, asyncio.Event()

            async def kept(content: Kept) -> None:
                await keep(content)
                if content.unproven:
                    hangs.set()
                    await asyncio.Event().wait()

            with patch.object(scene.parts.keeper, "keep", kept):
                await scene.radio.stop()
                scene.radio.problem = "it was taken away"
                await scene.looks()
                clocks.wait(31)
                await hangs.wait()
        assert incidents(state_dir) == []
        async with link_at_work(config, clocks, radio=False) as scene:
            await scene.looks()

    asyncio.run(story())
    assert incidents(state_dir)[0] == ("link", "opened")


def test_who_was_left_out_of_the_policy_while_the_gateway_was_off_has_nothing_left_either(tmp_path: Path) -> None:
    async def story() -> None:
        host, clocks, state_dir = host_of(tmp_path, CITY, METROPOLIS), Clocks(), tmp_path / "state"
        with Mosquitto(tmp_path) as mosquitto:
            config = config_of(state_dir, host, mosquitto.port)
            async with reading(mosquitto.port) as reader:
                async with link_at_work(config, clocks, radio=False) as scene:
                    await scene.looks()
                    clocks.wait(31)
                    await reader.until(lambda: reader.link("city") and reader.incidents("city"))
                # What is kept is of the former policy, and the new one comes with the file.
                host.publish(host.document(METROPOLIS))
                clocks.wait(600)
                async with link_at_work(config, clocks, radio=False):
                    await reader.until(lambda: not reader.incidents("city") and reader.link("city") is None)
                assert reader.link("metropolis")["state"] == "down"

    asyncio.run(story())


def test_who_is_to_be_told_of_an_outage_may_become_known_later(tmp_path: Path) -> None:
    async def story() -> None:
        host, clocks, state_dir = host_of(tmp_path, CITY), Clocks(), tmp_path / "state"
        with Mosquitto(tmp_path) as mosquitto:
            config = config_of(state_dir, host, mosquitto.port)
            async with reading(mosquitto.port) as reader:
                async with link_at_work(config, clocks, is_ordered=False):
                    await reader.until(lambda: reader.link("city").get("state") == "up")
                shutil.rmtree(state_dir / "policy")
                host.policy_path.rename(tmp_path / "away")
                clocks.wait(300)
                async with link_at_work(config, clocks) as scene:
                    await scene.looks(3)
                    assert (reader.told_of("city"), reader.link("city")["state"]) == ([], "up")
                    (tmp_path / "away").rename(host.policy_path)
                    assert scene.daemon.policy is not None
                    scene.daemon.policy.reload()
                    await reader.until(lambda: ("past_outage", "closed") in reader.told_of("city"))
        serials = [body_of(entry)["serial"] for entry in evidence(state_dir) if entry.draft.kind == "policy"]
        assert serials == [None, 1, None, 1]

    asyncio.run(story())
