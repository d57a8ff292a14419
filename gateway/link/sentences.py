"""One sentence for each state of a link, in French and English, for an officer of a town hall.

It says how the link is and why, and what the host is doing about it or what the depositor can do. No jargon, and no
promise: the host commits itself to means and not to results (article 8).
"""

import datetime
from collections.abc import Mapping

from gateway.link.messages import Sentence
from gateway.link.state import Condition, Detail

_MONTHS_FR = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAY = datetime.timedelta(days=1)

SENTENCES: Mapping[Detail, Sentence] = {
    Detail.WORKING: Sentence(
        fr="La liaison fonctionne.",
        en="The link works.",
    ),
    Detail.RIGHT_ENDED: Sentence(
        fr=(
            "Votre droit d'utiliser le réseau a pris fin : les messages de vos capteurs ne sont plus transmis. "
            "Pour le renouveler, contactez la partie accueillante."
        ),
        en=(
            "Your right to use the network has ended: the messages of your sensors are no longer passed on. To "
            "renew it, contact the host."
        ),
    ),
    Detail.RIGHT_NOT_BEGUN: Sentence(
        fr=(
            "Votre droit d'utiliser le réseau n'a pas encore commencé : les messages de vos capteurs ne sont pas "
            "encore transmis."
        ),
        en="Your right to use the network has not begun yet: the messages of your sensors are not passed on so far.",
    ),
    Detail.RIGHT_SUSPENDED: Sentence(
        fr=(
            "La partie accueillante a suspendu votre accès au réseau : les messages de vos capteurs ne sont pas "
            "transmis. Pour toute question, contactez-la."
        ),
        en=(
            "The host has suspended your access to the network: the messages of your sensors are not passed on. "
            "If you have a question, contact the host."
        ),
    ),
    Detail.MAINTENANCE_INTERRUPTS: Sentence(
        fr=(
            "La liaison est interrompue par l'intervention annoncée : les messages de vos capteurs ne sont pas "
            "transmis pendant ce temps."
        ),
        en=(
            "The link is interrupted by the work that was announced: the messages of your sensors are not passed "
            "on meanwhile."
        ),
    ),
    Detail.MAINTENANCE: Sentence(
        fr="L'intervention annoncée est en cours : la liaison fonctionne, de courtes interruptions sont possibles.",
        en="The work that was announced is under way: the link works, and short interruptions are possible.",
    ),
    Detail.RADIO_LOST: Sentence(
        fr=(
            "La radio de la passerelle ne fonctionne plus : vos capteurs ne sont pas entendus. La passerelle "
            "essaie de la relancer."
        ),
        en="The gateway's radio has stopped working: your sensors are not heard. The gateway is trying to restart it.",
    ),
    Detail.RADIO_DEAF: Sentence(
        fr=(
            "La passerelle n'entend plus aucun capteur, alors qu'elle en entend d'ordinaire à cette heure : les vôtres "
            "ne sont pas entendus. Sa radio est sans doute en panne ; elle la relance d'elle-même, étape par étape."
        ),
        en=(
            "The gateway hears no sensor at all, though it usually does at this hour: yours are not heard. Its radio "
            "has probably failed; the gateway is restarting it by itself, step by step."
        ),
    ),
    Detail.RADIO_SILENT: Sentence(
        fr=(
            "La passerelle n'entend plus aucun capteur depuis un temps inhabituel, et remettre sa radio en marche n'y "
            "a rien changé : il est possible que les vôtres ne soient pas entendus. Vérifiez si vous recevez encore "
            "leurs mesures."
        ),
        en=(
            "The gateway has heard no sensor at all for unusually long, and restarting its radio has changed nothing: "
            "yours may not be heard. Check whether you still receive their measurements."
        ),
    ),
    Detail.ALL_UNREACHABLE: Sentence(
        fr=(
            "La passerelle n'a plus de connexion vers l'extérieur : les messages de vos capteurs ne peuvent pas "
            "être transmis pour le moment. Elle les garde autant que possible et essaie de la rétablir."
        ),
        en=(
            "The gateway has lost its connection to the outside: the messages of your sensors cannot be passed "
            "on for now. It keeps them as far as it can, and is trying to restore it."
        ),
    ),
    Detail.SERVERS_SILENT: Sentence(
        fr=(
            "Le serveur auquel vos messages sont destinés ne répond plus : ils ne peuvent pas être transmis. La "
            "passerelle les garde autant que possible et continue de l'appeler ; s'il est le vôtre, vérifiez qu'il "
            "fonctionne."
        ),
        en=(
            "The server that your messages are for has stopped answering: they cannot be passed on for now. The "
            "gateway keeps them as far as it can, and keeps calling it; if this server is yours, check that it works."
        ),
    ),
    Detail.SOME_SERVERS_SILENT: Sentence(
        fr=(
            "Un des serveurs auxquels vos messages sont destinés ne répond plus : ils sont transmis aux autres. "
            "La passerelle continue de l'appeler ; s'il est le vôtre, vérifiez qu'il fonctionne."
        ),
        en=(
            "One of the servers that your messages are for has stopped answering: they are passed on to the "
            "others. The gateway keeps calling it; if it is yours, check that it works."
        ),
    ),
    Detail.NO_POLICY: Sentence(
        fr=(
            "Les conditions d'utilisation du réseau ne sont pas valables en ce moment : les messages de vos "
            "capteurs ne sont pas transmis. Contactez la partie accueillante."
        ),
        en=(
            "The conditions of use of the network are not valid at the moment: the messages of your sensors are "
            "not passed on. Contact the host."
        ),
    ),
    Detail.UNDERVOLTAGE: Sentence(
        fr=(
            "L'alimentation électrique de la passerelle est trop faible : la liaison fonctionne, mais la "
            "passerelle pourrait s'arrêter. L'exploitant du réseau le voit."
        ),
        en=(
            "The gateway's electricity supply is too weak: the link works, but the gateway might stop. The "
            "operator of the network can see this."
        ),
    ),
    Detail.BROKER_LOST: Sentence(
        fr=(
            "La passerelle ne peut pas donner de nouvelles de la liaison : les messages de vos capteurs sont "
            "transmis. Elle essaie de rétablir ce canal."
        ),
        en=(
            "The gateway cannot tell how the link is: the messages of your sensors are passed on. It is trying to"
            " restore this channel."
        ),
    ),
    Detail.TOO_HOT: Sentence(
        fr=(
            "La passerelle est trop chaude : la liaison fonctionne, mais des capteurs éloignés peuvent être moins"
            " bien entendus. L'exploitant du réseau le voit."
        ),
        en=(
            "The gateway is too hot: the link works, but distant sensors may be heard less well. The operator of "
            "the network can see this."
        ),
    ),
    Detail.RECORDS_NOT_KEPT: Sentence(
        fr=(
            "La passerelle ne peut plus enregistrer ce qui est utilisé : la liaison fonctionne, mais le décompte "
            "de vos messages peut être incomplet. L'exploitant du réseau le voit."
        ),
        en=(
            "The gateway can no longer record what is used: the link works, but the count of your messages may be"
            " incomplete. The operator of the network can see this."
        ),
    ),
    Detail.DISK_FULL: Sentence(
        fr=(
            "La mémoire de la passerelle est presque pleine : la liaison fonctionne, mais des enregistrements "
            "pourraient manquer. L'exploitant du réseau le voit."
        ),
        en=(
            "The gateway's storage is almost full: the link works, but some records might be missing. The "
            "operator of the network can see this."
        ),
    ),
    Detail.CLOCK_UNSURE: Sentence(
        fr=(
            "La passerelle n'est pas sûre de l'heure : les messages de vos capteurs sont transmis, mais leur "
            "heure de réception peut manquer. Pour dater vos mesures, utilisez l'heure de votre serveur."
        ),
        en=(
            "The gateway is not sure of the time: the messages of your sensors are passed on, but the time of "
            "their reception may be missing. To date your measurements, use your server's time."
        ),
    ),
}


