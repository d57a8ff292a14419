"""The depositor is kept informed: from what happens to the gateway to what is read of it, over a real broker."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from structlog.testing import capture_logs

from gateway.link.certificates import ends_of
from gateway.link.link_file import Kept
from gateway.link.months.tally import DayTally
from tests.gateway.broker.certificates import Authority
from tests.gateway.broker.scene import until
from tests.gateway.link_rig import BASE, Clocks, body_of, config_of, evidence, link_at_work, reading
from tests.gateway.policy.frames import CITY_ADDR, CITY_EUI, METROPOLIS_EUI, join, uplink
from tests.gateway.policy.signed import Host, depositor
from tests.mosquitto import Mosquitto

CITY = depositor("city", "26011A00/24", CITY_EUI)
METROPOLIS = depositor("metropolis", "26011B00/24", METROPOLIS_EUI)


def host_of(directory: Path, *depositors: str) -> Host:
    host = Host(directory)
    host.publish(host.document(*depositors))
    return host


def test_a_radio_that_is_lost_is_told_at_once_and_an_incident_of_it_opened_and_closed(tmp_path: Path) -> None:
    async def story() -> None:
        host, clocks, state_dir = host_of(tmp_path, CITY, METROPOLIS), Clocks(), tmp_path / "state"
        with Mosquitto(tmp_path) as mosquitto:
            config = config_of(state_dir, host, mosquitto.port)
            async with reading(mosquitto.port) as reader, link_at_work(config, clocks) as scene:
                await reader.until(lambda: reader.link("city").get("state") == "up")
                await scene.radio.stop()
                await reader.until(lambda: reader.link("city").get("state") == "down")
                assert reader.link("city")["cause"] == "radio"
                assert reader.incidents("city") == []
                clocks.wait(31)
                await reader.until(lambda: reader.incidents("city") and reader.incidents("metropolis"))
                (incident,) = reader.incidents("city")
                assert (incident["kind"], incident["state"], incident["detail"]) == ("link", "opened", "radio_lost")
                await reader.until(lambda: reader.link("city")["incidents"] == [incident["id"]])
                await scene.radio.start()
                await scene.looks()
                clocks.wait(11)
                await reader.until(lambda: reader.link("city")["state"] == "up")
                clocks.wait(121)
                await reader.until(lambda: not reader.incidents("city") and not reader.incidents("metropolis"))
                assert reader.told_of("city") == [("link", "opened"), ("link", "closed")]
                await until(lambda: not scene.parts.teller.untold)

    asyncio.run(story())


def test_what_a_broker_forgot_is_told_again_when_it_comes_back(tmp_path: Path) -> None:
    async def story() -> None:
        host, clocks = host_of(tmp_path, CITY), Clocks()
        with Mosquitto(tmp_path) as mosquitto:
            async with link_at_work(config_of(tmp_path / "state", host, mosquitto.port), clocks) as scene:
                await until(lambda: scene.is_connected)
                await scene.radio.stop()
                await scene.looks()
                clocks.wait(31)
                await until(lambda: bool(scene.parts.teller.stories) and not scene.parts.teller.untold)
                mosquitto.stop()
                mosquitto.start()
                async with reading(mosquitto.port) as reader:
                    await reader.until(lambda: reader.link("city").get("state") == "down" and reader.incidents("city"))
                    assert reader.link("city")["incidents"] == [reader.incidents("city")[0]["id"]]

    asyncio.run(story())


def test_whenever_the_links_are_kept_what_is_to_be_told_of_them_is_kept_with_them(tmp_path: Path) -> None:
    """A kill at that moment, and the next start tells it: no incident is open of which nobody hears."""

    async def story() -> None:
        host, clocks = host_of(tmp_path, CITY, METROPOLIS), Clocks()
        with Mosquitto(tmp_path) as mosquitto:
            config = config_of(tmp_path / "state", host, mosquitto.port)
            async with reading(mosquitto.port) as reader, link_at_work(config, clocks, radio=False) as scene:
                keeper, kept = scene.parts.keeper, list[Kept]()
                keep, others_keep = keeper.keep, scene.parts.work.keep
                assert others_keep is not None

                async def noted(content: Kept) -> None:
                    kept.append(content)
                    await keep(content)

                async def others(keeps: Callable[[], Awaitable[None]]) -> None:
                    while True:
                        await keeps()
                        await asyncio.sleep(0)

                with patch.object(keeper, "keep", noted):
                    announcing = asyncio.create_task(others(others_keep))
                    await reader.until(lambda: reader.link("city") and reader.link("metropolis"))
                    clocks.wait(31)
                    await reader.until(lambda: reader.incidents("city") and reader.incidents("metropolis"))
                    announcing.cancel()
        for each in kept:
            tracks = each.standing.book.tracks.values()
            assert {one.id for track in tracks for one in track.opened.values()} == set(each.stories)
        assert kept[-1].stories

    asyncio.run(story())


def test_a_depositor_that_the_policy_names_no_more_has_nothing_left_at_the_broker(tmp_path: Path) -> None:
    async def story() -> None:
        host, clocks, state_dir = host_of(tmp_path, CITY, METROPOLIS), Clocks(), tmp_path / "state"
        with Mosquitto(tmp_path) as mosquitto:
            config = config_of(state_dir, host, mosquitto.port)
            async with reading(mosquitto.port) as reader, link_at_work(config, clocks, radio=False) as scene:
                await scene.looks()
                clocks.wait(31)
                await reader.until(lambda: reader.link("city") and reader.incidents("city"))
                host.publish(host.document(METROPOLIS, CITY.replace('"city"', '"town"')))
                assert scene.daemon.policy is not None
                scene.daemon.policy.reload()
                await reader.until(lambda: reader.link("town"))
                await reader.until(lambda: not reader.incidents("city") and reader.link("city") is None)
                assert reader.told_of("city")[-1] == ("link", "closed")
                assert reader.link("metropolis")["state"] == "down"
        assert [body_of(entry)["serial"] for entry in evidence(state_dir) if entry.draft.kind == "policy"] == [
            None,
            1,
            2,
        ]

    asyncio.run(story())


def test_a_disk_that_does_not_take_the_records_is_told_and_nobody_waits_for_it(tmp_path: Path) -> None:
    async def story() -> None:
        host, clocks, state_dir = host_of(tmp_path, CITY), Clocks(), tmp_path / "state"
        (state_dir / "links.json" / "in_the_way").mkdir(parents=True)
        with Mosquitto(tmp_path) as mosquitto:
            config = config_of(state_dir, host, mosquitto.port)
            async with reading(mosquitto.port) as reader, link_at_work(config, clocks) as scene:
                await reader.until(lambda: reader.link("city").get("state") == "up")
                await scene.looks()
                clocks.wait(11)
                await reader.until(lambda: reader.link("city")["detail"] == "records_not_kept")
                clocks.wait(121)
                await reader.until(lambda: reader.incidents("city"))
                shutil.rmtree(state_dir / "links.json")
                await scene.looks()
                clocks.wait(46)
                await scene.looks()
                clocks.wait(61)
                await reader.until(lambda: reader.link("city")["state"] == "up")

    with capture_logs() as logs:
        asyncio.run(story())
    assert [log["event"] for log in logs if log["event"].startswith("the links' state")] == [
        "the links' state cannot be kept",
        "the links' state is kept again",
    ]


def test_a_clock_that_becomes_sure_gives_the_documents_their_dates(tmp_path: Path) -> None:
    async def story() -> None:
        host, clocks, state_dir = host_of(tmp_path, CITY), Clocks(unix_ms=None), tmp_path / "state"
        with Mosquitto(tmp_path) as mosquitto:
            config = config_of(state_dir, host, mosquitto.port)
            async with reading(mosquitto.port) as reader, link_at_work(config, clocks):
                await reader.until(lambda: reader.link("city").get("state") == "up")
                document = reader.link("city")
                assert (document["clock_sure"], document["at"], document["since"]) == (False, None, None)
                assert reader.last[f"{BASE}/state"]["since"] is None
                clocks.unix_ms = 1_780_000_100_000
                await reader.until(lambda: reader.last[f"{BASE}/state"]["clock_sure"])
                clocks.wait(60)
                await reader.until(lambda: reader.link("city")["clock_sure"])
                assert reader.link("city")["since"] == "2026-05-28T20:28:20.000Z"
        sure = [body_of(entry)["sure"] for entry in evidence(state_dir) if entry.draft.kind == "clock"]
        assert sure == [False, True]

    asyncio.run(story())


@pytest.mark.parametrize("has_broker", [True, False])
@pytest.mark.parametrize("has_policy", [True, False])
def test_each_part_that_a_gateway_has_not_is_done_without(tmp_path: Path, has_broker: bool, has_policy: bool) -> None:
    async def story() -> None:
        host, clocks, told = host_of(tmp_path, CITY), Clocks(), dict[str, Any]()
        with Mosquitto(tmp_path) as mosquitto:
            port = mosquitto.port if has_broker else None
            notices = """
            [notices.smtp]
            host = "127.0.0.1"
            port = 1
            security = "none"
            sender = "gateway@example.org"
            """
            config = config_of(tmp_path / "state", host if has_policy else None, port, notices if has_policy else "")
            async with reading(mosquitto.port) as reader, link_at_work(config, clocks) as scene:
                await scene.looks()
                clocks.wait(60)
                scene.link.count()
                await scene.radio.stop()
                await scene.looks()
                clocks.wait(31)
                await scene.looks()
                if has_broker:
                    await reader.until(lambda: f"{BASE}/stats" in reader.last and f"{BASE}/health" in reader.last)
                    await reader.until(lambda: (reader.link("city").get("state") == "down") is has_policy)
                told = reader.last
        assert bool(told) is has_broker
        assert ("state" in "".join(told)) is has_broker

    asyncio.run(story())


def test_what_no_server_will_get_is_counted_as_lost_for_whose_it_was(tmp_path: Path) -> None:
    """Joins are of no use later; what waits for a server is not lost."""

    async def story() -> None:
        host, clocks, state_dir = host_of(tmp_path, CITY, METROPOLIS), Clocks(), tmp_path / "state"
        with Mosquitto(tmp_path) as mosquitto:
            config = config_of(state_dir, host, mosquitto.port)
            async with reading(mosquitto.port) as reader, link_at_work(config, clocks) as scene:
                await reader.until(lambda: reader.link("city").get("state") == "up")
                await scene.judges()
                await until(lambda: scene.router.is_ready)
                scene.daemon.pipeline.handle_uplinks([uplink(CITY_ADDR), *[join(CITY_EUI, nonce) for nonce in (1, 2)]])
                await scene.looks()
                clocks.wait(60)
                await reader.until(lambda: reader.link("city")["traffic"]["lost"] == 2)
                assert reader.link("city")["traffic"]["forwarded"] == 3
                assert reader.link("metropolis")["traffic"]["heard"] == 0
                month = await scene.parts.months.tally_of("city", "2026-05")
                assert month is not None
                assert month.days == {"28": DayTally(heard=3, forwarded=3, lost=2)}
        (entry,) = [entry for entry in evidence(state_dir) if entry.draft.kind == "refusals"]
        assert (entry.draft.whose, body_of(entry)["lost"], body_of(entry)["lasted_ms"]) == ("city", 2, 60_000)

    asyncio.run(story())


def test_a_disk_that_takes_no_uplinks_is_told_too(tmp_path: Path) -> None:
    async def story() -> None:
        host, clocks = host_of(tmp_path, CITY), Clocks()
        with Mosquitto(tmp_path) as mosquitto:
            config = config_of(tmp_path / "state", host, mosquitto.port)
            async with reading(mosquitto.port) as reader, link_at_work(config, clocks) as scene:
                await until(lambda: scene.router.is_ready)
                scene.router.keeper.error = "No space left on device"
                await reader.until(
                    lambda: reader.last.get(f"{BASE}/health", {}).get("disk", {}).get("problem") is not None
                )
                assert "records_not_kept" in reader.last[f"{BASE}/health"]["findings"]

    asyncio.run(story())


def test_a_certificate_that_comes_to_its_end_is_told_to_operators(tmp_path: Path) -> None:
    async def story() -> None:
        ca_file = Authority(tmp_path).issue("webhooks", days=100)[0]
        host, clocks = host_of(tmp_path, CITY), Clocks(unix_ms=(ends_of(ca_file) - 5 * 86_400) * 1000)
        webhooks = f'[notices.webhook]\nca_file = "{ca_file}"\n'
        with Mosquitto(tmp_path) as mosquitto:
            config = config_of(tmp_path / "state", host, mosquitto.port, webhooks)
            async with reading(mosquitto.port) as reader, link_at_work(config, clocks) as scene:
                await reader.until(lambda: reader.events("certificate"))
                (event,) = reader.events("certificate")
                assert event["details"]["certificate"] == "notices.webhook.ca_file"
                assert event["details"]["days_left"] == 5
                await until(lambda: bool(scene.parts.health.certificates))

    asyncio.run(story())


def test_refusals_are_told_as_one_incident_to_whose_devices_they_are(tmp_path: Path) -> None:
    async def story() -> None:
        limited = depositor("city", "26011A00/24", CITY_EUI, device_allowance="daily_uplinks = 1")
        host, clocks = host_of(tmp_path, limited, METROPOLIS), Clocks()
        with Mosquitto(tmp_path) as mosquitto:
            config = config_of(tmp_path / "state", host, mosquitto.port)
            async with reading(mosquitto.port) as reader, link_at_work(config, clocks) as scene:
                await reader.until(lambda: reader.link("city").get("state") == "up")
                await scene.judges()
                scene.daemon.pipeline.handle_uplinks([uplink(CITY_ADDR, number) for number in range(1, 8)])
                await reader.until(lambda: "refusals" in [each["kind"] for each in reader.incidents("city")])
                (incident,) = [each for each in reader.incidents("city") if each["kind"] == "refusals"]
                assert (incident["counts"], incident["devices"]) == ({"daily_uplinks": 6}, ["26011A07"])
                assert reader.incidents("metropolis") == []

    asyncio.run(story())
