"""What happens to the host's policy, as operators are told of it. Pure."""

from gateway.link.messages import Sentence
from gateway.link.messages_operator import Occurrence
from gateway.link.operator.discreet import closed, discreet
from gateway.link.operator.happening import Happening

_IN_FORCE, _OFFERED = "policy", "policy offered"


def policy_taken(serial: int, former: int | None) -> Happening:
    """Another one is in force; `former` is None where none was."""
    return Happening(
        kind=Occurrence.POLICY_TAKEN,
        level="info",
        sentence=Sentence(
            fr=f"La politique de numéro {serial} est en vigueur.", en=f"The policy of serial {serial} is in force."
        ),
        details={"serial": serial, "former_serial": former},
        matter=_IN_FORCE,
    )


def policy_ended(former: int | None) -> Happening:
    """None is in force any more."""
    return Happening(
        kind=Occurrence.POLICY_ENDED,
        level="error",
        sentence=Sentence(
            fr=f"Aucune politique n'est plus en vigueur ; la dernière avait le numéro {former}.",
            en=f"No policy is in force any more; the last had serial {former}.",
        ),
        details={"serial": None, "former_serial": former},
        matter=_IN_FORCE,
    )


def policy_refused(source: str, reason: str, serial: int | None) -> Happening:
    """A document was not taken; `serial` is that of the policy that stays in force, None where none is."""
    why = discreet(reason)
    return Happening(
        kind=Occurrence.POLICY_REFUSED,
        level="warning",
        sentence=Sentence(
            fr=f"Un document de politique est refusé, rien ne change : {closed(why)}",
            en=f"A policy document is refused, nothing changes: {closed(why)}",
        ),
        details={"source": discreet(source), "reason": why, "serial": serial},
        matter=_OFFERED,
    )
