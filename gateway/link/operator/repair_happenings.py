"""What is done about the radio, as operators are told of it. Pure."""

from collections.abc import Mapping

from gateway.link.messages import Sentence
from gateway.link.messages_operator import Occurrence
from gateway.link.operator.discreet import discreet
from gateway.link.operator.happening import Happening, Level
from gateway.link.operator.times import in_words
from gateway.supervision.repairs import RepairEvent, RepairNews
from gateway.supervision.rungs import Rung, Trouble

_TROUBLES: Mapping[Trouble, Sentence] = {
    Trouble.LOST: Sentence(fr="la radio ne fonctionne plus", en="the radio has stopped working"),
    Trouble.DEAF: Sentence(fr="la radio n'entend plus rien", en="the radio hears nothing any more"),
    Trouble.MUTE: Sentence(
        fr="la radio n'émet plus ce qui lui est confié", en="the radio does not emit any more what it is given"
    ),
    Trouble.ASTRAY: Sentence(fr="un réglage de la puce s'est perdu", en="a setting of the chip was lost"),
    Trouble.QUIET: Sentence(
        fr="rien n'est entendu ici, ce qui peut être normal", en="nothing is heard here, which may be usual"
    ),
}
_RUNGS: Mapping[Rung, Sentence] = {
    Rung.REARM: Sentence(fr="réarmement du récepteur", en="re-arming of the receiver"),
    Rung.RESTART_CHIP: Sentence(fr="redémarrage de la puce radio", en="restart of the radio chip"),
    Rung.RESET_LINE: Sentence(fr="réinitialisation de la carte radio", en="reset of the radio board"),
    Rung.POWER_LINE: Sentence(
        fr="coupure et remise de l'alimentation de la carte radio", en="the radio board's supply off and on"
    ),
    Rung.RESTART_PROCESS: Sentence(fr="redémarrage du service", en="restart of the service"),
    Rung.REBOOT: Sentence(fr="demande de redémarrage de la machine", en="request to reboot the machine"),
}


def repair_happening(news: RepairNews) -> Happening:
    """A rung is taken, a trouble is over, or nothing is left to be tried."""
    level: Level = "info" if news.event is RepairEvent.MENDED or news.trouble is Trouble.QUIET else "warning"
    return Happening(
        kind=Occurrence.REPAIR,
        level="error" if news.event is RepairEvent.GAVE_UP else level,
        sentence=_sentence(news),
        details={
            "event": news.event.value,
            "trouble": news.trouble.value,
            "rung": None if news.rung is None else news.rung.value,
            "step": news.number,
            "after_s": round(news.after_s, 1),
            "reason": discreet(news.reason),
        },
        matter=f"repair {news.trouble.value}",
    )


def _sentence(news: RepairNews) -> Sentence:
    trouble, after = _TROUBLES[news.trouble], in_words(news.after_s)
    if news.event is RepairEvent.GAVE_UP:
        return Sentence(
            fr=f"Réparation sans résultat : {trouble.fr}, et il ne reste rien à essayer pour le moment.",
            en=f"Repair in vain: {trouble.en}, and nothing is left to be tried for now.",
        )
    done = None if news.rung is None else _RUNGS[news.rung]
    if news.event is RepairEvent.MENDED:
        return Sentence(
            fr=f"La panne est terminée après {after}{'' if done is None else f' : {done.fr}'} ({trouble.fr}).",
            en=f"The trouble is over after {after}{'' if done is None else f': {done.en}'} ({trouble.en}).",
        )
    return Sentence(
        fr=f"Réparation, étape {news.number} : {'' if done is None else done.fr} ({trouble.fr}).",
        en=f"Repair, step {news.number}: {'' if done is None else done.en} ({trouble.en}).",
    )
