"""What is asked over a real broker: answered, done, recorded, and told to whom it concerns."""

import asyncio
from functools import partial
from pathlib import Path

import msgspec

from gateway.link.link_file import load
from gateway.link.signals import Maintenance
from tests.gateway.broker.scene import connected, running, settings, until
from tests.gateway.link_rig import BASE, Clocks, Reader, body_of, config_of, evidence, link_at_work, reading
from tests.gateway.policy.frames import CITY_EUI, METROPOLIS_EUI
from tests.gateway.policy.signed import Host, depositor
from tests.mosquitto import Mosquitto
from tests.smtp_sink import SmtpSink

TOPICS = '[topics]\ncommands = ["announce_maintenance", "reload_policy"]\n'
CONTACT = '[[depositor.contact]]\nrole = "Desk"\nname = "Anne"\nemail = "anne@city.example"\n'
CITY = depositor("city", "26011A00/24", CITY_EUI)
METROPOLIS = depositor("metropolis", "26011B00/24", METROPOLIS_EUI)


def host_of(directory: Path, *depositors: str) -> Host:
    host = Host(directory)
    host.publish(host.document(*(depositors or (CITY, METROPOLIS))))
    return host


def knows_of_it(reader: Reader, depositor: str) -> bool:
    """Whether a depositor reads of the work at the mast, in its document and as an incident."""
    maintenance = reader.link(depositor).get("maintenance") or {}
    return maintenance.get("reason") == "mast" and [each["kind"] for each in reader.incidents(depositor)] == [
        "maintenance"
    ]


def test_planned_work_that_an_operator_announces_is_read_by_every_depositor_until_it_is_over(tmp_path: Path) -> None:
    async def story() -> None:
        host, clocks, state_dir = host_of(tmp_path), Clocks(), tmp_path / "state"
        with Mosquitto(tmp_path) as mosquitto:
            config = config_of(state_dir, host, mosquitto.port, TOPICS)
            async with (
                reading(mosquitto.port) as reader,
                link_at_work(config, clocks) as scene,
                running(settings(mosquitto.port)) as operator,
            ):
                await reader.until(lambda: reader.link("city"))
                command = f"{BASE}/command/announce_maintenance"
                operator.publish(command, msgspec.json.encode({"reason": "mast", "by": "Ada"}))
                await reader.until(lambda: reader.last.get(f"{command}/reply"))
                assert reader.last[f"{command}/reply"]["outcome"] == "done"
                kept = msgspec.json.decode((state_dir / "links.json").read_bytes())
                assert kept["maintenance"]["reason"] == "mast"
                for city in ("city", "metropolis"):
                    await reader.until(partial(knows_of_it, reader, city))
                await reader.until(lambda: reader.events("command"))
                assert reader.events("command")[0]["details"]["by"] == "Ada"
                operator.publish(command, msgspec.json.encode({"over": True}))
                await reader.until(lambda: not reader.incidents("city") and not reader.incidents("metropolis"))
                await scene.looks()
        told = [body_of(entry) for entry in evidence(state_dir) if entry.draft.kind == "maintenance"]
        assert [(body["event"], body["reason"]) for body in told] == [("announced", "mast"), ("over", "mast")]

    asyncio.run(story())


def test_what_is_announced_is_on_the_disk_when_the_operator_is_answered(tmp_path: Path) -> None:
    async def story() -> None:
        config = config_of(tmp_path / "state", host_of(tmp_path))
        async with link_at_work(config, Clocks(), radio=False, look_s=3600) as scene:
            await until(scene.parts.links_file.exists)
            await scene.parts.work.announce(Maintenance("mast"))
            kept = load(scene.parts.links_file)
            assert kept is not None
            assert kept.maintenance == Maintenance("mast")

    asyncio.run(story())


