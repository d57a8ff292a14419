"""What is kept of the links: read as it was written, and never in anybody's way."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.link.incident import EventKind, IncidentEvent
from gateway.link.instant import Instant
from gateway.link.link_file import Kept, Story, load, new_standing, save
from gateway.link.looking import Standing
from gateway.link.messages import Sentence
from gateway.link.messages_depositor import IncidentUpdate
from gateway.link.signals import Maintenance
from gateway.link.state import Detail
from tests.gateway.link.incident_rig import Diary


def kept() -> Kept:
    """Of a link that has been down for long enough to have an incident."""
    diary = Diary()
    diary.go_on(Detail.WORKING, 5)
    diary.go_on(Detail.RADIO_LOST, 60)
    event = IncidentEvent(EventKind.OPENED, diary.events[0].incident, Instant(5))
    update = IncidentUpdate(at=None, sentence=Sentence("fr", "en"))
    return Kept(
        Standing(diary.book),
        stories={event.incident.id: Story(event, (update,))},
        untold=(Story(event),),
        maintenance=Maintenance("antenne", 1, 2),
    )


def test_what_was_kept_is_found_again(tmp_path: Path) -> None:
    save(tmp_path / "links.json", kept())
    assert load(tmp_path / "links.json") == kept()


def test_at_a_first_start_nothing_is_found_and_nothing_is_wrong(tmp_path: Path) -> None:
    with capture_logs() as logs:
        assert load(tmp_path / "links.json") is None
    assert logs == []


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b'{"standing": 7}', b"\xff\xfe", b"null"])
def test_what_is_damaged_is_put_aside_for_whoever_looks_into_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "links.json"
    path.write_bytes(content)
    with capture_logs() as logs:
        assert load(path) is None
    assert [log["log_level"] for log in logs] == ["error"]
    assert (tmp_path / "links.json.damaged").read_bytes() == content
    assert not path.exists()


def test_it_is_nobody_elses_to_read(tmp_path: Path) -> None:
    save(tmp_path / "links.json", kept())
    assert (tmp_path / "links.json").stat().st_mode & 0o007 == 0


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "links.json").mkdir()
    with capture_logs() as logs:
        assert load(tmp_path / "links.json") is None
    assert [log["log_level"] for log in logs] == ["error"]


def test_two_books_give_their_incidents_different_names() -> None:
    assert new_standing().book.origin != new_standing().book.origin
