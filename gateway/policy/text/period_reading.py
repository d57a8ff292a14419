"""Moments, periods, suspensions and consents of the document → Unix seconds, with every mistake noted."""

import datetime
from collections.abc import Callable, Sequence

from gateway.config.reader import Reader
from gateway.policy.document import Consent, ConsentTable, Period, Suspension, SuspensionTable
from gateway.policy.text.dates import Calendar, objection

Frame = tuple[str, Period]
"""What a period must lie within, by its name and its own period, of which it has what is left out."""

ANY_TIME: Frame = ("", Period(-(2**62), 2**62))


def read_period(
    path: str,
    begins: datetime.date | None,
    ends: datetime.date | None,
    calendar: Calendar,
    reader: Reader,
    *,
    within: Frame = ANY_TIME,
    names: tuple[str, str] = ("begins", "ends"),
) -> Period:
    """The period of a table; the frame's, and the reader holds why, where it is none."""
    begin_key, end_key = (f"{path}.{name}" if path else name for name in names)
    begins_unix_s = read_moment(begins, begin_key, calendar.begins_unix_s, reader)
    ends_unix_s = read_moment(ends, end_key, calendar.ends_unix_s, reader)
    frame_name, frame = within
    if begins_unix_s is not None and begins_unix_s < frame.begins_unix_s:
        first = calendar.begin_text(frame.begins_unix_s)
        reader.refuse(begin_key, begins, f"must not be before {frame_name} begins: {first}")
    if ends_unix_s is not None and ends_unix_s > frame.ends_unix_s:
        last = calendar.end_text(frame.ends_unix_s)
        reader.refuse(end_key, ends, f"must not be after {frame_name} ends: {last}")
    period = Period(
        frame.begins_unix_s if begins_unix_s is None else begins_unix_s,
        frame.ends_unix_s if ends_unix_s is None else ends_unix_s,
    )
    if period.begins_unix_s < period.ends_unix_s:
        return period
    if ends_unix_s is not None:
        reader.refuse(end_key, ends, f"must be after the beginning: {calendar.begin_text(period.begins_unix_s)}")
    elif begins_unix_s is not None:
        reader.refuse(begin_key, begins, f"must be before {frame_name} ends: {calendar.end_text(period.ends_unix_s)}")
    return frame


def read_suspensions(
    tables: Sequence[SuspensionTable | None], path: str, calendar: Calendar, reader: Reader
) -> tuple[Suspension, ...]:
    """The suspensions of a depositor, one table each."""
    return tuple(
        _suspension(table, f"{path}[{index}]", calendar, reader)
        for index, table in enumerate(tables)
        if table is not None
    )


def read_consent(
    table: ConsentTable | None, path: str, right: Period, calendar: Calendar, reader: Reader
) -> Consent | None:
    """A consent, which lasts no longer than the right."""
    if table is None:
        return None
    period = read_period(path, table.begins, table.ends, calendar, reader, within=("the depositor's right", right))
    return Consent(host_copy=table.host_copy, period=period)


def read_moment(
    moment: datetime.date | None, path: str, second_of: Callable[[datetime.date], int], reader: Reader
) -> int | None:
    """The Unix second of a moment; None where there is none, or, and the reader holds why, where it is wrong."""
    if moment is None or reader.failed_at(path):
        return None
    if (wrong := objection(moment)) is not None:
        reader.refuse(path, moment, wrong)
        return None
    return second_of(moment)


def _suspension(table: SuspensionTable, path: str, calendar: Calendar, reader: Reader) -> Suspension:
    begins_unix_s = read_moment(table.begins, f"{path}.begins", calendar.begins_unix_s, reader)
    ends_unix_s = read_moment(table.ends, f"{path}.ends", calendar.ends_unix_s, reader)
    if begins_unix_s is not None and ends_unix_s is not None and ends_unix_s <= begins_unix_s:
        reader.refuse(f"{path}.ends", table.ends, f"must be after the beginning: {calendar.begin_text(begins_unix_s)}")
    return Suspension(begins_unix_s or 0, ends_unix_s, table.reason)