def test_what_is_announced_goes_on_after_a_restart(tmp_path: Path) -> None:
    async def story() -> None:
        host, clocks = host_of(tmp_path), Clocks()
        with Mosquitto(tmp_path) as mosquitto:
            config = config_of(tmp_path / "state", host, mosquitto.port, TOPICS)
            async with reading(mosquitto.port) as reader, running(settings(mosquitto.port)) as operator:
                async with link_at_work(config, clocks):
                    await reader.until(lambda: reader.link("city"))
                    operator.publish(f"{BASE}/command/announce_maintenance", b'{"reason": "mast"}')
                    await reader.until(lambda: reader.incidents("city"))
                async with link_at_work(config, clocks) as scene:
                    await scene.looks()
                    assert scene.parts.work.planned is not None
                    assert scene.parts.work.planned.reason == "mast"
                    assert set(reader.told_of("city")) == {("maintenance", "opened")}

    asyncio.run(story())


def test_what_gateway_toml_does_not_allow_is_refused_and_operators_are_told(tmp_path: Path) -> None:
    async def story() -> None:
        host, clocks = host_of(tmp_path), Clocks()
        with Mosquitto(tmp_path) as mosquitto:
            config = config_of(tmp_path / "state", host, mosquitto.port, TOPICS)
            async with (
                reading(mosquitto.port) as reader,
                link_at_work(config, clocks) as scene,
                running(settings(mosquitto.port)) as operator,
            ):
                await connected(operator)
                await reader.until(lambda: scene.is_connected)
                for name, outcome in (
                    ("restart_radio", "refused"),
                    ("nonsense", "refused"),
                    ("reload_policy", "begun"),
                ):
                    operator.publish(f"{BASE}/command/{name}", b"{}")
                    reply = f"{BASE}/command/{name}/reply"
                    await reader.until(partial(reader.last.get, reply))
                    assert reader.last[reply]["outcome"] == outcome
                # A command that no release knows is answered, but told to nobody else.
                await reader.until(lambda: len(reader.events("command")) == 2)

    asyncio.run(story())


def test_a_depositors_report_is_acknowledged_to_it_by_every_way_and_told_to_operators(tmp_path: Path) -> None:
    async def story() -> None:
        with SmtpSink() as mail, Mosquitto(tmp_path) as mosquitto:
            notices = f"""
            [notices.smtp]
            host = "127.0.0.1"
            port = {mail.port}
            security = "none"
            sender = "gateway@example.org"
            """
            city = CITY.replace("[[depositor.group]]", CONTACT + "[[depositor.group]]")
            host, clocks = host_of(tmp_path, city), Clocks()
            config = config_of(tmp_path / "state", host, mosquitto.port, TOPICS + notices)
            async with (
                reading(mosquitto.port) as reader,
                link_at_work(config, clocks) as scene,
                running(settings(mosquitto.port)) as depositors,
            ):
                await reader.until(lambda: reader.link("city"))
                topic = f"{BASE}/depositor/city/report"
                depositors.publish(topic, msgspec.json.encode({"text": "The lamps are silent.", "correlation_id": "7"}))
                await reader.until(lambda: reader.last.get(f"{topic}/ack"))
                ack = reader.last[f"{topic}/ack"]
                assert ack["correlation_id"] == "7"
                await reader.until(lambda: reader.events("problem_report"))
                assert reader.events("problem_report")[0]["details"]["report"] == ack["id"]
                contacts = scene.parts.notifier
                assert contacts is not None
                await until(lambda: contacts.state.delivered == 1)
                assert [letter.recipient for letter in mail.letters] == ["anne@city.example"]
        told = {each.draft.kind: each for each in evidence(tmp_path / "state") if each.draft.whose == "city"}
        assert body_of(told["report"])["id"] == ack["id"]
        fate = body_of(told["notice"])
        assert (fate["channel"], fate["outcome"]) == ("e-mail", "accepted")
        assert fate["notices"][0]["incident"] == ack["id"]

    asyncio.run(story())
