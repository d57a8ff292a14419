"""`python -m tests.robustness.outbox_kills --kills 300`: kill the notices at any moment, while channels fail at random.

A real SMTP server and a real HTTPS server take what a child sends, or refuse, hang up, take it and say nothing. In the
end each incident's opening and closing must have come at least once on each channel, in order; and nothing twice but
what a kill, or a server that took it without a word, left in doubt: one message each time.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from gateway.notices.notice import Kind
from tests.gateway.broker.certificates import Authority
from tests.gateway.notices.scene import server_tls
from tests.robustness.outbox_child import BOOK, told_in
from tests.smtp_sink import Fault, SmtpSink
from tests.webhook_sink import HANG_UP, TAKE_AND_HANG_UP, WebhookSink

LONGEST_LIFE_S = 0.4
START_S = 60.0
FINISH_S = 120.0
KILLS_A_STORE = 100
WEATHER_S = 0.7

Numbers = tuple[int, ...]
Ids = tuple[str, ...]


class Report(msgspec.Struct):
    """What a campaign did. `repeated` are messages that held something which had come before."""

    kills: int = 0
    killed_at_start: int = 0
    incidents: int = 0
    notices: int = 0
    messages: int = 0
    failures: int = 0
    in_doubt: int = 0
    repeated: int = 0
    most_times: int = 0

    def add(self, other: "Report") -> None:
        """Another campaign's, on top."""
        for name in self.__struct_fields__:
            ours, theirs = getattr(self, name), getattr(other, name)
            setattr(self, name, max(ours, theirs) if name == "most_times" else ours + theirs)


