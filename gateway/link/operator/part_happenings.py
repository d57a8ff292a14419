"""A part of the gateway broke or was mended, as operators are told of it. Pure."""

from collections.abc import Callable, Mapping

from gateway.link.messages import Sentence
from gateway.link.messages_operator import Occurrence
from gateway.link.operator.discreet import closed, discreet, discreet_or_none
from gateway.link.operator.happening import Details, Happening
from gateway.link.operator.parts import Part
from gateway.link.operator.times import in_words
from gateway.link.signals import RadioSignal, Signals
from gateway.link.state import Detail

_NO_RADIO = RadioSignal(working=False)


def part_happening(part: Part, signals: Signals, *, works: bool) -> Happening:
    """What is told, with the values of the look that found it."""
    return _OF_PARTS[part.fault](part, signals, works)


def _radio(_part: Part, signals: Signals, works: bool) -> Happening:
    radio = signals.radio or _NO_RADIO
    if works:
        return Happening(
            kind=Occurrence.RADIO_STARTED,
            level="info",
            sentence=Sentence(fr="La radio est en service.", en="The radio is at work."),
            details={"restarts": radio.restarts},
            matter="radio",
        )
    return Happening(
        kind=Occurrence.RADIO_LOST,
        level="error",
        sentence=Sentence(
            fr="La radio n'est plus en service : rien n'est reçu ni émis.",
            en="The radio is not at work: nothing is received or transmitted.",
        ),
        details={"restarts": radio.restarts, "problem": discreet_or_none(radio.problem)},
        matter="radio",
    )


def _radio_deaf(_part: Part, signals: Signals, works: bool) -> Happening:
    """Being mended. Where it is not any more, it hears again, or nothing helped, which is told by itself."""
    sentence, details = _of_silence(signals, works=works, more=Sentence(fr="Réparation en cours.", en="Being mended."))
    return Happening(
        kind=Occurrence.RADIO_DEAF,
        level="info" if works else "error",
        sentence=sentence,
        details={"deaf": not works, **details},
        matter="radio deaf",
    )


def _radio_silent(_part: Part, signals: Signals, works: bool) -> Happening:
    sentence, details = _of_silence(
        signals, works=works, more=Sentence(fr="Aucune réparation n'a aidé.", en="No repair has helped.")
    )
    return _with_level(
        Occurrence.RADIO_SILENT, sentence, {"silent": not works, **details}, "radio silence", works=works
    )


def _of_silence(signals: Signals, *, works: bool, more: Sentence) -> tuple[Sentence, Details]:
    radio = signals.radio or _NO_RADIO
    silent_s, usual_s = round(radio.deaf_s or radio.silent_s or 0), round(radio.usual_silence_s or 0)
    details: Details = {"silent_s": silent_s, "usual_silence_s": usual_s}
    if works and radio.deafness is None:
        return Sentence(fr="La radio reçoit de nouveau.", en="The radio receives again."), details
    if works:
        return Sentence(fr="La réparation de la radio est finie.", en="The repair of the radio is over."), details
    sentence = Sentence(
        fr=f"La radio n'a rien reçu depuis {in_words(silent_s)} (silence habituel : {in_words(usual_s)}). {more.fr}",
        en=f"The radio has received nothing for {in_words(silent_s)} (usual silence: {in_words(usual_s)}). {more.en}",
    )
    return sentence, details


def _server(part: Part, signals: Signals, works: bool) -> Happening:
    server = next(each for each in signals.servers if each.name == part.server)
    matter = f"server {server.name}"
    if works:
        return Happening(
            kind=Occurrence.SERVER_CONNECTED,
            level="info",
            sentence=Sentence(
                fr=f"Le serveur de réseau {server.name} répond.", en=f"The network server {server.name} answers."
            ),
            details={"server": server.name},
            matter=matter,
        )
    unanswered_s = round(server.unanswered_s or 0, 1)
    return Happening(
        kind=Occurrence.SERVER_LOST,
        level="error",
        sentence=Sentence(
            fr=f"Le serveur de réseau {server.name} ne répond pas depuis {in_words(unanswered_s)}.",
            en=f"The network server {server.name} has not answered for {in_words(unanswered_s)}.",
        ),
        details={"server": server.name, "unanswered_s": unanswered_s, "patience_s": server.patience_s},
        matter=matter,
    )


