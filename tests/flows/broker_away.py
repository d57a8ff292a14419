"""`python -m tests.flows.broker_away --minutes 60 --uplinks-per-s 5`: the broker is away, and comes back.

The daemon runs in a process of its own, on a simulated chip, with its own figures. While the broker is away the end of
a right comes near and is moved away again, so that an incident opens and closes; the network server fails and answers
again. The memory and the state directory of the daemon are looked at; then, what the depositors are told when the
broker is back, and that nothing old is told as if it were new. `tests/flows/test_link_broker_away.py` takes half a
minute for it.
"""

import argparse
import asyncio
import datetime
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from forwarder.store.limits import StoreLimits
from gateway.link.evidence.store import MOST_BYTES as EVIDENCE_BYTES
from gateway.link.months.month_files import MOST_BYTES as MONTHS_BYTES
from gateway.link.uplink_feed import EXPIRES_S
from tests.flows.link_process import DaemonProcess
from tests.flows.link_scene import CHANNELS, DEPOSITORS, EMAIL, METROPOLE, SYNDICAT, WEBHOOK, Heard, Surroundings, until

LISTED_S = 10.0
LOOKS = 12
# What comes so late is still of now: much for any machine, and little of an hour.
HURRY_S = 30.0
# Clocks are read one after the other, and what is dated in milliseconds is cut off.
ROUNDING_S = 0.1
CAPS = {"evidence": EVIDENCE_BYTES, "months": MONTHS_BYTES, "outage": StoreLimits().most_bytes}
# What has no cap of its own holds little: accounts, links, the notices, the policy.
OTHER_BYTES = 4 << 20
PATIENCE_S = 900.0
HEADING = "| after s | topic | says | at | of | late by s |\n| --- | --- | --- | --- | --- | --- |"


class Arrival(msgspec.Struct, frozen=True):
    """A message that a depositor got: how long after the gateway was online again, and what it says of its own times.

    `late_s` is None for one without a time: the last will, which nobody writes when it is said.
    """

    after_s: float
    topic: str
    says: str
    at: str | None
    of: str | None
    late_s: float | None

    @property
    def line(self) -> str:
        """For a table."""
        late = "" if self.late_s is None else f"{self.late_s:.1f}"
        return f"| {self.after_s:.2f} | {self.topic} | {self.says} | {self.at} | {self.of or ''} | {late} |"


class Report(msgspec.Struct):
    """What happened. Memory in MB and the state directory in bytes, as they were from the beginning to the end.

    `pause_s` is how long after the broker's return the gateway was online again.
    """

    away_s: float
    uplinks: int
    rss_mb: list[float]
    state_bytes: list[dict[str, int]]
    arrivals: list[Arrival]
    pause_s: float = 0

    @property
    def rss_growth(self) -> float:
        """From the first third to the last, as a share."""
        third = len(self.rss_mb) // 3
        return max(self.rss_mb[-third:]) / max(self.rss_mb[:third]) - 1


class Stay(msgspec.Struct, frozen=True):
    """What is to be held to the promises: all that was heard, and the report.

    The broker was cut off at `cut_s`, gone at `left_s`, and back at `back_s`.
    """

    around: Surroundings
    cut_s: float
    left_s: float
    back_s: float
    report: Report


async def stay_away(
    directory: Path, *, away_s: float, uplinks_per_s: float, times: float = 1, patience_s: float = PATIENCE_S
) -> Stay:
    """The whole story, to its end: see `check`.

    Raises:
        AssertionError: somebody was never told, or the daemon died.
    """
    around = Surroundings(directory)
    async with around.at_work():
        with DaemonProcess(around, times=times, ceiling_per_hour=60) as daemon:
            await daemon.start()
            sending = asyncio.create_task(_send(daemon, uplinks_per_s))
            # Something is on its way when the broker dies.
            await until(lambda: bool(around.documents(METROPOLE, "uplink")))
            before, cut_s = daemon.uplinks, time.time()
            await around.kill_broker()
            left_s = time.time()
            report = Report(0, 0, [], [], [])
            await _be_away(around, daemon, report, away_s / LOOKS, patience_s)
            report.away_s, report.uplinks = time.time() - left_s, daemon.uplinks - before
            await around.start_broker()
            back_s = time.time()
            # The daemon tries again when its pause is over.
            await until(lambda: _online_s(around, back_s) is not None, patience_s, "online")
            online_s = _online_s(around, back_s) or back_s
            await asyncio.sleep(min(LISTED_S, away_s))
            report.pause_s = online_s - back_s
            report.arrivals = list(_arrivals(around.heard, online_s))
            await until(lambda: _are_all_told(around), patience_s, "closed")
            await until(lambda: all(around.link(each)["state"] == "up" for each in DEPOSITORS), patience_s, "up")
            sending.cancel()
            await daemon.stop()
        return Stay(around, cut_s, left_s, back_s, report)


