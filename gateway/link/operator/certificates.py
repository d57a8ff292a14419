"""When the end of a certificate comes near, and how operators are told of it. Pure."""

from collections.abc import Iterable, Mapping

import msgspec

from gateway.link.messages import Sentence
from gateway.link.messages_operator import Occurrence
from gateway.link.operator.happening import Happening, Level
from gateway.link.operator.times import date_of

DAY_S = 86_400
STEPS_DAYS = (0, 1, 3, 7, 14, 30)
"""So many days before a certificate ends, and at its end, it is told."""


class Certificate(msgspec.Struct, frozen=True):
    """A certificate that the gateway uses, by what it is for; `ends_unix_s` is None where it cannot be read."""

    name: str
    ends_unix_s: int | None


def certificates_due(
    told: Mapping[str, int], certificates: Iterable[Certificate], known_unix_s: int | None
) -> tuple[Mapping[str, int], tuple[Happening, ...]]:
    """The step that was told of each, and what is to be told now. Where no time is known, nothing is.

    One that was renewed is told once more, if its end was told to be near.
    """
    if known_unix_s is None:
        return told, ()
    steps, happened = dict(told), []
    for each in certificates:
        if each.ends_unix_s is None:
            continue
        step = step_of(each.ends_unix_s, known_unix_s)
        if step == steps.get(each.name):
            continue
        happened.append(certificate_happening(each.name, each.ends_unix_s, known_unix_s))
        if step is None:
            del steps[each.name]
        else:
            steps[each.name] = step
    return steps, tuple(happened)


def step_of(ends_unix_s: int, known_unix_s: int) -> int | None:
    """The step that its end has come to: told when this is another one than before. None while it is far."""
    left_s = ends_unix_s - known_unix_s
    return next((days for days in STEPS_DAYS if left_s <= days * DAY_S), None)


def certificate_happening(name: str, ends_unix_s: int, known_unix_s: int) -> Happening:
    """It ends soon, or has ended; or it was renewed, where its end is far."""
    left_s, ends = ends_unix_s - known_unix_s, date_of(ends_unix_s)
    days_left, level = left_s // DAY_S, _level(left_s, step_of(ends_unix_s, known_unix_s))
    french, english = {
        "info": (f"est valable jusqu'au {ends}", f"is valid until {ends}"),
        "warning": (f"expire le {ends} (dans {days_left} j)", f"expires on {ends} (in {days_left} d)"),
        "error": (f"a expiré le {ends}", f"expired on {ends}"),
    }[level]
    return Happening(
        kind=Occurrence.CERTIFICATE,
        level=level,
        sentence=Sentence(fr=f"Le certificat « {name} » {french}.", en=f'The certificate "{name}" {english}.'),
        details={"certificate": name, "ends": ends, "days_left": days_left},
        matter=f"certificate {name}",
    )


def _level(left_s: int, step: int | None) -> Level:
    if left_s <= 0:
        return "error"
    return "info" if step is None else "warning"
