"""Notices → the message that carries them: one as it is, several of one matter by the last, others as a list."""

import hashlib
from collections.abc import Iterable, Sequence

from gateway.notices.layout import paragraph, subject_line, with_spaces
from gateway.notices.notice import Kind, Message, Notice
from gateway.notices.texts import WORDINGS
from gateway.notices.times import Times
from gateway.notices.wording import Wording


def message_of(notices: Sequence[Notice], lost: int = 0) -> Message:
    """What is sent in the place of these notices, of which there is one at least, oldest first.

    `lost` is how many older ones could not be kept, which the reader has to know.
    """
    newest = notices[-1]
    if len(notices) == 1 and not lost:
        return _message(newest.id, notices, newest.subject, newest.text, 0)
    wording = WORDINGS[newest.language]
    is_one_matter = len({notice.incident_id for notice in notices}) == 1
    note = _merged(notices, lost, wording) if is_one_matter else _rolled_up(notices, lost, wording)
    subject = newest.subject if is_one_matter else _subject(notices, wording)
    return _message(_identity(notices), notices, subject, f"{note}\n{newest.text}", lost)


def _message(identity: str, notices: Sequence[Notice], subject: str, text: str, lost: int) -> Message:
    newest = notices[-1]
    return Message(identity, newest.incident_id, newest.language, subject, text, tuple(notices), lost)


def _identity(notices: Sequence[Notice]) -> str:
    """The same for the same notices, so that a repetition is recognised."""
    return hashlib.sha256("\n".join(notice.id for notice in notices).encode()).hexdigest()[:24]


def _subject(notices: Sequence[Notice], wording: Wording) -> str:
    """That of the newest up to the gateway's name, which stands in brackets."""
    gateway, bracket, _ = notices[-1].subject.partition("]")
    title = wording.combined.rolled_up_subject.format(count=len(notices))
    return subject_line(f"{gateway}{bracket} {title}" if bracket else title, wording.spaced)


def _merged(notices: Sequence[Notice], lost: int, wording: Wording) -> str:
    times = Times(wording.time, notices[-1].timezone)
    items = [f"- {_event(notice, times, wording)}" for notice in notices]
    first = wording.combined.merged.format(count=len(notices))
    return _note([first, *items], notices, lost, wording)


def _rolled_up(notices: Sequence[Notice], lost: int, wording: Wording) -> str:
    words = wording.combined
    times = Times(wording.time, notices[-1].timezone)
    items = [
        words.item.format(
            reference=matter[-1].incident_id,
            sentence=matter[-1].sentence.rstrip(" .:"),
            times=", ".join(_event(notice, times, wording) for notice in matter),
        )
        for matter in _by_matter(notices)
    ]
    return _note([words.rolled_up.format(count=len(notices)), *items], notices, lost, wording)


def _note(lines: Iterable[str], notices: Sequence[Notice], lost: int, wording: Wording) -> str:
    words = wording.combined
    zone = words.times_in.format(timezone=notices[-1].timezone)
    gone = [words.lost.format(count=lost)] if lost else []
    text = "\n".join(paragraph(line) for line in [*gone, *lines, zone])
    return with_spaces(f"{text}\n\n{words.latest}\n", wording.spaced)


def _by_matter(notices: Sequence[Notice]) -> list[list[Notice]]:
    matters: dict[str, list[Notice]] = {}
    for notice in notices:
        matters.setdefault(notice.incident_id, []).append(notice)
    return list(matters.values())


def _event(notice: Notice, times: Times, wording: Wording) -> str:
    """What happened when, in a few words."""
    moments = {Kind.OPENED: notice.begins_unix_s, Kind.CLOSED: notice.ends_unix_s}
    unix_s = moments.get(notice.kind) or notice.created_unix_s
    return f"{wording.kinds[notice.kind]} {times.short(unix_s)}"
