"""`python -m tests.robustness.outbox_child DIRECTORY SEED SMTP_PORT WEBHOOK_URL CA_FILE [--finish]`.

Opens, changes and closes incidents without end, and tells them by the daemon's own means. What it is about to tell it
first writes to a book of its own, so that the next child goes on with what this one has left, as the daemon does. With
`--finish` it closes what is open, waits until everything is told, and ends.
"""

import asyncio
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import structlog

from gateway.notices.channel import Channel
from gateway.notices.delivery import Pace
from gateway.notices.dispatcher import Notifier
from gateway.notices.news import Matter, News
from gateway.notices.notice import Kind
from gateway.notices.settings import SmtpSettings, WebhookSettings
from gateway.notices.smtp_channel import SmtpChannel
from gateway.notices.webhook_channel import WebhookChannel
from gateway.policy.text.reading import read_policy
from tests.gateway.policy.documents import LEAST, depositor

BOOK = "book"
MOST_OPEN = 6
# More than one child ever has on their way to the disk, and fewer than the outbox remembers.
MOST_IN_FLIGHT = 200
# As the daemon's, but for its patience.
PACE = Pace(
    ceiling_per_hour=400_000,
    first_pause_s=0.01,
    longest_pause_s=0.1,
    refused_pause_s=0.1,
    most_held_back=10,
    late_s=0.5,
)


def told_in(book: Path) -> Iterator[tuple[str, Kind, int]]:
    """What was to be told, in order: incident, what is new of it, and which of its changes."""
    for line in book.read_text().splitlines() if book.exists() else ():
        incident, kind, occurrence = line.split()
        yield incident, Kind(kind), int(occurrence)


class Story:
    """Incidents as they come and go."""

    def __init__(self, notifier: Notifier, directory: Path, seed: int) -> None:
        self._notifier = notifier
        self._chance = random.Random(seed)
        self._seed = seed
        self._opened = 0
        self._book = os.open(directory / BOOK, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.open: dict[str, int] = {}

    def go_on(self, told: Iterator[tuple[str, Kind, int]]) -> None:
        """Tell once more what an earlier child may not have got to tell: the end of its book."""
        everything = list(told)
        for incident, kind, occurrence in everything:
            self.open[incident] = occurrence
            if kind is Kind.CLOSED:
                del self.open[incident]
        for incident, kind, occurrence in everything[-MOST_IN_FLIGHT:]:
            self._notifier.tell_news(_news(incident, kind, occurrence), "metropole")

    async def one_step(self) -> None:
        """Something happens, and perhaps it is waited for."""
        kept = self._tell(*self._next())
        if self._chance.random() < 0.5:
            await kept
        await asyncio.sleep(self._chance.random() / 100)

    def close_all(self) -> None:
        """Everything is well again."""
        for incident in list(self.open):
            self._tell(incident, Kind.CLOSED)

    def _next(self) -> tuple[str, Kind]:
        if not self.open or (len(self.open) < MOST_OPEN and self._chance.random() < 0.4):
            self._opened += 1
            return f"{self._seed:05d}.{self._opened:05d}", Kind.OPENED
        incident = self._chance.choice(list(self.open))
        return incident, self._chance.choice([Kind.UPDATED, Kind.CLOSED, Kind.CLOSED])

    def _tell(self, incident: str, kind: Kind) -> asyncio.Future[bool]:
        occurrence = self.open.get(incident, 0) + 1
        os.write(self._book, f"{incident} {kind.value} {occurrence}\n".encode())
        self.open[incident] = occurrence
        if kind is Kind.CLOSED:
            del self.open[incident]
        return self._notifier.tell_news(_news(incident, kind, occurrence), "metropole")


def _news(incident: str, kind: Kind, occurrence: int) -> News:
    return News(kind=kind, matter=Matter.LINK, identity=incident, occurrence=occurrence, state="down", cause="radio")


def _notifier(directory: Path, smtp_port: int, webhook: str, ca_file: Path) -> Notifier:
    def unix_s() -> int:
        return int(time.time())

    smtp = SmtpSettings("127.0.0.1", smtp_port, "gateway@city.example", ca_file=ca_file, timeout_s=1)
    channels: dict[str, Channel] = {
        "e-mail": SmtpChannel(smtp),
        "webhook": WebhookChannel(WebhookSettings(ca_file, timeout_s=1), "0016C001FF10A235", lambda _: "c2ln"),
    }
    notifier = Notifier(directory, channels, "tour-perret", "0016C001FF10A235", unix_s, pace=PACE)
    contact = f'[[depositor.contact]]\nrole = "Desk"\nname = "N"\nemail = "desk@a.example"\nwebhook = "{webhook}"\n'
    notifier.follow(read_policy((LEAST + depositor("metropole", lines=contact)).encode()))
    return notifier


async def live(directory: Path, seed: int, notifier: Notifier, *, finish: bool) -> None:
    """The daemon's part that is under test, under load."""
    story = Story(notifier, directory, seed)
    running = asyncio.create_task(notifier.run())
    story.go_on(told_in(directory / BOOK))
    os.write(1, b"ready\n")
    while not finish and not running.done():
        await story.one_step()
    story.close_all()
    while notifier.state.waiting or notifier._outside:
        assert not running.done()
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def main(arguments: list[str]) -> None:
    """As it was called."""
    directory, seed, smtp_port, webhook, ca_file = arguments[:5]
    notifier = _notifier(Path(directory) / "notices", int(smtp_port), webhook, Path(ca_file))
    await live(Path(directory), int(seed), notifier, finish="--finish" in arguments)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(main(sys.argv[1:]))
