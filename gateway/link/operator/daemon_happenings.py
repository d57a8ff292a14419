"""What the daemon itself does or finds, as operators are told of it. Pure."""

from gateway.link.messages import Sentence
from gateway.link.messages_command import CommandName, CommandOutcome
from gateway.link.messages_operator import Occurrence
from gateway.link.operator.discreet import discreet, discreet_or_none
from gateway.link.operator.happening import Happening
from gateway.link.operator.times import MS_PER_S, in_words, moment
from gateway.link.outage import Gap

_OUTCOMES = {
    CommandOutcome.DONE: ("exécutée", "done"),
    CommandOutcome.BEGUN: ("commencée", "begun"),
    CommandOutcome.REFUSED: ("refusée", "refused"),
    CommandOutcome.FAILED: ("en échec", "failed"),
}


def started(version: str, policy_serial: int | None) -> Happening:
    """The daemon is there."""
    return Happening(
        kind=Occurrence.STARTED,
        level="info",
        sentence=Sentence(
            fr=f"La passerelle a démarré (version {version}).", en=f"The gateway has started (version {version})."
        ),
        details={"version": version, "policy_serial": policy_serial},
    )


def stopping(uptime_s: float) -> Happening:
    """The daemon stops in order."""
    return Happening(
        kind=Occurrence.STOPPING,
        level="info",
        sentence=Sentence(
            fr=f"La passerelle s'arrête, après {in_words(uptime_s)} de service.",
            en=f"The gateway stops, after {in_words(uptime_s)} at work.",
        ),
        details={"uptime_s": round(uptime_s, 1)},
    )


def past_outage(gap: Gap) -> Happening:
    """The gateway was dead; its last sign of life may be a minute older than its death."""
    lasted_s = _lasted_s(gap)
    after = "durée inconnue" if lasted_s is None else in_words(lasted_s)
    length = "duration unknown" if lasted_s is None else in_words(lasted_s)
    french = "arrêtée en ordre" if gap.ordered else "arrêtée sans préavis"
    english = "stopped in order" if gap.ordered else "stopped without notice"
    return Happening(
        kind=Occurrence.PAST_OUTAGE,
        level="info" if gap.ordered else "warning",
        sentence=Sentence(
            fr=f"La passerelle était hors service ({after}) : {french}"
            f"{', machine redémarrée' if gap.rebooted else ''}.",
            en=f"The gateway was out of service ({length}): {english}{', machine rebooted' if gap.rebooted else ''}.",
        ),
        details={
            "begin": moment(gap.begin.unix_ms),
            "end": moment(gap.end.unix_ms),
            "lasted_s": lasted_s,
            "rebooted": gap.rebooted,
            "ordered": gap.ordered,
        },
    )


def command(name: CommandName, outcome: CommandOutcome, by: str | None, reason: str | None) -> Happening:
    """An operator asked for something, and what became of it. `by` is who asks, as the command says."""
    french, english = _OUTCOMES[outcome]
    why = discreet_or_none(reason)
    asks_fr, asks_en = ("", "") if by is None else (f", demandée par {discreet(by)}", f", asked for by {discreet(by)}")
    told = "" if why is None else why
    return Happening(
        kind=Occurrence.COMMAND,
        level="info" if outcome in (CommandOutcome.DONE, CommandOutcome.BEGUN) else "warning",
        sentence=Sentence(
            fr=f"Commande {name.value}{asks_fr} : {french}{f' ({told})' if told else ''}.",
            en=f"Command {name.value}{asks_en}: {english}{f' ({told})' if told else ''}.",
        ),
        details={"command": name.value, "outcome": outcome.value, "by": discreet_or_none(by), "reason": why},
    )


def _lasted_s(gap: Gap) -> float | None:
    """By the calendar where it is known at both ends; the other clock stood still while the machine was off."""
    if gap.begin.unix_ms is not None and gap.end.unix_ms is not None:
        return (gap.end.unix_ms - gap.begin.unix_ms) / MS_PER_S
    return None if gap.rebooted else (gap.end.ms - gap.begin.ms) / MS_PER_S
