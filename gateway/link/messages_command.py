"""What operators ask of the gateway, and what it answers. Only what gateway.toml allows is done."""

import enum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gateway.link.messages import Message
from gateway.link.messages_depositor import CorrelationId, LineText

LONGEST_COMMAND_BYTES = 4 * 1024
UTC_OF_PEOPLE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3})?Z\Z"
AskedUtc = Annotated[
    str,
    Meta(
        pattern=UTC_OF_PEOPLE,
        description="a date and time in UTC, with milliseconds or without: 2026-01-31T12:00:00Z",
        extra_json_schema={"format": "date-time"},
    ),
]
"""A time as people write it; what was read has milliseconds."""


class CommandName(enum.Enum):
    """What can be asked for: the topic's level after `command/`."""

    RELOAD_POLICY = "reload_policy"
    RESTART_RADIO = "restart_radio"
    ANNOUNCE_MAINTENANCE = "announce_maintenance"
    LOG_LEVEL = "log_level"


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every command may say."""

    correlation_id: Annotated[CorrelationId | None, Meta(title="stands in the reply again")] = None
    by: Annotated[LineText | None, Meta(title="who asks, for the record")] = None


class ReloadPolicy(Asked, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`command/reload_policy`: look at all files of the policy again."""


class RestartRadio(Asked, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`command/restart_radio`: stop the concentrator, and start it again."""


class AnnounceMaintenance(Asked, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`command/announce_maintenance`: tell all depositors of planned work (article 9).

    It replaces what was announced before. With `over`, and then without the rest, the work is over or given up.
    """

    reason: Annotated[LineText | None, Meta(title="what is done: the depositors read it")] = None
    begins: Annotated[AskedUtc | None, Meta(title="its planned beginning; at once, if left out")] = None
    ends: Annotated[AskedUtc | None, Meta(title="its planned end; until it is told to be over, if left out")] = None
    over: Annotated[bool, Meta(title="what was announced ends now")] = False


class SetLogLevel(Asked, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`command/log_level`: how much the daemon logs, until it is started again."""

    level: Literal["debug", "info", "warning", "error"]


Command = ReloadPolicy | RestartRadio | AnnounceMaintenance | SetLogLevel

COMMANDS: dict[CommandName, type[Command]] = {
    CommandName.RELOAD_POLICY: ReloadPolicy,
    CommandName.RESTART_RADIO: RestartRadio,
    CommandName.ANNOUNCE_MAINTENANCE: AnnounceMaintenance,
    CommandName.LOG_LEVEL: SetLogLevel,
}


class CommandOutcome(enum.Enum):
    """What became of a command."""

    DONE = "done"
    BEGUN = "begun"
    """It is being done; what becomes of it is told on `event` and `health`."""
    REFUSED = "refused"
    """It could not be read, or gateway.toml does not allow it: nothing was done."""
    FAILED = "failed"
    """It was tried."""


class CommandReply(Message, frozen=True, kw_only=True):
    """`command/<name>/reply`: what became of a command. Each gets one, with its correlation where it had one.

    An MQTT 5 request with correlation data is answered with the same data, and with its response topic if that is this
    topic or one below it.
    """

    command: Annotated[str, Meta(title="its name, as in the topic")]
    outcome: Annotated[CommandOutcome, Meta(title="what became of it")]
    reason: Annotated[str | None, Meta(title="why it was refused, or failed")]
    correlation_id: Annotated[str | None, Meta(title="as in the command")]
