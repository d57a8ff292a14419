"""The daemon's notices as a whole: kept, sent in order, noted, and gone on with after a restart."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.link.incident import EventKind, Incident, IncidentEvent, IncidentKind
from gateway.link.instant import Instant
from gateway.link.state import Cause, Detail, State
from gateway.notices.channel import Channel, ChannelError
from gateway.notices.delivery import Pace
from gateway.notices.dispatcher import Notifier
from gateway.notices.fate import Fate
from gateway.notices.notice import Kind, Lane, Message
from gateway.notices.outbox_file import Change
from gateway.notices.recipients import addresses_of, setting_of
from gateway.notices.setting_up import channels_of, pace_of
from gateway.notices.settings import NoticesSettings, SmtpSettings, WebhookSettings
from gateway.policy.document import Policy
from gateway.policy.text.reading import read_policy
from tests.gateway.broker.certificates import Authority
from tests.gateway.notices.scene import NOON, news, server_tls
from tests.gateway.policy.documents import LEAST, depositor
from tests.smtp_sink import SmtpSink
from tests.webhook_sink import WebhookSink

QUICK = Pace(ceiling_per_hour=2_000, first_pause_s=0.01, longest_pause_s=0.05, refused_pause_s=0.05)
EMAIL, HOOK = Lane("metropole", "Desk: N", "e-mail"), Lane("metropole", "Desk: N", "webhook")
PATIENCE_S = 30


def contact(name: str = "N", email: str = "desk@a.example", webhook: str = "https://a.example/x") -> str:
    return (
        f'[[depositor.contact]]\nrole = "Desk"\nname = "{name}"\nemail = "{email}"\nphone = "+33 1"\n'
        f'webhook = "{webhook}"\n'
    )


def policy(lines: str = contact(), language: str = "fr") -> Policy:
    return read_policy((LEAST + depositor("metropole", lines=f'language = "{language}"\n{lines}')).encode())


class Box(Channel):
    """A channel that keeps what it takes, and refuses as long as it has a reason to."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Message]] = []
        self.attempts = 0
        self.refuses: ChannelError | Exception | None = None
        self.goes_on = threading.Event()
        self.goes_on.set()

    def send(self, message: Message, address: str, unix_s: int | None) -> None:
        """As it is told."""
        assert self.goes_on.wait(PATIENCE_S)
        self.attempts += 1
        if self.refuses is not None:
            raise self.refuses
        self.taken.append((address, message))

    def ids(self) -> list[str]:
        """The notices that were taken."""
        return [each.id for _, message in self.taken for each in message.notices]


@contextlib.asynccontextmanager
async def running(
    directory: Path, channels: dict[str, Channel], wanted: Policy | None = None, **others: object
) -> AsyncIterator[Notifier]:
    """Notices at work."""
    options: dict[str, object] = {"pace": QUICK, "unix_time_s": lambda: NOON}
    notifier = Notifier(directory, channels, "tour-perret", "0016C001FF10A235", **(options | others))  # type: ignore[arg-type]
    notifier.follow(wanted or policy())
    task = asyncio.create_task(notifier.run())
    await asyncio.sleep(0)  # it has begun, and will end in an orderly way
    try:
        yield notifier
        assert not task.done()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - a state is a value
            await asyncio.sleep(0.005)


def told(fate: Fate) -> tuple[Lane, tuple[str, ...], str, int | None]:
    return fate.lane, tuple(notice.id for notice in fate.notices), fate.outcome, fate.at_unix_s


