"""Operators' commands: what is allowed is done, one at a time, and each is answered."""

import asyncio

import pytest

from gateway.broker.settings import Message
from gateway.link.messages_command import Command, CommandName, CommandOutcome, SetLogLevel
from gateway.link.requests import commands
from gateway.link.requests.commands import MOST_WAITING, Action, CommandFailedError, CommandRefusedError
from tests.gateway.broker.scene import PATIENCE_S
from tests.gateway.link.requests.command_rig import LOG_LEVEL, RELOAD, RESTART, Done, Rig, does, play
from tests.gateway.link.requests.scene import TOPICS, Clock, asked


def test_a_command_is_carried_out_answered_and_told_to_the_operators() -> None:
    done = Done()
    rig = Rig(does(done))

    async def story() -> None:
        async with rig.running():
            rig.desk.take(asked(LOG_LEVEL, {"level": "debug", "correlation_id": "7", "by": "J. Martin"}))
            await rig.answered()

    play(story())
    command = SetLogLevel(level="debug", correlation_id="7", by="J. Martin")
    assert done == [command]
    (answer,) = rig.said
    assert answer.topic == f"{LOG_LEVEL}/reply"
    assert answer.body == {
        "format": 1,
        "gateway_eui": "AA555A0000000101",
        "at": "2026-03-04T04:53:20.000Z",
        "clock_sure": True,
        "command": "log_level",
        "outcome": "done",
        "reason": None,
        "correlation_id": "7",
    }
    ((name, told, reply),) = rig.told
    assert (name, told, reply.outcome) == ("log_level", command, CommandOutcome.DONE)


def test_while_the_clock_is_not_sure_an_answer_has_no_time() -> None:
    rig = Rig({}, frozenset())
    rig.clock.instant = Clock(5, None).instant
    rig.desk.take(asked(RELOAD))
    assert (rig.said[0]["at"], rig.said[0]["clock_sure"]) == (None, False)


def test_the_answer_goes_where_mqtt_5_asks_for_it_below_the_usual_topic_only() -> None:
    rig = Rig({}, frozenset())
    rig.desk.take(asked(RELOAD, response_topic=f"{RELOAD}/reply/desk-3", correlation_data=b"\0\x07"))
    rig.desk.take(asked(RELOAD, response_topic=TOPICS.state, correlation_data=b"8"))
    assert [answer.topic for answer in rig.said] == [f"{RELOAD}/reply/desk-3", f"{RELOAD}/reply"]
    assert [answer.correlation_data for answer in rig.said] == [b"\0\x07", b"8"]


def refused(rig: Rig) -> str:
    """Why the only command was refused; it was told to the operators as well."""
    (answer,) = rig.said
    assert answer["outcome"] == "refused"
    ((_, _, reply),) = rig.told
    assert reply.reason == answer["reason"]
    return str(answer["reason"])


def test_what_gateway_toml_does_not_allow_is_refused_by_the_name_of_its_key() -> None:
    rig = Rig(does(Done()), frozenset({CommandName.LOG_LEVEL}))
    rig.desk.take(asked(RESTART, {"correlation_id": "7"}))
    assert "topics.commands of gateway.toml" in refused(rig)
    assert rig.said[0]["correlation_id"] == "7"


@pytest.mark.parametrize("payload", [b"{", b'{"level": "loud"}', b"[]"])
def test_what_cannot_be_read_is_refused_with_what_to_mend(payload: bytes) -> None:
    rig = Rig(does(Done()))
    rig.desk.take(Message(LOG_LEVEL, payload))
    assert refused(rig)
    assert rig.told[0][1] is None


def test_an_unknown_command_is_told_which_there_are() -> None:
    rig = Rig(does(Done()))
    rig.desk.take(asked(TOPICS.command("reboot")))
    assert "restart_radio" in refused(rig)
    assert rig.said[0].topic == TOPICS.command_reply("reboot")


def test_what_this_gateway_has_no_part_for_is_refused() -> None:
    rig = Rig({})
    rig.desk.take(asked(RELOAD))
    assert refused(rig) == commands.NOT_CONFIGURED


