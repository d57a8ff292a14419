"""`python -m tests.robustness.link_kills --kills 300`: kill what informs depositors, while every way to them fails.

Incidents' book, teller, notices and evidence run in a child, joined as in the daemon. A real broker is cut off, killed
and started again now and then; a mail server and a webhook refuse, hang up, take it and say nothing. In the end every
incident that anybody ever heard of, or that was kept, must have been told to its depositor by each channel: opened and
closed at least once, nothing out of order. What came twice is counted.
"""

import argparse
import asyncio
import contextlib
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import structlog

from gateway.link.evidence.chain import Kind
from gateway.link.link_file import FILE, load
from tests.flows.link_scene import CHANNELS, DEPOSITORS, EMAIL, MQTT, WEBHOOK, Surroundings, until
from tests.robustness.outbox_kills import Numbers, Weather, check_order

LONGEST_LIFE_S = 0.4
FINISH_S = 120.0
KILLS_A_STORE = 100
SHARE_OF_CUTS = 0.2
LONGEST_ABSENCE_S = 0.3
ONLINE = "online"
OPENED, CLOSED = "opened", "closed"
Wanted = set[tuple[str, str]]


class Report(msgspec.Struct):
    """What a campaign did. `told` and `twice` are openings and closings by channel, `twice` what came once more.

    `repeated` are messages, of all `messages` on a channel, that held something which had come before. Over MQTT an
    open incident is told again after each connection; that is counted apart, as `renewed`. `unproven` are openings and
    closings that the evidence does not have, `orphans` those which it alone has: there must be none.
    """

    kills: int = 0
    broker_cuts: int = 0
    failures: int = 0
    in_doubt: int = 0
    incidents: int = 0
    told: dict[str, int] = msgspec.field(default_factory=dict)
    twice: dict[str, int] = msgspec.field(default_factory=dict)
    most_times: dict[str, int] = msgspec.field(default_factory=dict)
    messages: dict[str, int] = msgspec.field(default_factory=dict)
    repeated: dict[str, int] = msgspec.field(default_factory=dict)
    renewed: int = 0
    unproven: int = 0
    orphans: int = 0

    def add(self, other: "Report") -> None:
        """Another campaign's, on top."""
        for name in self.__struct_fields__:
            ours, theirs = getattr(self, name), getattr(other, name)
            if isinstance(ours, dict):
                both = max if name == "most_times" else lambda *counts: sum(counts)
                setattr(self, name, {each: both(ours.get(each, 0), theirs.get(each, 0)) for each in ours | theirs})
            else:
                setattr(self, name, ours + theirs)


class Heard(msgspec.Struct, frozen=True):
    """What a depositor's client got: of an incident, or (without one) that a connection of the gateway has ended."""

    incident: str | None = None
    state: str = ""
    at: str = ""


