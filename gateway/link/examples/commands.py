"""What operators asked of the gateway, and one answer."""

from collections.abc import Mapping

import msgspec

from gateway.link.examples.morning import CORRELATION, EUI, MAINTENANCE, NOW
from gateway.link.messages_command import (
    AnnounceMaintenance,
    CommandOutcome,
    CommandReply,
    ReloadPolicy,
    RestartRadio,
    SetLogLevel,
)

COMMANDS: Mapping[type[msgspec.Struct], msgspec.Struct] = {
    ReloadPolicy: ReloadPolicy(correlation_id=CORRELATION, by="J. Martin"),
    RestartRadio: RestartRadio(correlation_id=CORRELATION),
    AnnounceMaintenance: AnnounceMaintenance(
        reason=MAINTENANCE.reason, begins=MAINTENANCE.begins, ends=MAINTENANCE.ends, correlation_id=CORRELATION
    ),
    SetLogLevel: SetLogLevel(level="debug"),
    CommandReply: CommandReply(
        gateway_eui=EUI,
        at=NOW,
        clock_sure=True,
        command="restart_radio",
        outcome=CommandOutcome.BEGUN,
        reason=None,
        correlation_id=CORRELATION,
    ),
}