def sentence_of(condition: Condition, zone: datetime.tzinfo = datetime.UTC) -> Sentence:
    """What is told of a link, with the end that is planned, in `zone`, and the reason that the host gave."""
    sentence = SENTENCES[condition.detail]
    french, english = [sentence.fr], [sentence.en]
    if condition.until_unix_s is not None:
        local = datetime.datetime.fromtimestamp(condition.until_unix_s, zone)
        begins = condition.detail is Detail.RIGHT_NOT_BEGUN
        french.append(f"Début prévu : {_french(local)}." if begins else f"Fin prévue : {_french_end(local)}.")
        english.append(f"Planned begin: {_english(local)}." if begins else f"Planned end: {_english_end(local)}.")
    if condition.reason is not None:
        french.append(f"Motif indiqué : {_closed(condition.reason)}")
        english.append(f"Reason given: {_closed(condition.reason)}")
    return Sentence(fr=" ".join(french), en=" ".join(english))


def _french_end(local: datetime.datetime) -> str:
    """The last day, where it ends with a day."""
    return f"{_french(local - _DAY)} au soir" if _is_midnight(local) else _french(local)


def _english_end(local: datetime.datetime) -> str:
    return f"the end of {_english(local - _DAY)}" if _is_midnight(local) else _english(local)


def _french(local: datetime.datetime) -> str:
    day = "1er" if local.day == 1 else str(local.day)
    text = f"{day} {_MONTHS_FR[local.month - 1]} {local.year}"
    return text if _is_midnight(local) else f"{text} à {local.hour} h {local.minute:02d}"


def _english(local: datetime.datetime) -> str:
    text = f"{local.day} {_MONTHS_EN[local.month - 1]} {local.year}"
    return text if _is_midnight(local) else f"{text} at {local:%H:%M}"


def _is_midnight(local: datetime.datetime) -> bool:
    return local.time() == datetime.time.min


def _closed(reason: str) -> str:
    return reason if reason[-1:] in ".!?…" else f"{reason}."