def test_an_incident_is_kept_and_then_told_on_each_channel(tmp_path: Path) -> None:
    email, hook = Box(), Box()

    async def story() -> None:
        async with running(tmp_path, {"e-mail": email, "webhook": hook}) as notifier:
            fates: list[Fate] = []
            notifier.on_fate.append(fates.append)
            assert await notifier.tell_news(news(), "metropole") is True
            await until(lambda: notifier.state.delivered == 2)
            (notice_id,) = email.ids()
            assert sorted(map(told, fates)) == [
                (EMAIL, (notice_id,), "accepted", NOON),
                (HOOK, (notice_id,), "accepted", NOON),
            ]
            assert notifier.state.waiting == 0

    asyncio.run(story())
    assert [address for address, _ in email.taken] == ["desk@a.example"]
    assert [address for address, _ in hook.taken] == ["https://a.example/x"]
    assert hook.ids() == email.ids()


def test_an_event_of_the_link_is_told_in_the_depositors_language_with_its_true_times(tmp_path: Path) -> None:
    email = Box()
    begin, detected = Instant(1_000, NOON * 1_000), Instant(31_000, (NOON + 30) * 1_000)
    incident = Incident(
        id="1795604400000-ab",
        depositor="metropole",
        kind=IncidentKind.LINK,
        begin=begin,
        detected=detected,
        state=State.DOWN,
        cause=Cause.RADIO,
        detail=Detail.RADIO_LOST,
    )

    async def story() -> None:
        async with running(tmp_path, {"e-mail": email}, policy(language="en")) as notifier:
            await notifier.tell(IncidentEvent(EventKind.OPENED, incident, detected))
            await until(lambda: len(email.taken) == 1)

    asyncio.run(story())
    (_, message) = email.taken[0]
    assert (message.incident_id, message.language, message.newest.kind) == (incident.id, "en", Kind.OPENED)
    assert "The gateway's radio has stopped working" in message.text
    assert "Begin: 25 November 2026 at 12:00:00 (Europe/Paris, UTC+1)" in message.text
    assert "Noticed: 25 November 2026 at 12:00:30 (Europe/Paris, UTC+1)" in message.text
    assert (message.newest.begins_unix_s, message.newest.detected_unix_s) == (NOON, NOON + 30)


def test_what_was_told_before_is_not_told_again_not_even_after_a_restart(tmp_path: Path) -> None:
    email = Box()

    async def story() -> None:
        async with running(tmp_path, {"e-mail": email}) as notifier:
            first, second = notifier.tell_news(news(), "metropole"), notifier.tell_news(news(), "metropole")
            assert (await first, await second) == (True, True)
            await until(lambda: notifier.state.delivered == 1)
            assert await notifier.tell_news(news(), "metropole") is False
        async with running(tmp_path, {"e-mail": email}) as notifier:
            assert await notifier.tell_news(news(), "metropole") is False
            await notifier.tell_news(news(Kind.CLOSED), "metropole")
            await until(lambda: notifier.state.delivered == 1)

    asyncio.run(story())
    assert [message.newest.kind for _, message in email.taken] == [Kind.OPENED, Kind.CLOSED]
    assert [message.newest.number for _, message in email.taken] == [1, 2]


def test_what_a_channel_does_not_take_waits_in_order_through_a_restart(tmp_path: Path) -> None:
    email = Box()
    email.refuses = ChannelError("451 later")

    async def story() -> None:
        async with running(tmp_path, {"e-mail": email}) as notifier:
            await notifier.tell_news(news(identity="1-x"), "metropole")
            await notifier.tell_news(news(identity="2-x"), "metropole")
            await until(lambda: email.attempts >= 3)
            (lane,) = notifier.state.lanes
            assert (lane.lane, lane.waiting, lane.reason) == (EMAIL, 2, "451 later")
        email.refuses = None
        async with running(tmp_path, {"e-mail": email}) as notifier:
            await until(lambda: notifier.state.waiting == 0)
            assert notifier.state.lanes[0].reason is None
        async with running(tmp_path, {"e-mail": email}) as notifier:
            assert notifier.state.waiting == 0

    asyncio.run(story())
    assert email.ids() == ["1-x.opened", "2-x.opened"]