async def _send(daemon: DaemonProcess, per_s: float) -> None:
    """So many uplinks a second, whatever each of them takes."""
    began_s, sent = time.monotonic(), 0
    while True:
        while sent < (time.monotonic() - began_s) * per_s:
            daemon.send_uplink()
            sent += 1
        await asyncio.sleep(1 / per_s)


async def _be_away(
    around: Surroundings, daemon: DaemonProcess, report: Report, each_s: float, patience_s: float
) -> None:
    """Twelve parts, with something in most of them."""
    for part in range(LOOKS):
        match part:
            case 2:
                around.publish_policy(**{SYNDICAT: datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(20)})
                await _until_mailed(around, "opened", patience_s)
            case 4:
                around.publish_policy()
                await _until_mailed(around, "closed", patience_s)
            case 6:
                around.server.acknowledge = None
            case 8:
                around.server.acknowledge = "now"
            case _:
                pass
        await asyncio.sleep(each_s)
        report.rss_mb.append(round(daemon.rss_mb, 1))
        report.state_bytes.append(sizes_in(around.state_dir))


async def _until_mailed(around: Surroundings, kind: str, patience_s: float) -> None:
    """The depositor whose right is concerned has been told by what works."""
    await until(lambda: all(_of_right(around, kind, channel) for channel in (EMAIL, WEBHOOK)), patience_s, kind)


def _of_right(around: Surroundings, kind: str, channel: str) -> list[str]:
    """The incidents about the end of a right."""
    notices = [each for request in around.webhook.taken() for each in request.content["notices"]]
    of_right = {each["incident"] for each in notices if each["matter"] == "right_ending"}
    return [told.incident for told in around.told(SYNDICAT, kind, channel) if told.incident in of_right]


def _are_all_told(around: Surroundings) -> bool:
    """Of the broker's absence both depositors, of the right one of them: opened and closed, by each channel."""
    counts = {each: 2 if each == SYNDICAT else 1 for each in DEPOSITORS}
    return all(
        len({told.incident for told in around.told(each, kind, channel)}) >= count
        for each, count in counts.items()
        for kind in ("opened", "closed")
        for channel in CHANNELS
    )


def sizes_in(directory: Path) -> dict[str, int]:
    """Bytes of what lies in it, by name."""
    return {entry.name: _size(entry) for entry in sorted(directory.iterdir())}


def _size(path: Path) -> int:
    try:
        if path.is_dir():
            return sum(map(_size, path.iterdir()))
        return path.stat().st_size
    except FileNotFoundError:
        return 0  # replaced just now


def _online_s(around: Surroundings, back_s: float) -> float | None:
    """When the depositors were told that the gateway is online again; None before that."""
    states = (each for each in list(around.heard) if each.channel == "state" and each.at_s >= back_s)
    return next((each.at_s for each in states if each.content is not None), None)


def _arrivals(heard: list[Heard], online_s: float) -> Iterator[Arrival]:
    """What came since the gateway is online again."""
    for each in list(heard):
        # What waited the longest goes out before the state.
        if each.at_s < online_s - 1 or each.content is None:
            continue
        said = each.content
        of = said.get("received") or said.get("end") or said.get("begin") or said.get("since")
        says = " ".join(str(said[name]) for name in ("kind", "state", "detail", "number") if said.get(name) is not None)
        topic = each.message.topic.split("/", 2)[2].removeprefix("depositor/")
        late_s = None if said["at"] is None else each.at_s - _unix_s(said["at"])
        yield Arrival(each.at_s - online_s, topic, says, said["at"], of, late_s)