def _clock(_part: Part, signals: Signals, works: bool) -> Happening:
    sentence = Sentence(fr="L'heure est sûre.", en="The time is sure.")
    if not works:
        sentence = Sentence(
            fr="L'heure n'est pas sûre : ni le GNSS ni la machine ne la donnent ; les dates des messages sont nulles.",
            en="The time is not sure: neither GNSS nor the host tells it; the dates of messages are null.",
        )
    kind = Occurrence.CLOCK_SURE if works else Occurrence.CLOCK_UNSURE
    return _with_level(kind, sentence, {"gnss": signals.gnss}, "clock", works=works)


def _power(_part: Part, _signals: Signals, works: bool) -> Happening:
    sentence = Sentence(fr="La tension d'alimentation est rétablie.", en="The supply voltage is restored.")
    if not works:
        sentence = Sentence(
            fr="La tension d'alimentation de la carte est trop basse.", en="The board's supply voltage is too low."
        )
    return _with_level(Occurrence.POWER, sentence, {"undervoltage": not works}, "power", works=works)


def _temperature(_part: Part, signals: Signals, works: bool) -> Happening:
    celsius = None if signals.temperature_c is None else round(signals.temperature_c, 1)
    degrees = "?" if celsius is None else f"{celsius:.0f}"
    sentence = Sentence(
        fr=f"La carte radio n'est plus trop chaude : {degrees} °C.",
        en=f"The radio board is not too hot any more: {degrees} °C.",
    )
    if not works:
        sentence = Sentence(
            fr=f"La carte radio est trop chaude : {degrees} °C.", en=f"The radio board is too hot: {degrees} °C."
        )
    details: Details = {"too_hot": not works, "temperature_c": celsius}
    return _with_level(Occurrence.TEMPERATURE, sentence, details, "temperature", works=works)


def _space(_part: Part, signals: Signals, works: bool) -> Happening:
    share = signals.disk_free_share or 0.0
    percent = f"{100 * share:.1f}"
    sentence = Sentence(
        fr=f"Le disque de l'état a de nouveau de la place : {percent.replace('.', ',')} % libre.",
        en=f"The state's disk has room again: {percent} % free.",
    )
    if not works:
        sentence = Sentence(
            fr=f"Le disque de l'état est presque plein : {percent.replace('.', ',')} % libre.",
            en=f"The state's disk is nearly full: {percent} % free.",
        )
    details: Details = {"nearly_full": not works, "free_share": round(share, 3)}
    return _with_level(Occurrence.DISK, sentence, details, "disk space", works=works)


def _records(_part: Part, signals: Signals, works: bool) -> Happening:
    problem = discreet(signals.disk_error or signals.accounts_error or "")
    sentence = Sentence(fr="L'état s'écrit de nouveau sur le disque.", en="State is written to the disk again.")
    if not works:
        sentence = Sentence(
            fr=f"L'état ne s'écrit plus sur le disque : {closed(problem)}",
            en=f"State cannot be written to the disk: {closed(problem)}",
        )
    return Happening(
        kind=Occurrence.DISK,
        level="info" if works else "error",
        sentence=sentence,
        details={"writable": works, "problem": problem or None, "accounts": signals.accounts_error is None},
        matter="disk writing",
    )


def _with_level(kind: Occurrence, sentence: Sentence, details: Details, matter: str, *, works: bool) -> Happening:
    """What packets still pass with: a warning."""
    return Happening(kind=kind, level="info" if works else "warning", sentence=sentence, details=details, matter=matter)


_OF_PARTS: Mapping[Detail, Callable[[Part, Signals, bool], Happening]] = {
    Detail.RADIO_LOST: _radio,
    Detail.RADIO_DEAF: _radio_deaf,
    Detail.RADIO_SILENT: _radio_silent,
    Detail.SERVERS_SILENT: _server,
    Detail.CLOCK_UNSURE: _clock,
    Detail.UNDERVOLTAGE: _power,
    Detail.TOO_HOT: _temperature,
    Detail.DISK_FULL: _space,
    Detail.RECORDS_NOT_KEPT: _records,
}