class Campaign:
    """One state directory, killed again and again."""

    def __init__(self, around: Surroundings, seed: int) -> None:
        self._around = around
        self._chance = random.Random(seed)
        self._seed = seed
        self._config = around.directory / "gateway.toml"
        self._weathers = Weather(seed), Weather(seed + 1)
        around.smtp.fault, around.webhook.answer = self._weathers[0].fault, self._weathers[1].status
        self._config.write_text(around.configuration(ceiling_per_hour=60))
        self.wanted: Wanted = set()
        self.report = Report()

    async def kill_one(self, number: int) -> None:
        """A child lives and is killed, and perhaps the broker before it."""
        child = await self._start(number)
        assert child.stdout is not None
        if self._chance.random() < 0.9:
            assert await child.stdout.readline() == b"ready\n", (await child.communicate())[1].decode()
        cut = self._chance.random() < SHARE_OF_CUTS
        if cut:
            await asyncio.sleep(self._chance.random() * LONGEST_LIFE_S)
            await self._cut_broker()
        await asyncio.sleep(self._chance.random() * LONGEST_LIFE_S)
        child.send_signal(signal.SIGKILL)
        _, errors = await child.communicate()
        assert child.returncode == -signal.SIGKILL, errors.decode()
        assert b"Traceback" not in errors, errors.decode()
        await self._settle()
        self._note_kept()
        self.report.kills += 1
        self.report.broker_cuts += cut

    async def finish(self, number: int) -> None:
        """Everything works, and a last child tells what is left."""
        for weather in self._weathers:
            weather.is_good = True
        child = await self._start(number, "--finish")
        async with asyncio.timeout(FINISH_S):
            _, errors = await child.communicate()
        assert child.returncode == 0, errors.decode()
        assert b"Traceback" not in errors, errors.decode()
        await self._settle()
        self._note_kept()

    async def _start(self, number: int, *more: str) -> asyncio.subprocess.Process:
        seed = str(self._seed * 1_000 + number)
        command = [sys.executable, "-m", "tests.robustness.link_child", str(self._config), seed, *more]
        return await asyncio.create_subprocess_exec(*command, stdout=-1, stderr=-1)

    async def _cut_broker(self) -> None:
        """It is cut off in the middle of anything; half the time it also forgets all that it held."""
        around = self._around
        around.gate.shut()
        await self._settle()
        if self._chance.random() < 0.5:
            await around.kill_broker()
            await asyncio.sleep(self._chance.random() * LONGEST_ABSENCE_S)
            await around.start_broker()
        else:
            await asyncio.sleep(self._chance.random() * LONGEST_ABSENCE_S)
            around.gate.open()

    async def _settle(self) -> None:
        """All that the broker had got has reached the depositors: its last will comes after the rest."""
        await self._around.gate.emptied()
        for _ in range(2):
            await self._around.readers_listen()
        await until(lambda: not self._is_online, what="last will")

    def _note_kept(self) -> None:
        """What is on the disk was to be told."""
        kept = load(self._around.state_dir / FILE)
        if kept is not None:
            for story in (*kept.stories.values(), *kept.untold):
                self.wanted.add((story.last.incident.depositor, story.last.incident.id))

    @property
    def _is_online(self) -> bool:
        """By what both depositors heard last of it."""
        states = {each.depositor: each.content["state"] for each in self._around.heard if each.channel == "state"}
        return ONLINE in states.values()

    def _stream(self, depositor: str) -> list[Heard]:
        """What a depositor's client got, but for what the broker had kept for it."""
        heard = [each for each in self._around.heard if each.depositor == depositor and not each.message.retained]
        stream = []
        for each in heard:
            said = each.content
            if each.channel == "state" and said["state"] != ONLINE:
                stream.append(Heard())
            elif each.channel == "incident" and said is not None:
                stream.append(Heard(said["id"], said["state"], said["at"]))
        return stream

    async def check(self) -> None:
        """Hold it to its promises. Raises AssertionError."""
        report, around = self.report, self._around
        lanes = {
            EMAIL: [
                (_who(letter.recipient), _parts(str(letter.mail["X-Candelabre-Notices"])))
                for letter in around.smtp.letters
            ],
            WEBHOOK: [
                (each.content["depositor"], tuple((one["number"], one["id"]) for one in each.content["notices"]))
                for each in around.webhook.taken()
            ],
        }
        streams = {each: self._stream(each) for each in DEPOSITORS}
        self.wanted |= {(whose, heard.incident) for whose in DEPOSITORS for heard in streams[whose] if heard.incident}
        self.wanted |= {
            (whose, part[1].split(".")[0]) for lane in lanes.values() for whose, parts in lane for part in parts
        }
        proven = self._proven()
        report.orphans = sum((whose, incident) not in self.wanted for whose, incident, _ in proven)
        report.incidents = len(self.wanted)
        for depositor in DEPOSITORS:
            needed = {
                (incident, state) for whose, incident in self.wanted if whose == depositor for state in (OPENED, CLOSED)
            }
            report.unproven += len(
                needed - {(incident, state) for whose, incident, state in proven if whose == depositor}
            )
            self._check_mqtt(streams[depositor], needed)
            for channel, lane in lanes.items():
                self._check_lane(channel, [parts for whose, parts in lane if whose == depositor], needed)
        for channel, weather in zip((EMAIL, WEBHOOK), self._weathers, strict=True):
            report.failures += weather.failures
            report.in_doubt += weather.in_doubt
            # One message for each that was taken without a word, and one of each contact for each kill.
            assert report.repeated[channel] <= weather.in_doubt + len(DEPOSITORS) * report.kills, report
        assert (report.unproven, report.orphans) == (0, 0), report
        assert await self._held_by_broker() == []

    def _check_mqtt(self, stream: Sequence[Heard], needed: set[tuple[str, str]]) -> None:
        check_stream(stream)
        came = Counter((each.incident, each.state) for each in stream if each.state in (OPENED, CLOSED))
        assert needed <= came.keys(), f"never told over MQTT: {sorted(needed - came.keys())}"
        self._count(MQTT, Counter({key: count for key, count in came.items() if key[1] == CLOSED}))
        self.report.renewed += sum(count - 1 for key, count in came.items() if key[1] == OPENED)

    def _check_lane(
        self, channel: str, lane: Sequence[tuple[tuple[int, str], ...]], needed: set[tuple[str, str]]
    ) -> None:
        came = Counter(tuple(identity.split(".")[:2]) for parts in lane for _, identity in parts)
        assert needed <= came.keys(), f"never told by {channel}: {sorted(needed - came.keys())}"
        numbers: list[Numbers] = [tuple(number for number, _ in parts) for parts in lane]
        report = self.report
        report.repeated[channel] = report.repeated.get(channel, 0) + check_order(numbers)
        report.messages[channel] = report.messages.get(channel, 0) + len(lane)
        self._count(channel, Counter({key: count for key, count in came.items() if key[1] in (OPENED, CLOSED)}))

    def _count(self, channel: str, came: "Counter[Any]") -> None:
        report = self.report
        report.told[channel] = report.told.get(channel, 0) + len(came)
        report.twice[channel] = report.twice.get(channel, 0) + sum(count > 1 for count in came.values())
        report.most_times[channel] = max(report.most_times.get(channel, 0), *came.values())

    def _proven(self) -> set[tuple[str, str, str]]:
        drafts = [entry.draft for entry in self._around.evidence()]
        bodies = [(draft.whose, msgspec.json.decode(draft.body)) for draft in drafts if draft.kind == Kind.INCIDENT]
        return {(whose, body["id"], body["event"]) for whose, body in bodies if body["event"] in (OPENED, CLOSED)}

    async def _held_by_broker(self) -> list[str]:
        """Incidents that somebody who comes now is told of: none is open."""
        found: list[str] = []
        async with contextlib.AsyncExitStack() as stack:
            for each in DEPOSITORS:
                reader = await stack.enter_async_context(self._around.town.connected_as(each))
                reader.subscribe(
                    f"candelabre/+/depositor/{each}/incident/+", lambda message: found.append(message.topic)
                )
                await reader.publish("elsewhere", b"")
        return found