def _unix_s(text: str) -> float:
    return datetime.datetime.fromisoformat(text).timestamp()


def check(stay: Stay) -> None:
    """Hold the daemon to its promises.

    Raises:
        AssertionError: somebody was told too little, too much, or as if it were new; or the disk was filled.
    """
    around, left_s, back_s = stay.around, stay.left_s, stay.back_s
    _check_state(stay.report)
    came = [each for each in around.heard if each.at_s >= left_s and each.content is not None]
    for each in came:
        said = each.content
        match each.channel:
            case "link" if each.at_s >= back_s:
                # Made since the broker is back, whenever what it tells began.
                assert _unix_s(said["at"]) >= back_s - ROUNDING_S, each
                assert _unix_s(said["valid_until"]) > each.at_s
            case "uplink":
                # What was on its way when the broker died may still come, as old as it says it is.
                assert each.at_s - _unix_s(said["received"]) < EXPIRES_S + HURRY_S, each
            case "incident":
                assert _unix_s(said["at"]) <= each.at_s + HURRY_S
                assert _unix_s(said["begin"]) <= _unix_s(said["at"])
                assert said["end"] is None or _unix_s(said["end"]) <= _unix_s(said["at"])
    late = [each for each in came if each.channel == "incident" and each.content["kind"] == "right_ending"]
    assert [each.content["state"] for each in late] == ["opened", "closed"]
    # Both were told with the times that they had while nobody could be reached.
    assert all(stay.cut_s - ROUNDING_S <= _unix_s(each.content["at"]) < back_s for each in late)
    for depositor in DEPOSITORS:
        link = [each.content for each in came if (each.channel, each.depositor) == ("incident", depositor)]
        broker = [said for said in link if said["kind"] == "link"]
        assert broker[0]["state"] == "opened"
        assert stay.cut_s - ROUNDING_S <= _unix_s(broker[0]["begin"]) < left_s + HURRY_S
        assert broker[-1]["state"] == "closed"
        for channel in CHANNELS:
            kinds = [(told.incident, told.kind) for told in around.told(depositor, channel=channel)]
            once = [each for each in kinds if each[1] in ("opened", "closed")]
            assert len(once) == len(set(once)), (channel, kinds)
    assert all(around.link(each)["incidents"] == [] for each in DEPOSITORS)


def _check_state(report: Report) -> None:
    for sizes in report.state_bytes:
        for name, size in sizes.items():
            assert size <= CAPS.get(name, OTHER_BYTES), (name, size)


def text_of(report: Report) -> str:
    """For people."""
    first, last = report.state_bytes[0], report.state_bytes[-1]
    sizes = ", ".join(f"{name} {first.get(name, 0)} → {size}" for name, size in last.items())
    lines = [
        f"broker away for {report.away_s:.0f} s, {report.uplinks} uplinks meanwhile",
        f"resident memory, MB: {report.rss_mb} ({report.rss_growth:+.1%} from the first third to the last)",
        f"state directory, bytes: {sizes}; together {sum(first.values())} → {sum(last.values())}",
        f"online again {report.pause_s:.0f} s after the broker; what came in {LISTED_S:.0f} s, uplinks summed up:",
        HEADING,
        *(each.line for each in report.arrivals if "uplink" not in each.topic),
    ]
    late_s = [each.late_s for each in report.arrivals if "uplink" in each.topic and each.late_s is not None]
    lines.append(f"and {len(late_s)} uplinks, at most {max(late_s, default=0):.1f} s old")
    return "\n".join(lines)


def main() -> None:
    """As it was called."""
    parser = argparse.ArgumentParser(description="Take the broker away, and see what becomes of the daemon.")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--uplinks-per-s", type=float, default=5)
    parser.add_argument("--times", type=float, default=1, help="let the daemon be so many times faster")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="candelabre-") as directory:
        staying = stay_away(
            Path(directory), away_s=options.minutes * 60, uplinks_per_s=options.uplinks_per_s, times=options.times
        )
        stay = asyncio.run(staying)
    print(text_of(stay.report))
    check(stay)


if __name__ == "__main__":
    main()
