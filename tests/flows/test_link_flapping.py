"""A link that changes 200 times within an hour: the depositor is not flooded, and the evidence has all of it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from gateway import link_parts, link_side
from gateway.link.evidence.chain import Kind
from gateway.link.instant import Instant
from gateway.link.outage import LifeSign
from gateway.link.present import Present
from gateway.link.signals import Signals
from tests.flows.link_parts_rig import NO_RADIO, WELL, informing
from tests.flows.link_scene import CHANNELS, DEPOSITORS, EMAIL, MQTT, WEBHOOK, Surroundings, until
from tests.flows.link_speed import with_clock

HOUR_S = 3_600
PERIOD_S, LOST_S = 36, 20
CHANGES = 200
CALM_S = HOUR_S + 200
FIRST_UNIX_MS = 1_795_604_400_000
MOST_NOTICES = 3


class PlayedTime(Present):
    """A second passes at each look, once the story has begun; how long it takes is all the same."""

    def __init__(self, clock: object, policy: object) -> None:
        super().__init__(clock, policy)  # type: ignore[arg-type] # as the daemon makes it
        self.elapsed_s = 0

    def now(self) -> Instant:
        """See `Present.now`."""
        return Instant(1_000_000 + self.elapsed_s * 1_000, FIRST_UNIX_MS + self.elapsed_s * 1_000)

    def life_sign(self) -> LifeSign:
        """See `Present.life_sign`."""
        return LifeSign(self.boot_id, self.now().ms, self.now())


def flapping_radio() -> Iterator[Signals]:
    """What is found in each second: an hour in which the link changes every 18 s, and more than an hour of calm."""
    lost = msgspec.structs.replace(WELL, radio=NO_RADIO)
    for second in range(CHANGES // 2 * PERIOD_S):
        yield lost if second % PERIOD_S < LOST_S else WELL
    for _ in range(CALM_S):
        yield WELL


def test_200_changes_in_an_hour_are_three_notices_at_most_by_each_channel_and_all_in_the_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_clock(monkeypatch.setattr)
    monkeypatch.setattr(link_parts, "Present", PlayedTime)
    monkeypatch.setattr(link_side, "LOOK_S", 0)

    async def story() -> None:
        around = Surroundings(tmp_path)
        script, times = flapping_radio(), list[PlayedTime]()

        def next_signals() -> Signals:
            if not times or (found := next(script, None)) is None:
                return WELL
            times[0].elapsed_s += 1
            return found

        # The contact's own ceiling is not to be what holds them back.
        async with around.at_work(), informing(around.configuration(ceiling_per_hour=60), next_signals) as it:
            await until(lambda: all(around.link(each) is not None for each in DEPOSITORS))
            assert isinstance(it.parts.present, PlayedTime)
            times.append(it.parts.present)
            await until(lambda: times[0].elapsed_s == CHANGES // 2 * PERIOD_S + CALM_S)
            await until(lambda: all(around.told(each, "closed", by) for each in DEPOSITORS for by in CHANNELS))
        for depositor in DEPOSITORS:
            check_told(around, depositor)
            check_evidence(around, depositor)

    asyncio.run(story())


def check_told(around: Surroundings, depositor: str) -> None:
    told = around.told(depositor)
    assert len({each.incident for each in told}) == 1
    for channel in CHANNELS:
        kinds = [each.kind for each in told if each.channel == channel]
        assert (kinds[0], kinds[-1]) == ("opened", "closed")
        assert kinds.count("opened") == kinds.count("closed") == 1
        assert len(kinds) <= MOST_NOTICES
    messages = [each.content for each in around.documents(depositor, "incident")]
    assert messages[-1]["flapping"]
    assert messages[-1]["times"] == CHANGES // 2
    letters = [letter for letter in around.smtp.letters if letter.recipient.startswith(depositor)]
    requests = [each for each in around.webhook.taken() if each.content["depositor"] == depositor]
    assert max(len(letters), len(requests)) <= MOST_NOTICES
    assert "compte comme un seul incident" in " ".join(letters[-1].text.split())


def check_evidence(around: Surroundings, depositor: str) -> None:
    entries = [each.draft for each in around.evidence() if each.draft.whose == depositor]
    states = [msgspec.json.decode(each.body)["state"] for each in entries if each.kind == Kind.LINK]
    # The first is that it was up when the watch began.
    assert states == ["up", *["down", "up"] * (CHANGES // 2)]
    times_ms = [each.at.unix_ms for each in entries if each.kind == Kind.LINK]
    assert times_ms[-1] - times_ms[1] < HOUR_S * 1_000
    channels = [msgspec.json.decode(each.body)["channel"] for each in entries if each.kind == Kind.NOTICE]
    assert {channel: channels.count(channel) <= MOST_NOTICES for channel in channels} == dict.fromkeys(
        (MQTT, EMAIL, WEBHOOK), True
    )
