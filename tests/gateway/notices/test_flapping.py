"""A link that comes and goes, from the incidents to the letters: the depositor is told, and not flooded."""

import msgspec
import pytest

from gateway.link.incident import IncidentEvent
from gateway.link.state import Detail
from gateway.notices.combined import message_of
from gateway.notices.compose import notice_of
from gateway.notices.delivery import Pace, Parcel, accepted, begun, next_parcel, put
from gateway.notices.from_incident import by_detail, news_of
from gateway.notices.notice import Kind, Message
from tests.gateway.link.incident_rig import HOUR_S, Diary
from tests.gateway.notices.scene import SETTING

PACE = Pace()
S = 1_000


def letters(events: list[IncidentEvent], from_ms: int, for_s: int) -> list[tuple[int, Message]]:
    """What goes to one contact, and in which second, if everything is taken at once."""
    lane, left, sent = begun(PACE, 0), list(events), []
    for second in range(for_s):
        while left and left[0].at.ms <= from_ms + second * S:
            event = left.pop(0)
            news = news_of(event, by_detail(event, "fr"))
            number = len(events) - len(left)
            lane, _ = put(lane, notice_of(news, "a", "fr", SETTING, number=number, unix_s=None), second)
        while isinstance(parcel := next_parcel(lane, PACE, second), Parcel):
            lane = accepted(lane, parcel, PACE, second)
            sent.append((second, message_of(parcel.notices)))
    assert not left
    assert not lane.waiting
    return sent


@pytest.mark.parametrize("up_s", [2, 9, 16])
def test_200_changes_in_an_hour_are_three_letters_at_most(up_s: int) -> None:
    diary, changes = Diary(), 0
    began_ms = diary.now.ms
    while changes < 200:
        diary.go_on(Detail.RADIO_LOST, 36 - up_s)
        diary.go_on(Detail.WORKING, up_s)
        changes += 2
    diary.go_on(Detail.WORKING, 3 * HOUR_S)
    sent = letters(diary.events, began_ms, 4 * HOUR_S)
    assert 1 <= sum(second < HOUR_S for second, _ in sent) <= 3
    assert len({message.incident_id for _, message in sent}) <= 3
    last = sent[-1][1]
    assert last.newest.kind is Kind.CLOSED
    assert "compte comme un seul incident" in last.text.replace("\n", " ")


def test_without_the_merging_of_incidents_the_ceiling_still_holds() -> None:
    diary = Diary()
    began_ms = diary.now.ms
    diary.go_on(Detail.RADIO_LOST, 60)
    diary.go_on(Detail.WORKING, 200)
    opened, closed = diary.events
    storm = [event for pair in range(100) for event in (_moved(opened, pair), _moved(closed, pair))]
    storm.sort(key=lambda event: event.at.ms)
    sent = letters(storm, began_ms, 3 * HOUR_S)
    assert sum(second < HOUR_S for second, _ in sent) <= PACE.ceiling_per_hour
    told = [notice.id for _, message in sent for notice in message.notices]
    assert len(told) == len(set(told)) == 200


def _moved(event: IncidentEvent, pair: int) -> IncidentEvent:
    at = event.at.at(event.at.ms + pair * 36 * S)
    incident = msgspec.structs.replace(event.incident, id=f"{event.incident.id}-{pair}")
    return msgspec.structs.replace(event, incident=incident, at=at)
