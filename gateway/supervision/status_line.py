"""The line of `systemctl status`: what a maintainer wants to know before anything else. Pure."""

import msgspec

# For what only counts on; a trouble is told at once. Each one wakes systemd.
TELL_EVERY_S = 5.0


class Outlook(msgspec.Struct, frozen=True):
    """What there is to tell.

    `stuck` names parts without progress, `activity` is what the radio is at while it does not listen. `remark` stays
    until the next reload: what came of the last one.
    """

    packets: int = 0
    refused: int = 0
    downlinks: int = 0
    servers: int = 0
    servers_up: int = 0
    waiting: int = 0
    has_policy: bool = False
    policy_serial: int | None = None
    activity: str = ""
    remark: str = ""
    stuck: str = ""
    is_stopping: bool = False

    @property
    def state(self) -> tuple[object, ...]:
        """What of it is told as soon as it changes."""
        return (self.servers, self.servers_up, self.policy_serial, self.activity, self.remark, self.is_stopping)


def status_line(outlook: Outlook) -> str:
    """It in one line."""
    if outlook.is_stopping:
        return "stopping"
    parts = [f"stuck: {outlook.stuck}"] if outlook.stuck else []
    parts.append(outlook.activity or "listening")
    if outlook.servers:
        parts.append(f"servers up {outlook.servers_up} of {outlook.servers}")
    parts.append(f"{outlook.packets} packets heard")
    if outlook.refused:
        parts.append(f"{outlook.refused} refused")
    if outlook.downlinks:
        parts.append(f"{outlook.downlinks} downlinks sent")
    if outlook.waiting:
        parts.append(f"{outlook.waiting} uplinks wait on the disk")
    if outlook.has_policy:
        parts.append("no policy in force" if outlook.policy_serial is None else f"policy {outlook.policy_serial}")
    if outlook.remark:
        parts.append(outlook.remark)
    return "; ".join(parts)


class Told(msgspec.Struct, frozen=True):
    """What systemd was told last, and when; nothing yet by default."""

    line: str = ""
    outlook: Outlook | None = None
    at_s: float = float("-inf")


def due(told: Told, outlook: Outlook, now_s: float) -> bool:
    """Whether the line is to be told now."""
    if status_line(outlook) == told.line:
        return False
    if told.outlook is None or told.outlook.state != outlook.state or bool(told.outlook.stuck) != bool(outlook.stuck):
        return True
    return now_s - told.at_s >= TELL_EVERY_S
