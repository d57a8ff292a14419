"""[policy]: where the host's policy comes from, who may sign it, and what holds where none is valid."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gateway.config.reader import Reader
from gateway.config.sections import AbsolutePath

Topic = Annotated[
    str, Meta(pattern=r"^[^+#\x00]{1,1000}\Z", description='an MQTT topic without "+" and "#", 1000 characters at most')
]
TopicFilter = Annotated[
    str,
    Meta(
        pattern=r"^(?=.{1,1000}\Z)((\+|[^+#/\x00]*)/)*(\+|#|[^+#/\x00]*)\Z",
        description='an MQTT topic, in which "+" may stand for a level and a final "#" for all below',
    ),
]
SecretPath = Annotated[
    str,
    Meta(
        pattern=r"^(/[^\x00]*|credential:(?!\.)[A-Za-z0-9_.-]{1,255})\Z",
        description='an absolute path, or "credential:NAME" for one that systemd hands over',
    ),
]


class PolicySection(msgspec.Struct, frozen=True):
    """[policy]: the host's own rules. Without this section every packet is forwarded."""

    when_none_valid: Literal["refuse", "forward"]
    host_keys: tuple[AbsolutePath, ...] = ()
    file: AbsolutePath | None = None
    topic: Topic | None = None
    bindings_file: AbsolutePath | None = None
    bindings_topics: tuple[TopicFilter, ...] = ()
    session_keys: SecretPath | None = None


def check_policy(policy: PolicySection | None, reader: Reader) -> None:
    """Note what the keys of [policy] lack together, and what they need of [broker]."""
    if policy is None:
        return
    if not policy.host_keys and not reader.failed_under("policy.host_keys"):
        reader.require("policy.host_keys", "the path of at least one public key of the host: candelabre policy keygen")
    if policy.file is None and policy.topic is None and not reader.failed_at("policy.file", "policy.topic"):
        reader.require("policy.file", "the path of the policy, or policy.topic, or both: it has to come from somewhere")
    if "broker" not in reader.written:
        for key, value in (("topic", policy.topic), ("bindings_topics", policy.bindings_topics)):
            if value:
                shown: object = list(value) if isinstance(value, tuple) else value
                reader.refuse(f"policy.{key}", shown, "needs a broker: add the section [broker]")
