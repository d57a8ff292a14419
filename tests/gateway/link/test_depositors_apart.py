"""No depositor reads anything of another's: in its link's document, and in all that it is told of incidents."""

from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forwarder.routing import one_route_each
from gateway.link.gathered import THRESHOLDS
from gateway.link.heard import Heard
from gateway.link.incident import IncidentEvent
from gateway.link.incident_book import Book
from gateway.link.incident_documents import incident_message
from gateway.link.instant import Instant
from gateway.link.link_documents import Known, link_status
from gateway.link.looking import Standing, look, tell_of_death
from gateway.link.messages import encode, eui_text
from gateway.link.operator.depositor_happenings import incident_happening
from gateway.link.outage import Gap
from gateway.link.parties import Parties
from gateway.link.recording import incident_record, link_record
from gateway.link.signals import Maintenance, RadioSignal, ServerSignal, Signals
from gateway.link.state import Change
from gateway.notices.compose import notice_of
from gateway.notices.from_incident import by_detail, news_of
from gateway.notices.news import Setting
from gateway.policy.document import Language, Policy
from gateway.policy.moment import Moment
from gateway.policy.verdict import Verdict
from radio.packets import RxPacket
from tests.gateway.link.strangers import Identifiers, assert_nothing_of, strangers_to
from tests.gateway.link.test_uplink_documents_apart import UNIX_S, bindings, packets, policies, scene

EUI = 0xAA555A0000000101
SETTING = Setting("tour", eui_text(EUI), "Town", "Europe/Paris")
LANGUAGES: tuple[Language, ...] = ("fr", "en")
S = 1000

signals = st.builds(
    Signals,
    radio=st.builds(RadioSignal, working=st.sampled_from([True, True, False]), lost_s=st.just(1.0)),
    servers=st.just((ServerSignal("main", connected=True, unanswered_s=1.0),)),
    broker_connected=st.booleans(),
    clock_synchronised=st.booleans(),
    unix_s=st.sampled_from([None, UNIX_S]),
    maintenance=st.sampled_from([None, None, Maintenance("mast"), Maintenance("mast", UNIX_S - 5, UNIX_S + 5)]),
)


class Reading(msgspec.Struct):
    """What each depositor reads, and what the evidence keeps for it."""

    strangers: dict[str, list[Identifiers]]
    told: list[tuple[str, msgspec.Struct]] = []

    def add(self, depositor: str, document: msgspec.Struct) -> None:
        assert_nothing_of(self.strangers[depositor], encode(document))
        self.told.append((depositor, document))

    def change(self, depositor: str, change: Change) -> None:
        self.add(depositor, link_record(change, Instant(1)))

    def event(self, event: IncidentEvent) -> None:
        depositor = event.incident.depositor
        self.add(depositor, incident_message(event, EUI))
        self.add(depositor, incident_record(event))
        self.add(depositor, incident_happening(event))
        for language in LANGUAGES:
            news = news_of(event, by_detail(event, language))
            self.add(depositor, notice_of(news, depositor, language, SETTING, number=1, unix_s=UNIX_S))


class Day:
    """A gateway's links, looked at as its daemon does."""

    def __init__(self, document: Policy, strangers: dict[str, list[Identifiers]]) -> None:
        # Of ten digits, as a notice's identity may have it: one of eight could be a DevAddr.
        self.now = Instant(1_000_000 * S, UNIX_S * S)
        self.parties = Parties(one_route_each(["main"]))
        self.heard, self.standing = Heard(self.now), Standing(Book("a1b2c3"))
        self.document, self.reading = document, Reading(strangers)

    def take(self, packets: list[RxPacket], verdicts: list[Verdict]) -> None:
        self.heard.take(packets, verdicts, self.now)

    def look(self, present: Signals) -> None:
        self.now = self.now.at(self.now.ms + 61 * S)
        self.parties.follow(self.document, present.unix_s, is_in_force=True)
        looked = look(self.standing, present, self.parties.subjects(self.heard), self.now)
        self.standing = looked.standing
        for depositor, change in looked.changes:
            self.reading.change(depositor, change)
        for event in looked.events:
            self.reading.event(event)
        self.tell(present)

    def die(self) -> None:
        gap = Gap(Instant(5_000 * S, None), self.now, rebooted=True, ordered=False)
        looked = tell_of_death(self.standing, list(self.parties.depositors), gap, self.now)
        self.standing = looked.standing
        for event in looked.events:
            self.reading.event(event)

    def tell(self, present: Signals) -> None:
        for depositor in self.document.depositors:
            link = self.standing.links[depositor.id]
            devices, left_out = self.heard.devices_of(depositor.id, self.now)
            known = Known(
                self.parties.right_of(depositor),
                self.document,
                self.heard.traffic_of(depositor.id, self.now),
                devices,
                left_out,
            )
            if link.condition is not None:
                status = link_status(
                    EUI,
                    depositor,
                    link.condition,
                    known,
                    self.now,
                    book=self.standing.book,
                    planned=present.maintenance,
                    beat_s=60,
                )
                self.reading.add(depositor.id, status)


@settings(max_examples=150, deadline=None)
@given(
    document=policies(),
    told=bindings(),
    batches=st.lists(st.lists(packets, min_size=10, max_size=30), min_size=2, max_size=3),
    present=st.lists(signals, min_size=3, max_size=3),
    known_unix_s=st.sampled_from([None, UNIX_S]),
)
def test_nothing_of_a_depositor_is_told_to_another(
    document: Policy,
    told: list[tuple[int, int]],
    batches: list[list[RxPacket]],
    present: list[Signals],
    known_unix_s: int | None,
) -> None:
    town = scene(document, told)
    day = Day(document, {each.id: strangers_to(document, each.id, town.bound) for each in document.depositors})
    for number, (batch, signals_now) in enumerate(zip(batches, present, strict=False)):
        day.take(batch, [town.admission.judge(each, Moment(1000 + number * S, known_unix_s)) for each in batch])
        day.look(signals_now)
        if number == 1:
            day.die()
    assert len(day.reading.told) >= len(batches) * len(document.depositors)


def test_this_is_tried_with_devices_and_incidents_of_several_depositors() -> None:
    """That the test above has something to find: most of its examples list devices, and many tell of refusals."""
    seen: Counter[str] = Counter()

    @settings(max_examples=60, deadline=None, database=None, derandomize=True)
    @given(document=policies(), told=bindings(), batch=st.lists(packets, min_size=25, max_size=40))
    def count(document: Policy, told: list[tuple[int, int]], batch: list[RxPacket]) -> None:
        town = scene(document, told)
        day = Day(document, {each.id: strangers_to(document, each.id, town.bound) for each in document.depositors})
        day.take(batch, [town.admission.judge(each, Moment(1000, UNIX_S)) for each in batch])
        day.look(Signals(radio=RadioSignal(working=True), unix_s=UNIX_S))
        listed = [depositor for depositor, told in day.reading.told if getattr(told, "devices", ())]
        seen["several with devices"] += len(set(listed)) > 1
        kinds = {getattr(told, "kind", None) for _, told in day.reading.told}
        seen["gathered"] += bool(kinds & set(THRESHOLDS))

    count()
    assert seen["several with devices"] > 20
    assert seen["gathered"] > 5


def test_a_document_that_did_tell_would_be_found() -> None:
    day_of_both: dict[str, list[Identifiers]] = {"a-x7q": [Identifiers(frozenset({"b-x7q"}), frozenset(), (), ())]}
    with pytest.raises(AssertionError):
        Reading(day_of_both).add("a-x7q", Maintenance("work for b-x7q"))
