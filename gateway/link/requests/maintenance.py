"""Planned work as an operator announces it. Pure."""

from gateway.link.messages import unix_ms_of
from gateway.link.messages_command import AnnounceMaintenance
from gateway.link.signals import Maintenance

MS_PER_S = 1000
LATEST_BEGIN_S = 86_400
"""So long ago work may have begun that has no planned end. An older date is more likely a slip than the truth."""


def announced(command: AnnounceMaintenance) -> Maintenance | None:
    """What is announced from now on, for a command that `read_command` took; None where it is over or given up."""
    if command.over or command.reason is None:
        return None
    begins_ms = None if command.begins is None else unix_ms_of(command.begins)
    ends_ms = None if command.ends is None else unix_ms_of(command.ends)
    return Maintenance(
        reason=command.reason,
        begins_unix_s=None if begins_ms is None else begins_ms // MS_PER_S,
        # Upwards: it ends after it begins in whole seconds as well.
        ends_unix_s=None if ends_ms is None else -(-ends_ms // MS_PER_S),
    )


def objection(maintenance: Maintenance, known_unix_s: int | None) -> str | None:
    """Why work cannot be announced at this known time, a lower bound of the true one; None where it can.

    Work that has begun can: an operator who is late, or who moves the end of work that is under way, says when it
    began. Where no time is known, nothing is past.
    """
    if known_unix_s is None:
        return None
    begins_unix_s, ends_unix_s = maintenance.begins_unix_s, maintenance.ends_unix_s
    if ends_unix_s is not None and ends_unix_s <= known_unix_s:
        return "ends must be in the future; work that is over is told by over alone"
    if ends_unix_s is None and begins_unix_s is not None and begins_unix_s <= known_unix_s - LATEST_BEGIN_S:
        return "begins is more than a day past: give ends too, or leave begins out for work that begins now"
    return None
