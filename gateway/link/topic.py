"""The names of all topics: made, and read, here alone."""

import enum
import re

import msgspec

from gateway.broker.settings import LONGEST_TOPIC_BYTES

DEFAULT_PREFIX = "candelabre"
LONGEST_PREFIX = 200

# As the policy's own, so that nothing that MQTT takes for a separator or a wildcard can be in one.
_DEPOSITOR = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_INCIDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_COMMAND = re.compile(r"[a-z][a-z0-9_]{0,31}")
_EUI = re.compile(r"[0-9A-F]{16}")
# Levels with something in each; `$` at the beginning is for brokers.
_PREFIX = re.compile(r"(?!\$)[^/+#\x00-\x1F\x7F]+(/[^/+#\x00-\x1F\x7F]+)*")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_IDS = {"depositor": _DEPOSITOR, "incident": _INCIDENT, "command": _COMMAND}


class Channel(enum.Enum):
    """What is told or asked; the value is what follows `<prefix>/<gateway_eui>/`."""

    STATE = "state"
    HEALTH = "health"
    STATS = "stats"
    EVENT = "event"
    LINK = "depositor/{depositor}/link"
    INCIDENT = "depositor/{depositor}/incident/{incident}"
    UPLINK = "depositor/{depositor}/uplink"
    REPORT = "depositor/{depositor}/report"
    REPORT_ACK = "depositor/{depositor}/report/ack"
    HOST_UPLINK = "host/uplink"
    COMMAND = "command/{command}"
    COMMAND_REPLY = "command/{command}/reply"

    @property
    def is_retained(self) -> bool:
        """Whether the broker keeps the last message for whoever comes later."""
        return self in _RETAINED

    @property
    def is_inbound(self) -> bool:
        """Whether it goes to the gateway."""
        return self in _INBOUND

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of what differs from topic to topic."""
        return tuple(_PLACEHOLDER.findall(self.value))


_RETAINED = frozenset({Channel.STATE, Channel.LINK, Channel.INCIDENT})
_INBOUND = frozenset({Channel.REPORT, Channel.COMMAND})
_READ_FROM = {
    channel: re.compile(_PLACEHOLDER.sub(lambda name: f"(?P<{name[1]}>{_IDS[name[1]].pattern})", channel.value))
    for channel in Channel
}


class Place(msgspec.Struct, frozen=True):
    """What a topic of one gateway says: the channel, and what stands in its placeholders."""

    channel: Channel
    depositor: str | None = None
    incident: str | None = None
    command: str | None = None


class Topics(msgspec.Struct, frozen=True):
    """The topics of one gateway. Raises ValueError for a prefix or an EUI that cannot stand in one."""

    gateway_eui: int
    prefix: str = DEFAULT_PREFIX

    def __post_init__(self) -> None:
        """Check both."""
        if not is_prefix(self.prefix):
            raise ValueError(
                f"{self.prefix[:80]!r} is no prefix of topics: levels without '+', '#' or control characters"
            )
        if not 0 <= self.gateway_eui < 1 << 64:
            raise ValueError(f"{self.gateway_eui} is no EUI: 64 bits")

    @property
    def base(self) -> str:
        """What all of them begin with, without the slash."""
        return f"{self.prefix}/{self.gateway_eui:016X}"

    @property
    def state(self) -> str:
        """Online or offline."""
        return self._of(Channel.STATE)

    @property
    def health(self) -> str:
        """How each part of the gateway is."""
        return self._of(Channel.HEALTH)

    @property
    def stats(self) -> str:
        """Counters of an interval."""
        return self._of(Channel.STATS)

    @property
    def event(self) -> str:
        """What happened, for operators."""
        return self._of(Channel.EVENT)

    @property
    def host_uplink(self) -> str:
        """The host's copy of uplinks, by consent."""
        return self._of(Channel.HOST_UPLINK)

    def link(self, depositor: str) -> str:
        """A depositor's link status."""
        return self._of(Channel.LINK, depositor=depositor)

    def incident(self, depositor: str, incident: str) -> str:
        """One incident, as a depositor is told of it."""
        return self._of(Channel.INCIDENT, depositor=depositor, incident=incident)

    def uplink(self, depositor: str) -> str:
        """A depositor's own uplinks."""
        return self._of(Channel.UPLINK, depositor=depositor)

    def report(self, depositor: str) -> str:
        """Where a depositor reports problems."""
        return self._of(Channel.REPORT, depositor=depositor)

    def report_ack(self, depositor: str) -> str:
        """Where its reports are acknowledged."""
        return self._of(Channel.REPORT_ACK, depositor=depositor)

    def command(self, command: str) -> str:
        """Where operators ask for something."""
        return self._of(Channel.COMMAND, command=command)

    def command_reply(self, command: str) -> str:
        """Where they are answered."""
        return self._of(Channel.COMMAND_REPLY, command=command)

    @property
    def all_reports(self) -> str:
        """The filter for every depositor's reports. It lets no acknowledgement through."""
        return f"{self.base}/{_filter(Channel.REPORT)}"

    @property
    def all_commands(self) -> str:
        """The filter for every command. It lets no reply through."""
        return f"{self.base}/{_filter(Channel.COMMAND)}"

    def parse(self, topic: str) -> Place | None:
        """What one of these topics is; None for any other."""
        head, rest = topic[: len(self.base) + 1], topic[len(self.base) + 1 :]
        if head != f"{self.base}/":
            return None
        for channel, pattern in _READ_FROM.items():
            if found := pattern.fullmatch(rest):
                return Place(channel, **found.groupdict())
        return None

    def answer_to(self, place: Place, response_topic: str | None) -> str:
        """Where a request is answered: on the response topic that it asks for (MQTT 5), if that is its answers' place.

        What may be asked for is the usual topic and what lies below it. The gateway may write where whoever asks may
        not: any other wish is not followed.

        Raises:
            ValueError: nothing is asked for in that place.
        """
        if place.channel is Channel.REPORT and place.depositor is not None:
            usual = self.report_ack(place.depositor)
        elif place.channel is Channel.COMMAND and place.command is not None:
            usual = self.command_reply(place.command)
        else:
            raise ValueError(f"nothing is asked for on {place.channel.value}")
        if response_topic is None or len(response_topic.encode(errors="replace")) > LONGEST_TOPIC_BYTES:
            return usual
        is_below = response_topic.startswith(f"{usual}/") and is_prefix(response_topic, LONGEST_TOPIC_BYTES)
        return response_topic if is_below else usual

    def _of(self, channel: Channel, **ids: str) -> str:
        for name, value in ids.items():
            if not _IDS[name].fullmatch(value):
                raise ValueError(f"{value[:80]!r} cannot be the {name} of a topic: must match {_IDS[name].pattern}")
        return f"{self.base}/{channel.value.format_map(ids)}"


def is_prefix(text: str, longest: int = LONGEST_PREFIX) -> bool:
    """Whether topics can begin with it."""
    return len(text) <= longest and _PREFIX.fullmatch(text) is not None


def read_gateway_eui(topic: str, prefix: str = DEFAULT_PREFIX) -> int | None:
    """Whose topic it is, for a reader of many gateways; None for one that is no gateway's."""
    head = f"{prefix}/"
    eui = topic[len(head) : len(head) + 16]
    if not topic.startswith(head) or not _EUI.fullmatch(eui) or topic[len(head) + 16 : len(head) + 17] != "/":
        return None
    return int(eui, 16)


def _filter(channel: Channel) -> str:
    return _PLACEHOLDER.sub("+", channel.value)
