"""Documents from all sources, and what follows from them: told, kept, and in force."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.policy.source import policy_desk
from gateway.policy.source.envelope import seal
from gateway.policy.source.keeper import Accepted, Held, Offer, Pending, Refused
from gateway.policy.source.known_time import KnownTime
from gateway.policy.source.policy_desk import PolicyDesk
from gateway.policy.source.policy_store import PolicyStore
from tests.gateway.policy.signed_documents import ENDS_UNIX_S, KEYS, OTHER, VALID_UNIX_S, document, signed

LOOKS = 3_000


class Desk:
    """A desk in a directory, with a time that the test sets and a list of what came into force."""

    def __init__(self, directory: Path) -> None:
        self.unix_s = VALID_UNIX_S
        self.boot_s = 0
        self.followed: list[int | None] = []
        known_time = KnownTime(directory / "known_time", "boot", lambda: self.unix_s, lambda: self.boot_s)
        self.desk = PolicyDesk(KEYS, PolicyStore(directory / "policy"), known_time, self.note)

    def note(self, held: Held | None) -> None:
        self.followed.append(None if held is None else held.policy.serial)

    def let_pass(self, seconds: int) -> None:
        self.unix_s += seconds
        self.boot_s += seconds


def play(directory: Path, story: Callable[[Desk], Awaitable[None]]) -> Desk:
    async def run() -> Desk:
        desk = Desk(directory)
        await story(desk)
        return desk

    return asyncio.run(run())


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(LOOKS):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came")


def test_a_first_start_has_no_policy_and_says_so(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        assert desk.followed == [None]

    with capture_logs() as log:
        play(tmp_path, story)
    assert "no policy is in force" in log[0]["event"]


def test_what_is_accepted_is_told_followed_and_taken_up_at_the_next_start(tmp_path: Path) -> None:
    async def accept(desk: Desk) -> None:
        assert isinstance(await desk.desk.offer(signed(document(4))), Accepted)
        assert desk.followed == [None, 4]

    async def nothing(desk: Desk) -> None:
        assert desk.followed == [4]

    play(tmp_path, accept)
    play(tmp_path, nothing)


def test_the_same_document_again_writes_nothing_and_tells_nobody(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.desk.offer(signed(document(4)))
        before = {path: path.stat().st_mtime_ns for path in (tmp_path / "policy").iterdir()}
        await desk.desk.offer(signed(document(4)))
        assert {path: path.stat().st_mtime_ns for path in (tmp_path / "policy").iterdir()} == before
        assert desk.followed == [None, 4]

    play(tmp_path, story)


def test_a_refusal_changes_nothing_is_logged_once_and_is_kept_for_show(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.desk.offer(signed(document(4)))
        with capture_logs() as log:
            for _ in range(3):
                assert isinstance(await desk.desk.offer(signed(document(5), OTHER, "policy.toml")), Refused)
        assert [entry["source"] for entry in log if entry["log_level"] == "error"] == ["policy.toml"]
        assert desk.followed == [None, 4]

    async def again(desk: Desk) -> None:
        assert desk.desk.kept.last_refusal is not None
        assert desk.desk.kept.last_refusal.source == "policy.toml"

    play(tmp_path, story)
    play(tmp_path, again)


def test_what_cannot_be_read_is_a_refusal_too(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        with capture_logs() as log:
            await desk.desk.refuse("policy.toml", "a named pipe")
            await desk.desk.refuse("policy.toml", "a named pipe")
        assert [entry["reason"] for entry in log if entry["log_level"] == "error"] == ["a named pipe"]
        assert desk.desk.kept.last_refusal is not None

    play(tmp_path, story)


def test_a_document_for_later_comes_into_force_when_its_time_comes(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.desk.offer(signed(document(1)))
        assert isinstance(await desk.desk.offer(signed(document(2, "2027-01-01", "2027-12-31"))), Pending)
        desk.let_pass(ENDS_UNIX_S - VALID_UNIX_S - 1)
        await desk.desk.look()
        assert desk.followed == [None, 1]
        desk.let_pass(1)
        await desk.desk.look()
        assert desk.followed == [None, 1, 2]
        assert not (tmp_path / "policy" / "1.toml").exists()

    play(tmp_path, story)


def test_when_the_last_one_ends_there_is_none(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.desk.offer(signed(document(1)))
        desk.let_pass(ENDS_UNIX_S - VALID_UNIX_S)
        await desk.desk.look()
        assert desk.followed == [None, 1, None]

    play(tmp_path, story)


def test_a_disk_that_fails_does_not_keep_a_policy_from_being_followed_and_is_tried_again(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        (tmp_path / "policy").write_text("in the way")
        with capture_logs() as log:
            await desk.desk.offer(signed(document(1)))
        assert desk.followed == [None, 1]
        assert any("cannot be kept" in entry["event"] for entry in log)
        (tmp_path / "policy").unlink()
        await desk.desk.look()
        assert (tmp_path / "policy" / "1.toml").exists()

    play(tmp_path, story)


def test_offers_are_judged_one_after_the_other(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await asyncio.gather(*(desk.desk.offer(signed(document(serial))) for serial in (3, 1, 5, 2, 4)))
        assert desk.followed == [None, 3, 5]

    play(tmp_path, story)


def test_a_message_is_judged_like_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_desk, "BETWEEN_MESSAGES_S", 0.0)
    offer = signed(document(6))

    async def story(desk: Desk) -> None:
        running = asyncio.create_task(desk.desk.run())
        desk.desk.take_message("policy", b"not an envelope")
        await until(lambda: desk.desk.kept.last_refusal is not None)
        desk.desk.take_message("policy", seal(offer.document, offer.signature or b""))
        await until(lambda: desk.followed == [None, 6])
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert desk.desk.kept.last_refusal is not None
        assert desk.desk.kept.last_refusal.source == "topic policy"

    play(tmp_path, story)


def test_an_empty_message_only_clears_the_topic(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        running = asyncio.create_task(desk.desk.run())
        desk.desk.take_message("policy", b"")
        await asyncio.sleep(0.2)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert desk.desk.kept.last_refusal is None

    play(tmp_path, story)


def test_of_messages_that_wait_the_last_one_counts(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        for serial in range(1, 200):
            offer = signed(document(serial))
            desk.desk.take_message("policy", seal(offer.document, offer.signature or b""))
        running = asyncio.create_task(desk.desk.run())
        await until(lambda: desk.desk.in_force is not None)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert desk.followed == [None, 199]

    play(tmp_path, story)


def test_refusals_without_end_are_not_written_without_end(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.desk.offer(Offer("topic", b"0", None))
        written = (tmp_path / "policy" / "last_refusal").stat().st_mtime_ns
        for number in range(1, 50):
            await desk.desk.offer(Offer("topic", str(number).encode(), None))
        assert (tmp_path / "policy" / "last_refusal").stat().st_mtime_ns == written

    play(tmp_path, story)