class Weather:
    """How channels behave: good, bad or mixed, each for a while. Asked by the sinks' threads."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._until_s = 0.0
        self._share = 0.0
        self.is_good = False
        self.failures = 0
        self.in_doubt = 0

    def fault(self) -> Fault:
        """How the next connection goes."""
        with self._lock:
            if self.is_good or self._chance.random() >= self._share_now():
                return "none"
            self.failures += 1
            kinds: list[Fault] = ["hang_up", "refuse_later", "refuse", "refuse_data", "take_and_hang_up"]
            found = self._chance.choice(kinds)
            self.in_doubt += found == "take_and_hang_up"
            return found

    def status(self) -> tuple[int, dict[str, str]]:
        """The same for a webhook."""
        statuses = {"hang_up": HANG_UP, "refuse_later": 503, "refuse": 404, "refuse_data": 302}
        fault = self.fault()
        return (TAKE_AND_HANG_UP if fault == "take_and_hang_up" else statuses.get(fault, 204)), {}

    def _share_now(self) -> float:
        now_s = time.monotonic()
        if now_s >= self._until_s:
            self._until_s = now_s + self._chance.random() * WEATHER_S
            self._share = self._chance.choice([0.0, 0.3, 0.6, 1.0])
        return self._share


class Campaign:
    """One outbox, killed again and again."""

    def __init__(self, directory: Path, smtp_port: int, webhook: str, ca_file: Path, seed: int) -> None:
        self._directory = directory
        self._arguments = [str(smtp_port), webhook, str(ca_file)]
        self._chance = random.Random(seed)
        self.report = Report()

    def kill_one(self, number: int) -> None:
        """A child lives and is killed."""
        with self._start(number) as child:
            if self._chance.random() < 0.9:
                self._await_start(child)
            time.sleep(self._chance.random() * LONGEST_LIFE_S)
            child.send_signal(signal.SIGKILL)
            output, errors = child.communicate()
        assert child.returncode == -signal.SIGKILL, errors.decode()
        assert b"Traceback" not in errors, errors.decode()
        self.report.kills += 1
        self.report.killed_at_start += not (output or self._has_started)

    def finish(self, number: int) -> None:
        """A last child tells what is left, and ends by itself."""
        with self._start(number, "--finish") as child:
            _, errors = child.communicate(timeout=FINISH_S)
        assert child.returncode == 0, errors.decode()

    def _start(self, number: int, *more: str) -> "subprocess.Popen[bytes]":
        self._has_started = False
        command = [sys.executable, "-m", "tests.robustness.outbox_child", str(self._directory), str(number)]
        return subprocess.Popen([*command, *self._arguments, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def _await_start(self, child: "subprocess.Popen[bytes]") -> None:
        assert child.stdout is not None
        self._has_started = child.stdout.readline() == b"ready\n"
        assert self._has_started, (child.stderr.read() if child.stderr else b"").decode()


def check_order(messages: Iterable[Numbers]) -> int:
    """Hold a lane to its order. Returns how many messages repeated what had come before.

    What a sender does not know to have arrived it may send again, with newer ones behind it; what it knows, never.

    Raises:
        AssertionError: it was not kept.
    """
    last_known, in_doubt, repeated = 0, set[int](), 0
    for numbers in messages:
        assert list(numbers) == sorted(set(numbers)), f"out of order within a message: {numbers}"
        if in_doubt.isdisjoint(numbers) and numbers[0] > max(in_doubt, default=last_known):
            last_known, in_doubt = max(in_doubt, default=last_known), set(numbers)
        else:
            repeated += 1
            assert numbers[0] == min(in_doubt), f"{numbers} repeats a part of {sorted(in_doubt)}"
            in_doubt |= set(numbers)
        assert numbers[0] > last_known, f"{numbers} came after {last_known}"
    return repeated


def campaign(directory: Path, kills: int, seed: int) -> Report:
    """So many kills in a row.

    Raises:
        AssertionError: a promise was broken.
    """
    authority = Authority(directory)
    tls = server_tls(*authority.issue("server"))
    weathers = Weather(seed), Weather(seed + 1)
    with SmtpSink(tls, fault=weathers[0].fault) as smtp, WebhookSink(tls, weathers[1].status) as webhook:
        running = Campaign(directory, smtp.port, webhook.url, authority.file, seed)
        for number in range(kills):
            running.kill_one(number)
        for weather in weathers:
            weather.is_good = True
        running.finish(kills)
        letters = [_parts(str(letter.mail["X-Candelabre-Notices"])) for letter in list(smtp.letters)]
        requests = [
            tuple((each["number"], each["id"]) for each in request.content["notices"]) for request in webhook.taken()
        ]
    report = running.report
    told = list(told_in(directory / BOOK))
    report.incidents = sum(kind is Kind.OPENED for _, kind, _ in told)
    report.notices = len(told)
    for lane, weather in zip((letters, requests), weathers, strict=True):
        _check(lane, {f"{incident}.{kind.value}" for incident, kind, _ in told if kind is not Kind.UPDATED}, report)
        report.failures += weather.failures
        report.in_doubt += weather.in_doubt
    assert report.repeated <= 2 * report.kills + report.in_doubt, report
    return report


def _check(lane: Sequence[tuple[tuple[int, str], ...]], wanted: set[str], report: Report) -> None:
    came: dict[str, int] = {}
    for message in lane:
        for _, identity in message:
            came[identity] = came.get(identity, 0) + 1
    assert wanted <= came.keys(), f"never told: {sorted(wanted - came.keys())}"
    report.repeated += check_order(tuple(number for number, _ in message) for message in lane)
    report.messages += len(lane)
    report.most_times = max(report.most_times, *came.values())


def _parts(header: str) -> tuple[tuple[int, str], ...]:
    parts = (part.partition("=") for part in header.split())
    return tuple((int(number), identity) for number, _, identity in parts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Kill the notices at random moments, and hold them to their promises.")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    total = Report()
    for begun in range(0, arguments.kills, KILLS_A_STORE):
        with tempfile.TemporaryDirectory() as temporary:
            kills = min(KILLS_A_STORE, arguments.kills - begun)
            total.add(campaign(Path(temporary), kills, arguments.seed + begun))
            print(total, flush=True)
