"""What was heard of each depositor's devices."""

import pytest

from gateway.link.gathered import NONE, TOLD_BY_THE_LINK, Uplinks
from gateway.link.heard import FORGOTTEN_AT_ONCE, MOST_DEVICES, MOST_LISTED, MOST_NEWS_DEVICES, Heard
from gateway.link.incident import IncidentKind
from gateway.link.instant import Instant
from gateway.link.messages_depositor import DeviceFlag
from gateway.policy.outcome import Outcome
from gateway.policy.verdict import Flag, Verdict
from tests.gateway.link.judged import (
    ADDR_TEXT,
    CITY,
    DEV_ADDR,
    DEV_EUI,
    EUI_TEXT,
    METROPOLE,
    observed,
    refused,
    standing,
    verdict,
)
from tests.packets import packet

UNIX_MS = 1_780_000_000_000
BY_ADDR = verdict(dev_eui=None)


class Ear:
    """A gateway that hears one packet a minute."""

    def __init__(self) -> None:
        self.now = Instant(5_000_000, UNIX_MS)
        self.heard = Heard(self.now)

    def hear(self, *verdicts: Verdict, **of: object) -> None:
        for judged in verdicts:
            self.now = self.now.at(self.now.ms + 60_000)
            self.heard.take([packet(**of)], [judged], self.now)

    def devices(self, most: int = MOST_LISTED) -> list[tuple[str | None, str | None]]:
        return [(each.dev_eui, each.dev_addr) for each in self.heard.devices_of(CITY, self.now, most)[0]]

    def news(self, kind: IncidentKind) -> Uplinks:
        return self.heard.news_of(CITY)[kind]


@pytest.fixture
def ear() -> Ear:
    return Ear()


def test_every_packet_is_forwarded_or_refused(ear: Ear) -> None:
    ear.hear(verdict(), verdict(outcome=Outcome.REPETITION), observed(Outcome.RATE))
    ear.hear(refused(Outcome.RATE), refused(Outcome.SUSPENDED), refused(Outcome.RATE), refused(Outcome.FORGED))
    traffic = ear.heard.traffic_of(CITY, ear.now)
    assert (traffic.heard, traffic.forwarded) == (7, 3)
    assert traffic.refused == {Outcome.RATE: 2, Outcome.SUSPENDED: 1, Outcome.FORGED: 1}
    assert traffic.over_limits == {Outcome.RATE: 1}
    assert ear.heard.forwarded == {CITY: 3}


def test_a_batch_is_taken_whole(ear: Ear) -> None:
    ear.heard.take([packet(), packet()], [verdict(), verdict(depositor=METROPOLE)], ear.now)
    assert ear.heard.forwarded == {CITY: 1, METROPOLE: 1}
    with pytest.raises(ValueError, match="zip"):
        ear.heard.take([packet()], [], ear.now)


def test_no_depositor_sees_anothers(ear: Ear) -> None:
    ear.hear(verdict(depositor=METROPOLE), refused(Outcome.RATE, depositor=METROPOLE))
    assert ear.heard.totals_of(CITY).heard == 0
    assert ear.heard.devices_of(CITY, ear.now) == ((), 0)
    assert ear.news(IncidentKind.REFUSALS) == NONE
    assert ear.heard.totals_of(METROPOLE).heard == 2


def test_what_is_nobodys_is_counted_apart(ear: Ear) -> None:
    ear.hear(Verdict(Outcome.UNKNOWN_DEVICE, forwarded=False, dev_addr=1), Verdict(Outcome.BAD_CRC, forwarded=True))
    assert ear.heard.nobodys == {Outcome.UNKNOWN_DEVICE: 1, Outcome.BAD_CRC: 1}
    assert ear.heard.forwarded == {}


