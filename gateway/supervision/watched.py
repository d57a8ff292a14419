"""Which parts of the daemon have to show signs of life, beside the radio, the servers' ends and the router."""

from typing import TYPE_CHECKING

from gateway.daemon import Daemon
from gateway.supervision.vitals import Vitals

if TYPE_CHECKING:
    from gateway.link_side import LinkSide


def watch_parts(vitals: Vitals, daemon: Daemon) -> None:
    """The broker's end and the policy's accounts, where there are any."""
    broker, policy = daemon.broker, daemon.policy
    if broker is not None:
        vitals.watch("broker", lambda: broker.beat_s)
    if policy is not None:
        vitals.watch("policy", lambda: policy.beat_s, waits_for_disk=True)


def watch_link(vitals: Vitals, link: "LinkSide") -> None:
    """What keeps operators and depositors informed."""
    vitals.watch("link", lambda: link.beat_s, waits_for_disk=True)