def test_one_channel_that_fails_does_not_hold_up_the_other(tmp_path: Path) -> None:
    email, hook = Box(), Box()
    email.goes_on.clear()

    async def story() -> None:
        async with running(tmp_path, {"e-mail": email, "webhook": hook}) as notifier:
            for number in range(3):
                await notifier.tell_news(news(identity=f"{number}-x"), "metropole")
            await until(lambda: len(hook.ids()) == 3)
            assert not email.taken
            email.goes_on.set()
            await until(lambda: len(email.ids()) == 3)

    asyncio.run(story())


def test_a_bug_in_a_channel_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    email = Box()
    email.refuses = KeyError("bug")

    async def story() -> None:
        async with running(tmp_path, {"e-mail": email}) as notifier:
            await notifier.tell_news(news(), "metropole")
            await until(lambda: email.attempts >= 2)
            email.refuses = None
            await until(lambda: notifier.state.delivered == 1)

    asyncio.run(story())


def test_a_disk_that_takes_nothing_does_not_keep_anybody_uninformed(tmp_path: Path) -> None:
    email = Box()

    async def story() -> None:
        async with running(tmp_path, {"e-mail": email}) as notifier:
            await notifier.tell_news(news(identity="1-x"), "metropole")
            (tmp_path / "outbox.sqlite").unlink()
            (tmp_path / "outbox.sqlite").mkdir()
            notifier._outbox._disk.close()  # the next change opens it anew
            kept = notifier.tell_news(news(identity="2-x"), "metropole")
            await until(lambda: len(email.ids()) == 2)
            assert not kept.done()
            assert notifier.state.disk_error

    asyncio.run(story())


def test_a_contact_with_a_new_address_gets_what_the_old_one_did_not_take(tmp_path: Path) -> None:
    email = Box()
    email.refuses = ChannelError("550 no such user", is_refusal=True)
    slow = Pace(refused_pause_s=10_000)

    async def story() -> None:
        async with running(tmp_path, {"e-mail": email}, pace=slow) as notifier:
            await notifier.tell_news(news(), "metropole")
            await until(lambda: email.attempts == 1)
            email.refuses = None
            notifier.follow(policy(contact(email="new@a.example")))
            await until(lambda: notifier.state.delivered == 1)

    asyncio.run(story())
    assert [address for address, _ in email.taken] == ["new@a.example"]


def test_a_contact_that_is_gone_gets_nothing_any_more(tmp_path: Path) -> None:
    email = Box()
    email.refuses = ChannelError("451 later")

    async def story() -> None:
        async with running(tmp_path, {"e-mail": email}) as notifier:
            fates: list[Fate] = []
            notifier.on_fate.append(fates.append)
            await notifier.tell_news(news(), "metropole")
            await until(lambda: email.attempts >= 1)
            notifier.follow(None)
            assert notifier.state.waiting == 1
            notifier.follow(policy(contact(name="Other", email="other@a.example")))
            assert [told(fate) for fate in fates] == [(EMAIL, ("1795604400000-ab12.opened",), "withdrawn", NOON)]
            assert notifier.state.waiting == 0
            email.refuses = None
        async with running(tmp_path, {"e-mail": email}) as notifier:
            assert notifier.state.waiting == 0

    asyncio.run(story())
    assert not email.taken


def test_the_ceiling_holds_over_a_restart(tmp_path: Path) -> None:
    email = Box()
    pace = Pace(ceiling_per_hour=4)

    async def story() -> None:
        for start in (0, 10):
            async with running(tmp_path, {"e-mail": email}, pace=pace) as notifier:
                for number in range(start, start + 5):
                    await notifier.tell_news(news(identity=f"{number}-x"), "metropole")
                await asyncio.sleep(0.1)
                await until(lambda: len(email.taken) == 2)

    asyncio.run(story())
    assert len(email.taken) == 2