def test_what_was_lost_is_counted_on_the_day_on_which_it_is_found(ear: Ear) -> None:
    ear.hear(verdict(), verdict())
    ear.heard.lose(CITY, 2, ear.now)
    assert ear.heard.traffic_of(CITY, ear.now).lost == ear.heard.totals_of(CITY).lost == 2
    tomorrow = ear.now.at(ear.now.ms + 86_400_000)
    ear.heard.lose(CITY, 1, tomorrow)
    assert ear.heard.traffic_of(CITY, tomorrow).lost == 1
    assert ear.heard.totals_of(CITY).lost == 3


def test_totals_that_were_asked_for_stay_as_they_are(ear: Ear) -> None:
    ear.hear(refused(Outcome.RATE))
    totals = ear.heard.totals_of(CITY)
    ear.hear(refused(Outcome.RATE))
    assert (totals.heard, totals.refused) == (1, {Outcome.RATE: 1})


def test_a_forged_packet_touches_no_device(ear: Ear) -> None:
    ear.hear(verdict(), refused(Outcome.FORGED, flags=(Flag.FORGED,)), refused(Outcome.FORGED, dev_eui=3))
    (device,), left_out = ear.heard.devices_of(CITY, ear.now)
    assert (device.outcome, device.silent_s, left_out) == (Outcome.ADMITTED, 120, 0)
    assert ear.news(IncidentKind.REFUSALS) == Uplinks({Outcome.FORGED: 2})


def test_news_are_what_came_since_the_last_question(ear: Ear) -> None:
    ear.hear(refused(Outcome.RATE), refused(Outcome.RATE), refused(Outcome.DAILY_BYTES, dev_eui=None))
    assert ear.news(IncidentKind.REFUSALS) == Uplinks({Outcome.RATE: 2, Outcome.DAILY_BYTES: 1}, (EUI_TEXT, ADDR_TEXT))
    assert ear.news(IncidentKind.REFUSALS) == NONE
    ear.hear(refused(Outcome.RATE))
    assert ear.news(IncidentKind.REFUSALS).counts == {Outcome.RATE: 1}


def test_there_are_news_of_three_kinds(ear: Ear) -> None:
    ear.hear(
        refused(Outcome.RATE, standing=standing(9, 10)),
        observed(Outcome.RATE),
        verdict(standing=standing(8, 10)),
        verdict(standing=standing(7, 10)),
        verdict(outcome=Outcome.REPETITION, standing=standing(8, 10)),
    )
    assert {kind: dict(uplinks.counts) for kind, uplinks in ear.heard.news_of(CITY).items()} == {
        IncidentKind.REFUSALS: {Outcome.RATE: 1},
        IncidentKind.OVER_LIMITS: {Outcome.RATE: 1},
        IncidentKind.NEAR_LIMIT: {Outcome.ADMITTED: 1, Outcome.REPETITION: 1},
    }


@pytest.mark.parametrize("used", range(11))
def test_a_limit_is_near_exactly_where_the_verdict_warns(ear: Ear, used: int) -> None:
    judged = verdict(standing=standing(used, 10))
    ear.hear(judged)
    assert (ear.news(IncidentKind.NEAR_LIMIT) != NONE) is judged.warned
    (device,), _ = ear.heard.devices_of(CITY, ear.now)
    assert (DeviceFlag.NEAR_LIMIT in device.flags) is judged.warned
    assert device.allowance is not None
    assert device.allowance.used == used


@pytest.mark.parametrize("outcome", sorted(TOLD_BY_THE_LINK, key=str))
def test_devices_are_not_named_for_what_the_link_tells(ear: Ear, outcome: Outcome) -> None:
    ear.hear(refused(outcome))
    assert ear.news(IncidentKind.REFUSALS).devices == ()


def test_news_name_so_many_devices_and_no_more(ear: Ear) -> None:
    ear.hear(*[refused(Outcome.RATE, dev_eui=number) for number in range(MOST_NEWS_DEVICES + 50)])
    news = ear.news(IncidentKind.REFUSALS)
    assert len(news.devices) == MOST_NEWS_DEVICES
    assert news.counts == {Outcome.RATE: MOST_NEWS_DEVICES + 50}


