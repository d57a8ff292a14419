"""Commands and reports through a real broker, from whoever asks and back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.broker.client import Broker
from gateway.link.messages_command import Command, CommandName, CommandOutcome, CommandReply, SetLogLevel
from gateway.link.requests.commands import CommandDesk
from gateway.link.requests.report_book import KeptReport
from gateway.link.requests.report_store import ReportStore
from gateway.link.requests.reports import ReportDesk
from tests.gateway.broker.scene import Heard, connected, running, settings
from tests.gateway.link.requests.scene import TOPICS, Clock, in_loop
from tests.mosquitto import Mosquitto

REPORT, LOG_LEVEL = TOPICS.report("metropole"), TOPICS.command("log_level")


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


class Gateway:
    """What a gateway did."""

    def __init__(self) -> None:
        self.levels: list[Command] = []
        self.replies: list[CommandReply] = []
        self.reports: list[KeptReport] = []

    async def set_level(self, command: Command) -> CommandOutcome:
        self.levels.append(command)
        return CommandOutcome.DONE


async def subscribed(client: Broker) -> None:
    """Wait until it hears what it has subscribed to: what it says to itself then comes back."""
    own = Heard(client, f"own/{id(client)}")
    await connected(client)
    await client.publish(f"own/{id(client)}", b"")
    await own.next()


@contextlib.asynccontextmanager
async def gateway(port: int, state_dir: Path) -> AsyncIterator[Gateway]:
    """A gateway that takes commands and reports."""
    done, clock = Gateway(), Clock()
    async with running(settings(port)) as broker:
        commands = CommandDesk(
            TOPICS,
            frozenset({CommandName.LOG_LEVEL}),
            {CommandName.LOG_LEVEL: done.set_level},
            broker.publish,
            now=clock,
            on_done=lambda _name, _command, reply: done.replies.append(reply),
        )
        reports = ReportDesk(
            TOPICS,
            ReportStore(state_dir / "reports"),
            lambda: ("metropole",),
            broker.publish,
            now=clock,
            on_report=done.reports.append,
        )
        broker.subscribe(TOPICS.all_commands, commands.take)
        broker.subscribe(TOPICS.all_reports, reports.take)
        tasks = [asyncio.create_task(commands.run()), asyncio.create_task(reports.run())]
        await subscribed(broker)
        yield done
        assert not any(task.done() for task in tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def somebody(port: int, topic_filter: str) -> AsyncIterator[tuple[Broker, Heard]]:
    """Whoever asks, and listens for the answer."""
    async with running(settings(port)) as client:
        heard = Heard(client, topic_filter)
        await subscribed(client)
        yield client, heard


def body(fields: object) -> bytes:
    return msgspec.json.encode(fields)


async def answer(heard: Heard) -> dict[str, Any]:
    message = await heard.next()
    read: dict[str, Any] = msgspec.json.decode(message.payload)
    return read


@in_loop
async def test_an_operator_has_something_done_and_is_answered(mosquitto: Mosquitto, tmp_path: Path) -> None:
    port = mosquitto.port
    async with gateway(port, tmp_path) as done, somebody(port, f"{TOPICS.base}/command/+/reply") as (operator, heard):
        await operator.publish(LOG_LEVEL, body({"level": "debug", "correlation_id": "7"}))
        reply = await answer(heard)
        assert (reply["command"], reply["outcome"], reply["correlation_id"]) == ("log_level", "done", "7")
        await operator.publish(LOG_LEVEL, body({"level": "debug", "correlation_id": "7"}))
        assert await answer(heard) == reply
        await operator.publish(TOPICS.command("restart_radio"), b"")
        refused = await answer(heard)
        assert (refused["command"], refused["outcome"]) == ("restart_radio", "refused")
        assert done.levels == [SetLogLevel(level="debug", correlation_id="7")]
        assert [each.outcome for each in done.replies] == [CommandOutcome.DONE, CommandOutcome.REFUSED]


@in_loop
async def test_a_command_that_the_broker_keeps_is_not_done_by_a_gateway_that_comes_later(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    port = mosquitto.port
    async with somebody(port, f"{TOPICS.base}/command/+/reply") as (operator, heard):
        await operator.publish(LOG_LEVEL, body({"level": "debug"}), retain=True)
        async with gateway(port, tmp_path) as done:
            # A retained message comes with the subscription, before what is published after it.
            await operator.publish(TOPICS.command("restart_radio"), b"")
            assert (await answer(heard))["command"] == "restart_radio"
            assert done.levels == []


@in_loop
async def test_a_depositor_reports_a_problem_and_keeps_its_number_over_a_restart(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    port = mosquitto.port
    report = body({"text": "Le capteur du square est muet.", "contact": "J. Martin", "correlation_id": "8"})
    async with somebody(port, TOPICS.report_ack("metropole")) as (depositor, heard):
        async with gateway(port, tmp_path) as done:
            await depositor.publish(REPORT, report)
            first = await answer(heard)
            assert (first["state"], first["correlation_id"]) == ("received", "8")
            (kept,) = ReportStore(tmp_path / "reports").load().reports
            assert first["id"] == kept.id
            assert kept.text == "Le capteur du square est muet."
        assert done.reports == [kept]
        async with gateway(port, tmp_path) as again:
            await depositor.publish(REPORT, report)
            second = await answer(heard)
            assert (second["state"], second["id"]) == ("received", kept.id)
        assert again.reports == []
        assert ReportStore(tmp_path / "reports").load().reports == (kept,)