def check_stream(stream: Sequence[Heard]) -> None:
    """Hold MQTT to its order: what is told for the first time comes as it happened; an incident's life is never told
    backwards while one connection lasts.

    Raises:
        AssertionError: it was not kept.
    """
    seen, latest = set[Heard](), ""
    lives: dict[str, tuple[str, int]] = {}
    for heard in stream:
        if heard.incident is None:
            lives.clear()
            continue
        stage = (heard.at, int(heard.state == CLOSED))
        assert lives.get(heard.incident, stage) <= stage, f"told backwards: {heard}"
        lives[heard.incident] = stage
        if heard not in seen:
            assert heard.at >= latest, f"{heard} came after something of {latest}"
            latest = heard.at
            seen.add(heard)


def _who(address: str) -> str:
    return address.partition("@")[0]


def _parts(header: str) -> tuple[tuple[int, str], ...]:
    parts = (part.partition("=") for part in header.split())
    return tuple((int(number), identity) for number, _, identity in parts)


async def campaign(directory: Path, kills: int, seed: int) -> Report:
    """So many kills in a row.

    Raises:
        AssertionError: a promise was broken.
    """
    around = Surroundings(directory)
    async with around.at_work():
        running = Campaign(around, seed)
        for number in range(kills):
            await running.kill_one(number)
        await running.finish(kills)
        await running.check()
    return running.report


def _text(report: Report) -> str:
    lines = [
        f"{report.kills} kills, {report.broker_cuts} cuts of the broker, {report.incidents} incidents",
        f"  {report.failures} failures of mail and webhook, of which {report.in_doubt} took it without a word",
        *(
            f"  {channel}: {report.told[channel]} openings and closings told, {report.twice[channel]} more than once, "
            f"{report.most_times[channel]} times at most"
            for channel in CHANNELS
        ),
        *(
            f"  {channel}: {report.repeated[channel]} of {report.messages[channel]} messages held what had come before"
            for channel in (EMAIL, WEBHOOK)
        ),
        f"  MQTT counts closings; openings were told {report.renewed} times more, to a broker that may have forgotten",
        f"  {report.unproven} openings and closings are not in the evidence, {report.orphans} are nowhere else",
    ]
    return "\n".join(lines)


def main() -> None:
    """As it was called."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    parser = argparse.ArgumentParser(description="Kill what informs depositors, and hold it to its promises.")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    total, began_s = Report(), time.monotonic()
    for begun in range(0, arguments.kills, KILLS_A_STORE):
        with tempfile.TemporaryDirectory() as temporary:
            kills = min(KILLS_A_STORE, arguments.kills - begun)
            total.add(asyncio.run(campaign(Path(temporary), kills, arguments.seed + begun)))
            print(_text(total), f"  after {time.monotonic() - began_s:.0f} s", sep="\n", flush=True)


if __name__ == "__main__":
    main()
