"""[topics]: under what topics the gateway tells and is asked, what operators may ask for, and how often it tells."""

from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.config.reader import Reader
from gateway.link.messages_command import CommandName
from gateway.link.topic import DEFAULT_PREFIX, LONGEST_PREFIX, is_prefix

PREFIX_DESCRIPTION = (
    f"the beginning of MQTT topics, {LONGEST_PREFIX} characters at most: levels with something in each, "
    'without "+", "#" or control characters, and no "$" first'
)

AllowedCommand = Annotated[CommandName, Meta(description=" or ".join(f'"{name.value}"' for name in CommandName))]


class TopicsSection(msgspec.Struct, frozen=True):
    """[topics]: what goes through the broker of [broker], apart from what [policy] takes from there."""

    prefix: Annotated[str, Meta(description=PREFIX_DESCRIPTION)] = DEFAULT_PREFIX
    commands: tuple[AllowedCommand, ...] = ()
    beat_s: Annotated[int, Meta(ge=10, le=3_600)] = 60


def build_topics(section: TopicsSection | None, reader: Reader) -> TopicsSection:
    """The section; the defaults where there is none. The reader holds what is wrong with it."""
    if section is None:
        return TopicsSection()
    if "broker" not in reader.written:
        reader.refuse("topics", {}, "needs a broker: add the section [broker]")
    if not is_prefix(section.prefix):
        reader.refuse("topics.prefix", section.prefix, f"must be {PREFIX_DESCRIPTION}")
    return section
