"""Planned work on the gateway, as operators are told of it. Pure."""

import enum

from gateway.link.messages import Sentence
from gateway.link.messages_operator import Occurrence
from gateway.link.operator.discreet import closed, discreet
from gateway.link.operator.happening import Happening
from gateway.link.operator.times import date_of
from gateway.link.signals import Maintenance


class Phase(enum.Enum):
    """How far planned work has come."""

    NONE = "none"
    ANNOUNCED = "announced"
    UNDER_WAY = "under_way"
    OVER = "over"


_SAID = {
    Phase.ANNOUNCED: ("Intervention annoncée", "Maintenance announced"),
    Phase.UNDER_WAY: ("Intervention commencée", "Maintenance begun"),
    Phase.OVER: ("Intervention terminée", "Maintenance over"),
}


def maintenance_happening(phase: Phase, planned: Maintenance) -> Happening:
    """It has come so far. Phase.NONE is no happening, and raises KeyError."""
    french, english = _SAID[phase]
    reason = discreet(planned.reason)
    begins, ends = date_of(planned.begins_unix_s), date_of(planned.ends_unix_s)
    planned_from = "" if begins is None or phase is not Phase.ANNOUNCED else f" ({begins})"
    return Happening(
        kind=Occurrence.MAINTENANCE,
        level="info",
        sentence=Sentence(
            fr=f"{french}{planned_from} : {closed(reason)}", en=f"{english}{planned_from}: {closed(reason)}"
        ),
        details={"phase": phase.value, "reason": reason, "begins": begins, "ends": ends},
    )