def test_the_devices_heard_last_are_listed_the_latest_first(ear: Ear) -> None:
    ear.hear(*[verdict(dev_eui=number, dev_addr=None) for number in (1, 2, 3, 1)])
    assert [text for text, _ in ear.devices()] == [f"{number:016X}" for number in (1, 3, 2)]
    assert ear.heard.devices_of(CITY, ear.now, 2)[1] == 1
    assert ear.heard.devices_of(CITY, ear.now, 0) == ((), 3)


def test_of_too_many_devices_those_heard_longest_ago_are_forgotten(ear: Ear) -> None:
    ear.hear(*[verdict(dev_eui=number, dev_addr=None) for number in range(MOST_DEVICES + 1)])
    kept = [text for text, _ in ear.devices(MOST_DEVICES)]
    assert kept == [f"{number:016X}" for number in range(MOST_DEVICES, FORGOTTEN_AT_ONCE - 1, -1)]


def test_no_device_is_forgotten_for_one_that_is_known(ear: Ear) -> None:
    for _ in range(2):
        ear.hear(*[verdict(dev_eui=number, dev_addr=None) for number in range(MOST_DEVICES)])
    assert len(ear.devices(MOST_DEVICES)) == MOST_DEVICES


def test_a_device_keeps_the_dev_addr_that_it_used_last(ear: Ear) -> None:
    ear.hear(verdict(), verdict(is_join=True, dev_addr=None))
    assert ear.devices() == [(EUI_TEXT, ADDR_TEXT)]
    ear.hear(verdict(dev_addr=1))
    assert ear.devices() == [(EUI_TEXT, "00000001")]


def test_a_device_whose_dev_eui_becomes_known_is_listed_once_with_its_history(ear: Ear) -> None:
    ear.hear(verdict(dev_eui=None, flags=(Flag.COUNTER_WENT_BACK,)), BY_ADDR)
    assert ear.devices() == [(None, ADDR_TEXT)]
    ear.hear(verdict())
    assert ear.devices() == [(EUI_TEXT, ADDR_TEXT)]
    (device,), _ = ear.heard.devices_of(CITY, ear.now)
    assert device.flags == (DeviceFlag.COUNTER_WENT_BACK,)


def test_so_is_one_that_had_joined_before_its_dev_addr_was_known_to_be_its(ear: Ear) -> None:
    joins = [verdict(is_join=True, dev_addr=None)] * 10
    ear.hear(*joins)
    assert ear.heard.devices_of(CITY, ear.now)[0][0].flags == (DeviceFlag.JOIN_STORM,)
    ear.hear(*[BY_ADDR] * 5, verdict())
    assert ear.devices() == [(EUI_TEXT, ADDR_TEXT)]
    (device,), _ = ear.heard.devices_of(CITY, ear.now.at(ear.now.ms + 3_600_001))
    assert device.flags == (DeviceFlag.SILENT,), "its intervals moved over, and its joins had worked"


def test_devices_of_two_depositors_with_one_number_are_two(ear: Ear) -> None:
    ear.hear(verdict(dev_eui=DEV_EUI, dev_addr=DEV_ADDR), verdict(depositor=METROPOLE, dev_eui=None))
    assert ear.devices() == [(EUI_TEXT, ADDR_TEXT)]
    assert len(ear.heard.devices_of(METROPOLE, ear.now)[0]) == 1


def test_a_packet_without_a_device_is_counted_all_the_same(ear: Ear) -> None:
    ear.hear(verdict(dev_eui=None, dev_addr=None))
    assert ear.heard.forwarded == {CITY: 1}
    assert ear.devices() == []


def test_joins_alone_are_listed_too_and_a_refused_device(ear: Ear) -> None:
    ear.hear(verdict(is_join=True, dev_addr=None), refused(Outcome.JOIN_RATE, dev_eui=7, dev_addr=None, is_join=True))
    assert ear.devices() == [(f"{7:016X}", None), (EUI_TEXT, None)]
    (latest, _), _ = ear.heard.devices_of(CITY, ear.now)
    assert latest.flags == (DeviceFlag.OUT_OF_LIMITS,)
