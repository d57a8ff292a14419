"""Documents from all sources, and what follows from them: told, kept, and in force."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
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
STEP_S = 100
DAY_S = 86_400
NEXT_YEAR = document(2, "2027-01-01", "2027-12-31")


class Desk:
    """A desk in a directory, with a time that the test sets and a list of what came into force."""

    def __init__(self, directory: Path, boot: str, unix_s: int) -> None:
        self.unix_s = unix_s
        self.boot_s = 0
        self.true_s = 0.0
        self.asked = 0
        self.followed: list[int | None] = []
        known_time = KnownTime(directory / "known_time", boot, lambda: self.unix_s, lambda: self.boot_s)
        self.desk = PolicyDesk(
            KEYS,
            PolicyStore(directory / "policy"),
            known_time,
            self.note,
            ask_again=self.ask,
            now_s=lambda: self.true_s,
        )

    def ask(self) -> None:
        self.asked += 1

    def note(self, held: Held | None) -> None:
        self.followed.append(None if held is None else held.policy.serial)

    def let_pass(self, seconds: int) -> None:
        self.unix_s += seconds
        self.boot_s += seconds
        self.true_s += seconds

    def has_refused(self, count: int) -> bool:
        return len(self.desk.kept.told) == count

    async def look_for(self, seconds: int) -> set[int | None]:
        """Let time pass in steps, as the daemon does; the serials that were in force."""
        seen = set()
        for _ in range(0, seconds, STEP_S):
            self.let_pass(STEP_S)
            await self.desk.look()
            seen.add(None if self.desk.in_force is None else self.desk.in_force.policy.serial)
        return seen


def play(
    directory: Path, story: Callable[[Desk], Awaitable[None]], *, boot: str = "boot", unix_s: int = VALID_UNIX_S
) -> Desk:
    async def run() -> Desk:
        desk = Desk(directory, boot, unix_s)
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

    play(tmp_path, story)


def test_after_a_power_cut_soon_after_there_is_one_all_the_time(tmp_path: Path) -> None:
    """The time that was written last lies before the new one's day."""

    async def story(desk: Desk) -> None:
        desk.unix_s = ENDS_UNIX_S - 1_000
        await desk.desk.offer(signed(document(1)))
        await desk.desk.offer(signed(NEXT_YEAR))
        known = tmp_path / "known_time"
        await desk.desk.look()
        written = known.read_bytes()
        assert await desk.look_for(1_800) == {1, 2}
        # A power cut may also take back the last write.
        known.write_bytes(written)

    async def later(desk: Desk) -> None:
        assert desk.followed == [1]
        assert await desk.look_for(3_600) == {1, 2}
        assert desk.followed == [1, 2]

    play(tmp_path, story)
    play(tmp_path, later, boot="another", unix_s=ENDS_UNIX_S + 900)


