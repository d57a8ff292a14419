"""What others send, read: strictly, and without ever raising. Pure."""

import enum
from typing import TypeVar

import msgspec

from gateway.link.messages import Sentence, unix_ms_of
from gateway.link.messages_command import (
    COMMANDS,
    LONGEST_COMMAND_BYTES,
    UTC_OF_PEOPLE,
    AnnounceMaintenance,
    Command,
    CommandName,
)
from gateway.link.messages_depositor import LONGEST_REPORT_BYTES, CorrelationId, ProblemReport

LONGEST_DETAIL = 200
_WRONG_CHOICE = "Invalid enum value "
# What msgspec says of a text is a regular expression, which nobody is to read.
_WRONG_FORM = "Expected `str` matching regex "
_FORMS = {UTC_OF_PEOPLE: "must be a time in UTC, as 2026-01-31T12:00:00Z"}
_OTHER_FORM = "not written as the schema describes it"
# What msgspec raises for bytes that are no JSON, no text, or too deep.
_UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)

_Read = TypeVar("_Read")


class Fault(enum.Enum):
    """Why a message cannot be taken."""

    TOO_LONG = "too_long"
    NOT_JSON = "not_json"
    MISFIT = "misfit"
    """It is JSON, and not as its schema says."""
    UNKNOWN_COMMAND = "unknown_command"


class Refusal(msgspec.Struct, frozen=True):
    """A message that is not taken; `detail` is what its author has to mend, without a value of it."""

    fault: Fault
    detail: str
    correlation_id: str | None = None


FAULTS = {
    Fault.TOO_LONG: Sentence("Le message est trop long.", "The message is too long."),
    Fault.NOT_JSON: Sentence("Le message n'est pas du JSON.", "The message is not JSON."),
    Fault.MISFIT: Sentence(
        "Le message n'a pas la forme que décrit son schéma.", "The message is not as its schema describes it."
    ),
    Fault.UNKNOWN_COMMAND: Sentence("Cette commande n'existe pas.", "There is no such command."),
}


class _Correlated(msgspec.Struct):
    """The one field that is of use where the others are not."""

    correlation_id: CorrelationId | None = None


_REPORT: msgspec.json.Decoder[ProblemReport] = msgspec.json.Decoder(ProblemReport)
_COMMANDS = {name: msgspec.json.Decoder(kind) for name, kind in COMMANDS.items()}
_CORRELATED = msgspec.json.Decoder(_Correlated)


def read_report(payload: bytes) -> ProblemReport | Refusal:
    """A depositor's problem report."""
    return _read(_REPORT, payload, LONGEST_REPORT_BYTES)


def read_command(name: str, payload: bytes) -> Command | Refusal:
    """A command, by the name in its topic. No payload at all asks for it with nothing more to say."""
    try:
        decoder = _COMMANDS[CommandName(name)]
    except ValueError:
        known = ", ".join(command.value for command in CommandName)
        return Refusal(Fault.UNKNOWN_COMMAND, f"must be one of {known}")
    command: Command | Refusal = _read(decoder, payload or b"{}", LONGEST_COMMAND_BYTES)
    if isinstance(command, AnnounceMaintenance):
        return _checked(_with_milliseconds(command))
    return command


def _with_milliseconds(command: AnnounceMaintenance) -> AnnounceMaintenance:
    """Its times as messages have them."""
    return msgspec.structs.replace(command, begins=_in_full(command.begins), ends=_in_full(command.ends))


def _in_full(time: str | None) -> str | None:
    return time if time is None or "." in time else time.replace("Z", ".000Z")


def _checked(command: AnnounceMaintenance) -> Command | Refusal:
    """What belongs together in it, and what a calendar does not have: no schema can say that."""
    problem = _problem(command)
    return command if problem is None else Refusal(Fault.MISFIT, problem, command.correlation_id)


def _problem(command: AnnounceMaintenance) -> str | None:
    if command.over:
        has_more = command.reason is not None or command.begins is not None or command.ends is not None
        return "over must stand without reason, begins and ends" if has_more else None
    if command.reason is None:
        return "reason must say what is done"
    try:
        begins_ms = None if command.begins is None else unix_ms_of(command.begins)
        ends_ms = None if command.ends is None else unix_ms_of(command.ends)
    except ValueError:
        return "begins and ends must be dates that the calendar has"
    is_backwards = begins_ms is not None and ends_ms is not None and ends_ms <= begins_ms
    return "ends must be after begins" if is_backwards else None


def _read(decoder: msgspec.json.Decoder[_Read], payload: bytes, longest: int) -> _Read | Refusal:
    if len(payload) > longest:
        return Refusal(Fault.TOO_LONG, f"{len(payload)} bytes; at most {longest}")
    try:
        return decoder.decode(payload)
    except msgspec.ValidationError as error:
        return Refusal(Fault.MISFIT, _detail(error), _correlation(payload))
    except _UNREADABLE as error:
        return Refusal(Fault.NOT_JSON, _detail(error))


def _detail(error: Exception) -> str:
    """What msgspec says, on one short line: the name of an unknown field comes from the message, a value does not."""
    said = "".join(character if character.isprintable() else "?" for character in str(error))
    if said.startswith(_WRONG_CHOICE):
        said = f"none of the values that the schema lists{_place(said)}"
    elif said.startswith(_WRONG_FORM):
        form = next((form for pattern, form in _FORMS.items() if repr(pattern) in said), _OTHER_FORM)
        said = f"{form}{_place(said)}"
    return said if len(said) <= LONGEST_DETAIL else f"{said[: LONGEST_DETAIL - 1]}…"


def _place(said: str) -> str:
    """Where it is wrong: msgspec ends with that."""
    return "".join(said.rpartition(" - at ")[1:])


def _correlation(payload: bytes) -> str | None:
    try:
        return _CORRELATED.decode(payload).correlation_id
    except _UNREADABLE:
        return None
