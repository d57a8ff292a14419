"""docs/topics/asyncapi.json: which message goes where, who may read and write it (AsyncAPI 3.0). Pure."""

from collections.abc import Iterator, Mapping

import msgspec

from gateway.link.access import ACCESS
from gateway.link.messages_command import (
    AnnounceMaintenance,
    CommandName,
    CommandReply,
    ReloadPolicy,
    RestartRadio,
    SetLogLevel,
)
from gateway.link.messages_depositor import (
    HostUplinkMessage,
    IncidentMessage,
    LinkStatus,
    ProblemAck,
    ProblemReport,
    UplinkMessage,
)
from gateway.link.messages_operator import Event, GatewayState, Health, Stats
from gateway.link.topic import DEFAULT_PREFIX, Channel

Json = dict[str, object]
MessageTypes = tuple[type[msgspec.Struct], ...]

VERSION = "3.0.0"
SCHEMAS = "#/components/schemas/"
QOS = 1
# https://github.com/asyncapi/bindings/tree/master/mqtt
MQTT_BINDING = "0.2.0"

MESSAGES: Mapping[Channel, MessageTypes] = {
    Channel.STATE: (GatewayState,),
    Channel.HEALTH: (Health,),
    Channel.STATS: (Stats,),
    Channel.EVENT: (Event,),
    Channel.LINK: (LinkStatus,),
    Channel.INCIDENT: (IncidentMessage,),
    Channel.UPLINK: (UplinkMessage,),
    Channel.REPORT: (ProblemReport,),
    Channel.REPORT_ACK: (ProblemAck,),
    Channel.HOST_UPLINK: (HostUplinkMessage,),
    Channel.COMMAND: (ReloadPolicy, RestartRadio, AnnounceMaintenance, SetLogLevel),
    Channel.COMMAND_REPLY: (CommandReply,),
}
ALL_MESSAGES: MessageTypes = tuple(kind for kinds in MESSAGES.values() for kind in kinds)

_REPLIES = {Channel.REPORT: Channel.REPORT_ACK, Channel.COMMAND: Channel.COMMAND_REPLY}
_PARAMETERS: Mapping[str, Json] = {
    "prefix": {"description": "What all topics of a host begin with.", "default": DEFAULT_PREFIX},
    "gateway_eui": {"description": "The gateway, 16 upper-case hexadecimal digits.", "examples": ["AA555A0000000101"]},
    "depositor": {"description": "The depositor's id in the host's policy.", "examples": ["metropole"]},
    "incident": {"description": "The incident's id."},
    "command": {"description": "What is asked for.", "enum": [name.value for name in CommandName]},
}
_DESCRIPTION = """\
What a Candélabre gateway tells and takes over MQTT. `send` is what the gateway publishes, `receive` what it takes.

All messages are JSON in UTF-8, at QoS 1: one may come twice. What the gateway publishes has every field, and null \
where something is not known; fields may be added. What is sent to the gateway may leave out what is not required, and \
must have no other field; what is retained there is not taken. While the gateway's clock is not sure, `clock_sure` is \
false and its times are null.

No document of a depositor contains anything of another's. No payload is ever decoded. What is told is what was seen, \
and promises no result (article 8)."""


def asyncapi(definitions: Mapping[str, object], examples: Mapping[type[msgspec.Struct], object]) -> Json:
    """The document. `definitions` are the schemas by their names, whose references begin with SCHEMAS."""
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "Candélabre",
            "version": "1",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {_key(channel): _channel(channel) for channel in Channel},
        "operations": dict(map(_operation, Channel)),
        "components": {
            "messages": {kind.__name__: _message(kind, examples[kind]) for kind in ALL_MESSAGES},
            "schemas": dict(definitions),
        },
    }


def _channel(channel: Channel) -> Json:
    parameters = ("prefix", "gateway_eui", *channel.ids)
    return {
        "address": f"{{prefix}}/{{gateway_eui}}/{channel.value}",
        "description": " ".join(_sentences(channel)),
        "parameters": {name: _PARAMETERS[name] for name in parameters},
        "messages": {kind.__name__: _ref(f"#/components/messages/{kind.__name__}") for kind in MESSAGES[channel]},
    }


def _sentences(channel: Channel) -> Iterator[str]:
    access = ACCESS[channel]
    yield f"Written by: {', '.join(sorted(role.value for role in access.writers))}."
    yield f"Read by: {', '.join(sorted(role.value for role in access.readers))}."
    if channel is Channel.INCIDENT:
        yield "Retained while the incident is open; then an empty retained message clears it."
    elif channel.is_retained:
        yield "Retained."


def _operation(channel: Channel) -> tuple[str, Json]:
    action = "receive" if channel.is_inbound else "send"
    told: Json = {
        "action": action,
        "channel": _ref(f"#/channels/{_key(channel)}"),
        "summary": _summary(MESSAGES[channel][0]) if len(MESSAGES[channel]) == 1 else "An operator's request.",
        "messages": _messages_of(channel),
        "bindings": {"mqtt": {"qos": QOS, "retain": channel.is_retained, "bindingVersion": MQTT_BINDING}},
    }
    if (reply := _REPLIES.get(channel)) is not None:
        told["reply"] = {"channel": _ref(f"#/channels/{_key(reply)}"), "messages": _messages_of(reply)}
    return f"{action}_{_key(channel)}", told


def _messages_of(channel: Channel) -> list[Json]:
    return [_ref(f"#/channels/{_key(channel)}/messages/{kind.__name__}") for kind in MESSAGES[channel]]


def _message(kind: type[msgspec.Struct], example: object) -> Json:
    told: Json = {
        "name": kind.__name__,
        "title": kind.__name__,
        "summary": _summary(kind),
        "payload": _ref(f"{SCHEMAS}{kind.__name__}"),
        "examples": [{"payload": example}],
    }
    if "correlation_id" in kind.__struct_fields__:
        told["correlationId"] = {"location": "$message.payload#/correlation_id"}
    return told


def _summary(kind: type[msgspec.Struct]) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0]


def _key(channel: Channel) -> str:
    return channel.name.lower()


def _ref(target: str) -> Json:
    return {"$ref": target}