def test_no_depositor_is_told_of_anothers(tmp_path: Path) -> None:
    email = Box()
    both = read_policy(
        (
            LEAST + depositor("metropole", lines=contact()) + depositor("other", lines=contact(email="o@b.example"))
        ).encode()
    )

    async def story() -> None:
        async with running(tmp_path, {"e-mail": email}, both) as notifier:
            await notifier.tell_news(news(identity="1-x"), "metropole")
            await notifier.tell_news(news(identity="2-x"), "other")
            await until(lambda: len(email.taken) == 2)

    asyncio.run(story())
    assert {(address, message.incident_id) for address, message in email.taken} == {
        ("desk@a.example", "1-x"),
        ("o@b.example", "2-x"),
    }


def test_the_next_message_waits_until_the_last_is_noted(tmp_path: Path) -> None:
    email = Box()
    email.goes_on.clear()

    async def story() -> None:
        async with running(tmp_path, {"e-mail": email}) as notifier:
            await notifier.tell_news(news(identity="1-x"), "metropole")
            await notifier.tell_news(news(identity="2-x"), "metropole")
            disk = notifier._outbox._disk
            goes_on, apply = threading.Event(), disk.apply

            def slow(changes: list[Change]) -> None:
                assert goes_on.wait(PATIENCE_S)
                apply(changes)

            disk.apply = slow  # type: ignore[method-assign]
            email.goes_on.set()
            await until(lambda: len(email.taken) == 1)
            await asyncio.sleep(0.1)
            assert len(email.taken) == 1
            goes_on.set()
            await until(lambda: len(email.taken) == 2)

    asyncio.run(story())


def test_a_real_letter_and_a_real_request(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    tls = server_tls(*authority.issue("server"))
    with SmtpSink(tls) as smtp, WebhookSink(tls) as webhook:
        settings = SmtpSettings("127.0.0.1", smtp.port, "gateway@city.example", ca_file=authority.file)
        notices = NoticesSettings(settings, WebhookSettings(authority.file), ceiling_per_hour=20)
        channels, pace = channels_of(notices, "0016C001FF10A235", lambda _: "c2ln"), pace_of(notices)
        assert pace.ceiling_per_hour == 20

        async def story() -> None:
            wanted = policy(contact(webhook=webhook.url))
            async with running(tmp_path / "notices", channels, wanted, pace=pace) as notifier:
                await notifier.tell_news(news(), "metropole")
                await notifier.tell_news(news(Kind.CLOSED), "metropole")
                await until(lambda: notifier.state.waiting == 0)

        asyncio.run(story())
    assert {letter.recipient for letter in smtp.letters} == {"desk@a.example"}
    assert "fin" in str(smtp.letters[-1].mail["Subject"])
    told = [each["id"] for request in webhook.taken() for each in request.content["notices"]]
    assert told == ["1795604400000-ab12.opened", "1795604400000-ab12.closed"]


def test_an_address_is_written_to_once_however_many_contacts_have_it() -> None:
    twice = policy(
        contact() + contact(name="Other") + contact(name="Other", email="o@b.example", webhook="https://b.example")
    )
    assert addresses_of(twice, ["e-mail", "webhook"]) == {
        EMAIL: "desk@a.example",
        Lane("metropole", "Desk: Other", "e-mail"): "o@b.example",
        HOOK: "https://a.example/x",
        Lane("metropole", "Desk: Other", "webhook"): "https://b.example",
    }


def test_contacts_of_the_same_name_are_told_apart() -> None:
    same = policy(contact() + contact(email="o@b.example", webhook="https://b.example"))
    assert set(addresses_of(same, ["e-mail"])) == {EMAIL, Lane("metropole", "Desk: N (2)", "e-mail")}


def test_the_host_and_whom_to_ask_are_known_from_the_convention() -> None:
    setting = setting_of(policy(), "tour-perret", "0016C001FF10A235")
    assert setting.timezone == "Europe/Paris"
    assert setting.host