def test_what_begins_is_there_at_once_after_a_restart(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        desk.unix_s = ENDS_UNIX_S - 1_000
        await desk.desk.offer(signed(document(1)))
        await desk.desk.offer(signed(NEXT_YEAR))
        await desk.look_for(1_100)
        assert desk.desk.in_force is not None
        assert desk.desk.in_force.policy.serial == 2

    async def later(desk: Desk) -> None:
        assert desk.followed == [2]

    play(tmp_path, story)
    play(tmp_path, later, boot="another", unix_s=0)


def test_a_clock_that_was_weeks_ahead_leaves_no_gap_when_it_is_put_right(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        desk.unix_s = ENDS_UNIX_S - 30 * DAY_S
        await desk.desk.offer(signed(document(1)))
        await desk.desk.offer(signed(NEXT_YEAR))
        await desk.desk.look()
        desk.unix_s += 40 * DAY_S
        assert await desk.look_for(DAY_S) == {1, 2}
        desk.unix_s -= 40 * DAY_S
        assert await desk.look_for(3_700) == {1, 2}
        assert await desk.look_for(28 * DAY_S) == {1}
        assert await desk.look_for(2 * DAY_S) == {1, 2}

    play(tmp_path, story)


def test_a_receiver_that_is_years_off_for_a_day_ends_what_is_in_force_for_a_day_and_an_hour(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.desk.offer(signed(document(1)))
        await desk.desk.look()
        desk.unix_s += 20 * 365 * DAY_S
        assert await desk.look_for(DAY_S) == {1, None}
        desk.unix_s -= 20 * 365 * DAY_S
        assert await desk.look_for(3_500) == {None}
        await desk.look_for(200)
        assert await desk.look_for(DAY_S) == {1}

    play(tmp_path, story)


def test_what_was_refused_under_a_wrong_date_is_judged_again_when_it_is_put_right(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        assert isinstance(await desk.desk.offer(signed(document(1))), Refused)
        # Whatever else comes does not take its place.
        await desk.desk.offer(signed(document(1), OTHER))
        desk.unix_s -= 20 * 365 * DAY_S
        assert await desk.look_for(3_500) == {None}
        assert desk.asked == 0
        await desk.look_for(200)
        assert desk.followed == [None, 1]
        assert desk.asked > 0

    play(tmp_path, story, unix_s=VALID_UNIX_S + 20 * 365 * DAY_S)


def test_where_none_is_in_force_the_sources_are_asked_at_once_and_then_hourly(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.desk.offer(signed(document(1)))
        await desk.look_for(DAY_S)
        assert desk.asked == 0
        desk.let_pass(ENDS_UNIX_S - desk.unix_s)
        await desk.desk.look()
        assert desk.asked == 1
        await desk.look_for(4 * 3_600)
        assert desk.asked == 5
        await desk.desk.offer(signed(NEXT_YEAR))
        await desk.look_for(4 * 3_600)
        assert desk.asked == 5

    play(tmp_path, story)


def test_what_a_key_of_yesterday_signed_is_not_followed_any_more(tmp_path: Path) -> None:
    both = (*KEYS, OTHER.public)

    async def story(desk: Desk) -> None:
        await desk.desk.use_keys(both)
        await desk.desk.offer(signed(document(1)))
        await desk.desk.offer(signed(document(2**62), OTHER))
        with capture_logs() as log:
            await desk.desk.use_keys(KEYS)
        assert [entry["policy"] for entry in log if entry["log_level"] == "error"] == [
            f"serial {2**62}, by key {OTHER.public.key_id}: policy.host_keys are {KEYS[0].key_id}"
        ]
        assert isinstance(await desk.desk.offer(signed(document(2))), Accepted)
        assert desk.followed == [None, 1, 2**62, None, 2]
        with capture_logs() as log:
            await desk.desk.use_keys(KEYS)
        assert log == []

    async def later(desk: Desk) -> None:
        assert desk.followed == [2]

    play(tmp_path, story)
    play(tmp_path, later)


def test_a_policy_of_another_key_is_not_taken_up_again_after_a_restart(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.desk.offer(signed(document(1)))
        await desk.desk.use_keys((OTHER.public,))
        assert desk.followed == [None, 1, None]

    async def later(desk: Desk) -> None:
        assert desk.followed == [None]

    play(tmp_path, story)
    play(tmp_path, later)


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
            await desk.look_for(1_000)
            assert desk.followed == [None, 1]
            assert [entry["event"] for entry in log if entry["log_level"] == "error"] == [
                "the policy cannot be kept: a restart would not know it"
            ]
            (tmp_path / "policy").unlink()
            await desk.desk.look()
            assert log[-1]["event"] == "the policy is kept again"
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


def test_refusals_of_a_topic_without_end_are_told_once_a_minute_and_those_of_a_file_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy_desk, "BETWEEN_MESSAGES_S", 0.0)

    async def story(desk: Desk) -> None:
        running = asyncio.create_task(desk.desk.run())
        with capture_logs() as log:
            for number in range(1, 21):
                desk.desk.take_message("policy", seal(str(number).encode(), b"?"))
                await until(partial(desk.has_refused, number))
            await desk.desk.offer(signed(document(), OTHER, "policy.toml"))
            errors = [entry for entry in log if entry["log_level"] == "error"]
            assert [(entry["source"], entry.get("refusals")) for entry in errors] == [
                ("topic policy", None),
                ("policy.toml", None),
            ]
            desk.let_pass(60)
            await desk.desk.look()
        assert (log[-1]["source"], log[-1]["refusals"]) == ("topic policy", 19)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    play(tmp_path, story)


def test_the_refusal_that_is_kept_is_the_last_one(tmp_path: Path) -> None:
    last = signed(document(4), source="policy.toml")

    async def story(desk: Desk) -> None:
        await desk.desk.offer(signed(document(5)))
        # The document was copied before its signature.
        await desk.desk.offer(Offer("policy.toml", last.document, None))
        await desk.desk.offer(last)
        assert desk.desk.last_refusal is not None
        assert "older than 5" in desk.desk.last_refusal.reason
        assert "no signature" in kept_reason(tmp_path)
        desk.let_pass(60)
        await desk.desk.look()
        assert "older than 5" in kept_reason(tmp_path)
        desk.let_pass(600)
        await desk.desk.offer(Offer("policy.toml", last.document, None))
        assert "no signature" in kept_reason(tmp_path)

    play(tmp_path, story)


def kept_reason(directory: Path) -> str:
    kept, _ = PolicyStore(directory / "policy").load(KEYS)
    assert kept.last_refusal is not None
    return kept.last_refusal.reason


def test_a_refusal_that_cannot_be_kept_is_told_once_and_tried_again(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        (tmp_path / "policy").write_text("in the way")
        with capture_logs() as log:
            await desk.desk.offer(Offer("topic", b"0", None))
            await desk.look_for(600)
        assert [entry["event"] for entry in log].count("the refusal cannot be kept") == 1
        (tmp_path / "policy").unlink()
        await desk.look_for(100)
        assert "no signature" in kept_reason(tmp_path)

    play(tmp_path, story)


def test_the_same_refusal_again_writes_nothing(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.desk.offer(Offer("topic", b"0", None))
        written = (tmp_path / "policy" / "last_refusal").stat().st_mtime_ns
        for _ in range(10):
            desk.let_pass(60)
            await desk.desk.offer(Offer("topic", b"0", None))
            await desk.desk.look()
        assert (tmp_path / "policy" / "last_refusal").stat().st_mtime_ns == written

    play(tmp_path, story)


def test_refusals_without_end_are_not_written_without_end(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.desk.offer(Offer("topic", b"0", None))
        written = (tmp_path / "policy" / "last_refusal").stat().st_mtime_ns
        for number in range(1, 50):
            await desk.desk.offer(Offer("topic", str(number).encode(), None))
        assert (tmp_path / "policy" / "last_refusal").stat().st_mtime_ns == written

    play(tmp_path, story)
