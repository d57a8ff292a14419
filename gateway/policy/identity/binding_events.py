"""Where bindings come from: ChirpStack's application events, and a text file for other servers. Pure.

Events are ChirpStack v4's in JSON, on `application/{id}/device/{DevEUI}/event/{join|up}`. Two fields are read. All
others are skipped unread, what the application sends among them.
"""

import enum
import re
from collections.abc import Iterator

import msgspec

from gateway.config.problems import ConfigError, Problem, shown
from gateway.policy.identity.bindings import MOST_DEVICES, MOST_PER_DEV_ADDR, Binding

LONGEST_EVENT_BYTES = 256 << 10
LARGEST_FILE_BYTES = 16 << 20
MOST_MISTAKES_TOLD = 100

_TOPIC = re.compile(r"application/[^/]+/device/([0-9A-Fa-f]{16})/event/(join|up)")
_DEV_EUI = re.compile(r"[0-9A-Fa-f]{16}")
_DEV_ADDR = re.compile(r"[0-9A-Fa-f]{8}")
_LINE = "must be: DevAddr, DevEUI and, if known, JoinEUI, in hexadecimal with spaces between"


class BindingEvent(msgspec.Struct, frozen=True, gc=False):
    """The server says that a device uses a DevAddr: since a join, or still."""

    dev_eui: int
    dev_addr: int
    is_join: bool


class EventRefusal(enum.Enum):
    """Why an event is not taken: nothing is learnt from it."""

    OTHER_TOPIC = "other_topic"
    TOO_LONG = "too_long"
    MALFORMED = "malformed"
    DEV_EUI_DIFFERS = "dev_eui_differs"
    """The topic names another device than the body."""


class _DeviceInfo(msgspec.Struct, rename="camel"):
    dev_eui: str


class _Body(msgspec.Struct, rename="camel"):
    device_info: _DeviceInfo
    dev_addr: str


_DECODER = msgspec.json.Decoder(_Body)


def read_event(topic: str, body: bytes) -> BindingEvent | EventRefusal:
    """What one message says. Never raises."""
    place = _TOPIC.fullmatch(topic)
    if place is None:
        return EventRefusal.OTHER_TOPIC
    if len(body) > LONGEST_EVENT_BYTES:
        return EventRefusal.TOO_LONG
    try:
        told = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return EventRefusal.MALFORMED
    if not _DEV_EUI.fullmatch(told.device_info.dev_eui) or not _DEV_ADDR.fullmatch(told.dev_addr):
        return EventRefusal.MALFORMED
    dev_eui = int(told.device_info.dev_eui, 16)
    if dev_eui != int(place[1], 16):
        return EventRefusal.DEV_EUI_DIFFERS
    return BindingEvent(dev_eui, int(told.dev_addr, 16), place[2] == "join")


def parse_bindings_file(content: bytes, source: str) -> tuple[Binding, ...]:
    """Read a file of one `DevAddr DevEUI [JoinEUI]` a line, with comments after #.

    Raises ConfigError, with every mistake and its line, and nothing else.
    """
    if len(content) > LARGEST_FILE_BYTES:
        raise ConfigError(source, [Problem("", None, f"too large; at most {LARGEST_FILE_BYTES} bytes")])
    bindings: list[Binding] = []
    mistakes = list(_mistakes(content, bindings))
    if len(bindings) > MOST_DEVICES:
        mistakes.append(Problem("", None, f"{len(bindings)} devices are too many; at most {MOST_DEVICES}"))
    if len(mistakes) > MOST_MISTAKES_TOLD:
        more = len(mistakes) - MOST_MISTAKES_TOLD
        mistakes[MOST_MISTAKES_TOLD:] = [Problem("", None, f"and {more} more")]
    if mistakes:
        raise ConfigError(source, mistakes)
    return tuple(bindings)


def _mistakes(content: bytes, bindings: list[Binding]) -> Iterator[Problem]:
    """Put what is right into `bindings`, and tell what is not."""
    lines: dict[int, int] = {}
    devices: dict[int, int] = {}
    for number, raw in enumerate(content.splitlines(), start=1):
        text = raw.decode("utf-8", errors="replace").partition("#")[0].strip().removeprefix("\ufeff")
        if not text:
            continue
        binding = _binding(text)
        if binding is None:
            yield Problem(f"line {number}", shown(text), _LINE)
            continue
        if (first := lines.setdefault(binding.dev_eui, number)) != number:
            yield Problem(f"line {number}", f"{binding.dev_eui:016X}", f"must differ: line {first} has this DevEUI")
        devices[binding.dev_addr] = devices.get(binding.dev_addr, 0) + 1
        if devices[binding.dev_addr] == MOST_PER_DEV_ADDR + 1:
            allowed = f"must be shared by {MOST_PER_DEV_ADDR} devices at most"
            yield Problem(f"line {number}", f"{binding.dev_addr:08X}", allowed)
        bindings.append(binding)


def _binding(text: str) -> Binding | None:
    match text.split():
        case [dev_addr, dev_eui, *rest] if (
            _DEV_ADDR.fullmatch(dev_addr)
            and _DEV_EUI.fullmatch(dev_eui)
            and len(rest) <= 1
            and all(map(_DEV_EUI.fullmatch, rest))
        ):
            return Binding(int(dev_eui, 16), int(dev_addr, 16), join_eui=int(rest[0], 16) if rest else None)
        case _:
            return None