@pytest.mark.parametrize("topic", [TOPICS.report("metropole"), f"{LOG_LEVEL}/reply", "candelabre/x", LOG_LEVEL.upper()])
def test_what_is_no_command_is_counted_and_not_answered(topic: str) -> None:
    rig = Rig(does(Done()))
    rig.desk.take(asked(topic, {"level": "debug"}))
    assert (rig.said, rig.told, rig.desk.counters.ignored) == ([], [], 1)


def test_a_retained_command_is_not_done_at_each_connection() -> None:
    rig = Rig(does(Done()))
    rig.desk.take(asked(RESTART, retained=True))
    assert (rig.said, rig.told, rig.desk.counters.ignored) == ([], [], 1)


async def _fails(_: Command) -> CommandOutcome:
    raise CommandFailedError("the chip does not answer")


async def _refuses(_: Command) -> CommandOutcome:
    raise CommandRefusedError("ends must be in the future")


async def _begins(_: Command) -> CommandOutcome:
    return CommandOutcome.BEGUN


async def _hangs(_: Command) -> CommandOutcome:
    await asyncio.Event().wait()
    return CommandOutcome.DONE


@pytest.mark.parametrize(
    ("work", "outcome", "reason"),
    [
        (_fails, "failed", "the chip does not answer"),
        (_refuses, "refused", "ends must be in the future"),
        (_begins, "begun", None),
        (_hangs, "failed", "it had not ended after 0.01 s, and was given up"),
    ],
)
def test_what_became_of_a_command_is_said_as_it_was(work: Action, outcome: str, reason: str | None) -> None:
    rig = Rig(does(work), limit_s=0.01)

    async def story() -> None:
        async with rig.running():
            rig.desk.take(asked(RESTART))
            await rig.answered()
            rig.desk.take(asked(RESTART))
            await rig.answered(2)

    play(story())
    assert [(answer["outcome"], answer["reason"]) for answer in rig.said] == [(outcome, reason)] * 2


def test_commands_are_carried_out_one_at_a_time_in_their_order() -> None:
    steps: list[str] = []

    async def work(command: Command) -> CommandOutcome:
        steps.append(f"begin {command.correlation_id}")
        await asyncio.sleep(0)
        steps.append(f"end {command.correlation_id}")
        return CommandOutcome.DONE

    rig = Rig(does(work))

    async def story() -> None:
        for number in "123":
            rig.desk.take(asked(RESTART, {"correlation_id": number}))
        async with rig.running():
            await rig.answered(3)

    play(story())
    assert steps == ["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3"]


def test_more_than_can_wait_are_refused() -> None:
    rig = Rig(does(Done()))

    async def story() -> None:
        for _ in range(MOST_WAITING + 1):
            rig.desk.take(asked(RESTART))
        assert refused(rig) == commands.TOO_MANY
        async with rig.running():
            await rig.answered(MOST_WAITING + 1)

    play(story())
    assert (rig.desk.counters.done, rig.desk.counters.refused) == (MOST_WAITING, 1)


def test_at_the_end_what_is_under_way_and_what_waits_is_answered_too() -> None:
    begun = asyncio.Event()

    async def work(_: Command) -> CommandOutcome:
        begun.set()
        await asyncio.Event().wait()
        return CommandOutcome.DONE

    rig = Rig(does(work))

    async def story() -> None:
        rig.desk.take(asked(RESTART))
        rig.desk.take(asked(RELOAD))
        async with rig.running():
            await begun.wait()
        rig.desk.take(asked(RELOAD))

    play(story())
    assert [(answer["outcome"], answer["reason"]) for answer in rig.said] == [
        ("failed", commands.INTERRUPTED),
        ("refused", commands.STOPPING),
        ("refused", commands.STOPPING),
    ]


def test_a_surprise_in_an_action_is_no_silence_either() -> None:
    async def work(_: Command) -> CommandOutcome:
        raise TimeoutError("its own")

    rig = Rig(does(work))

    async def story() -> None:
        rig.desk.take(asked(RESTART))
        with pytest.raises(TimeoutError, match="its own"):
            async with asyncio.timeout(PATIENCE_S):
                await rig.desk.run()

    play(story())
    assert [answer["outcome"] for answer in rig.said] == ["failed"]
