"""Which commands came already."""

from gateway.link.messages_command import CommandOutcome, CommandReply
from gateway.link.requests.command_memory import MOST_ASKERS, REMEMBERED_MS, Asker, CommandMemory, Key, Known, digest

REPLY = CommandReply(
    gateway_eui="AA555A0000000101",
    at=None,
    clock_sure=False,
    command="log_level",
    outcome=CommandOutcome.DONE,
    reason=None,
    correlation_id="1",
)


def put(memory: CommandMemory, key: Key, at_ms: int = 0) -> Known:
    known = Known(digest(b"{}"), at_ms, [Asker("a", None)])
    memory.put(key, known)
    return known


def test_an_answered_one_is_known_for_ten_minutes_after_its_reply() -> None:
    memory, key = CommandMemory(), ("command/log_level", "1")
    put(memory, key)
    memory.answered(key, REPLY, 5_000)
    found = memory.find(key, 5_000 + REMEMBERED_MS)
    assert found is not None
    assert found.reply is REPLY
    assert memory.find(key, 5_000 + REMEMBERED_MS + 1) is None
    assert len(memory) == 0


def test_another_topic_or_correlation_is_another_command() -> None:
    memory = CommandMemory()
    put(memory, ("command/log_level", "1"))
    assert memory.find(("command/restart_radio", "1"), 0) is None
    assert memory.find(("command/log_level", "2"), 0) is None
    assert memory.find(("command/log_level", b"1"), 0) is None


def test_one_without_a_reply_is_never_forgotten() -> None:
    memory = CommandMemory(most=2)
    put(memory, ("t", "waiting"))
    for number in range(10):
        put(memory, ("t", str(number)))
        memory.answered(("t", str(number)), REPLY, number)
    assert memory.find(("t", "waiting"), REMEMBERED_MS * 10) is not None


def test_the_oldest_reply_makes_room() -> None:
    memory = CommandMemory(most=2)
    for name in "ab":
        put(memory, ("t", name))
    memory.answered(("t", "b"), REPLY, 1)
    memory.answered(("t", "a"), REPLY, 2)
    put(memory, ("t", "c"))
    assert memory.find(("t", "b"), 2) is None
    assert memory.find(("t", "a"), 2) is not None
    assert len(memory) == 2


def test_whoever_waits_waits_once_and_not_too_many_do() -> None:
    known = put(CommandMemory(), ("t", "1"))
    assert known.add(Asker("a", None))
    assert known.askers == [Asker("a", None)]
    assert all(known.add(Asker("a", bytes([number]))) for number in range(MOST_ASKERS - 1))
    assert not known.add(Asker("b", None))
    assert len(known.askers) == MOST_ASKERS
