"""The notices in French, for an officer of a town hall: no jargon, and no promise of results (article 8)."""

from gateway.notices.news import Matter
from gateway.notices.notice import Kind
from gateway.notices.wording import Answers, CombinedWords, Headings, LinkWords, TimeWords, Wording
from gateway.policy.text.rights import Ending

_WAIT = (
    "Vous n'avez rien à faire sur vos capteurs. Si une mesure est importante pour vous, prévoyez un relevé par un "
    "autre moyen."
)

FRENCH = Wording(
    language="fr",
    headings=Headings(
        happening="CE QUI SE PASSE",
        happened="CE QUI S'EST PASSÉ",
        since="DEPUIS QUAND",
        from_to="DE QUAND À QUAND",
        when="QUAND",
        affected="CE QUI EST CONCERNÉ",
        host="CE QUE FAIT LA PARTIE ACCUEILLANTE",
        depositor="CE QUE VOUS POUVEZ FAIRE",
    ),
    kinds={
        Kind.OPENED: "début",
        Kind.UPDATED: "évolution",
        Kind.REMINDED: "toujours en cours",
        Kind.CLOSED: "fin",
        Kind.ACKNOWLEDGED: "reçu",
    },
    announced="annonce",
    matters={
        Matter.LINK: "réseau perturbé",
        Matter.PAST_OUTAGE: "passerelle arrêtée",
        Matter.MAINTENANCE: "intervention sur le réseau",
        Matter.RIGHT_ENDING: "échéance",
        Matter.NEAR_LIMIT: "limite bientôt atteinte",
        Matter.REFUSALS: "messages non transmis",
        Matter.OVER_LIMITS: "messages au-delà des limites",
        Matter.REPORT: "votre signalement",
    },
    title="{matter} ({kind})",
    remarks={
        Kind.CLOSED: "C'est terminé.",
        Kind.REMINDED: "La situation dure encore.",
        Kind.UPDATED: "La situation a changé.",
    },
    found_before="Il avait été constaté ceci : {what}",
    reason="Motif indiqué par la partie accueillante : {reason}",
    flapping=(
        "Cela s'est produit {times} fois. Pour ne pas multiplier les messages, tout cela compte comme un seul incident."
    ),
    count="- {count} : {reason}",
    devices="Capteurs concernés :",
    more_devices="- et d'autres",
    answers={
        Matter.LINK: Answers(
            "Un problème a été constaté sur le réseau.",
            "Les messages de vos capteurs peuvent être concernés.",
            "La partie accueillante surveille la passerelle.",
            _WAIT,
        ),
        Matter.PAST_OUTAGE: Answers(
            "La passerelle s'est arrêtée. Elle ne pouvait pas vous en informer avant de fonctionner à nouveau.",
            "Pendant l'arrêt, cette passerelle n'entendait pas vos capteurs.",
            "La passerelle a redémarré d'elle-même et reste surveillée.",
            "Vérifiez que vos capteurs donnent de nouveau de leurs nouvelles. Sinon, signalez-le.",
        ),
        Matter.MAINTENANCE: Answers(
            "Intervention de la partie accueillante sur le réseau.",
            "Pendant l'intervention, les messages de vos capteurs peuvent ne pas être transmis.",
            "La partie accueillante vous informe aussi de la fin de l'intervention.",
            "Si ce moment vous gêne, contactez la partie accueillante.",
        ),
        Matter.RIGHT_ENDING: Answers(
            "Ce qui suit arrive à échéance :",
            "Sans renouvellement, les messages de vos capteurs ne sont plus transmis après cette date.",
            "La partie accueillante applique la convention et vous prévient avant l'échéance.",
            "Pour continuer à utiliser le réseau, contactez la partie accueillante avant cette date.",
        ),
        Matter.NEAR_LIMIT: Answers(
            "Une grande part de ce qui est convenu est déjà utilisée.",
            "Une fois la limite atteinte, les messages en trop peuvent ne pas être transmis.",
            "La partie accueillante compte ce qui est utilisé, comme convenu.",
            (
                "Vérifiez que vos capteurs n'émettent pas plus que nécessaire. Si votre besoin a changé, contactez la "
                "partie accueillante."
            ),
        ),
        Matter.REFUSALS: Answers(
            "Des messages de vos capteurs n'ont pas été transmis. Nombre de messages et raisons :",
            "Ces messages ne vous ont pas été transmis par cette passerelle.",
            "La partie accueillante applique les conditions d'utilisation convenues et compte chaque refus.",
            (
                "Vérifiez le réglage de ces capteurs. Si les conditions ne correspondent plus à votre besoin, "
                "contactez la partie accueillante."
            ),
        ),
        Matter.OVER_LIMITS: Answers(
            "Des messages de vos capteurs dépassent ce qui est convenu. Nombre de messages et raisons :",
            "Ces messages ont été comptés et transmis tout de même.",
            "La partie accueillante observe ce qui est utilisé, sans rien refuser pour cette raison.",
            (
                "Vérifiez le réglage de ces capteurs. Si les conditions ne correspondent plus à votre besoin, "
                "contactez la partie accueillante."
            ),
        ),
        Matter.REPORT: Answers(
            "Le problème que vous avez signalé est enregistré.",
            "Ce que votre signalement décrit.",
            "Le signalement est transmis à l'exploitant du réseau.",
            "Gardez la référence de ce message et donnez-la pour toute question ou précision.",
        ),
    },
    endings={
        Ending.DOCUMENT: "les conditions d'utilisation en vigueur",
        Ending.CONVENTION: "la convention",
        Ending.RIGHT: "votre droit d'utiliser le réseau",
        Ending.CONSENT: "votre accord pour que la partie accueillante utilise vos données",
        Ending.SUSPENSION: "la suspension de votre accès",
    },
    of_group="groupe {group}",
    ending_over="L'échéance est passée, ou elle a été repoussée.",
    consent_ending=Answers(
        "Ce que vous avez accordé à la partie accueillante arrive à échéance :",
        "Vos messages continuent d'être transmis. Après cette date, la partie accueillante n'utilise plus vos données.",
        "La partie accueillante s'en tient à ce que vous avez accordé.",
        "Pour prolonger votre accord, contactez la partie accueillante. Sinon, vous n'avez rien à faire.",
    ),
    link=LinkWords(
        states={
            "down": "réseau interrompu",
            "degraded": "réseau perturbé",
            "suspended": "accès suspendu",
            "up": "réseau en service",
        },
        affected={
            "down": "Les messages de vos capteurs ne passent pas par cette passerelle pour l'instant.",
            "degraded": "Les messages de vos capteurs passent par cette passerelle, avec des limites.",
            "suspended": "Les messages de vos capteurs ne sont pas transmis par cette passerelle pour l'instant.",
            "up": "Les messages de vos capteurs passent par cette passerelle.",
            "down/radio": (
                "Cette passerelle n'entend pas vos capteurs. Leurs messages ne vous parviennent que si une autre "
                "passerelle les entend."
            ),
            "down/backhaul": (
                "Les messages de vos capteurs ne peuvent pas quitter cette passerelle pour le moment. Elle les garde "
                "autant que possible et les transmettra plus tard ; les demandes de connexion ne peuvent pas attendre."
            ),
            "down/network_server": (
                "Le serveur auquel vos messages sont destinés ne répond pas à cette passerelle, qui garde vos messages "
                "autant que possible et les transmettra plus tard ; les demandes de connexion ne peuvent pas attendre."
            ),
            "down/power": "Sans électricité, cette passerelle n'entend pas vos capteurs.",
            "down/policy": (
                "Les conditions d'utilisation du réseau ne sont pas valides à ce jour : les messages de vos capteurs "
                "ne sont pas transmis."
            ),
            "degraded/radio": "Une partie des messages de vos capteurs peut ne pas être entendue.",
            "degraded/backhaul": (
                "Les messages de vos capteurs passent. Les informations sur l'état du réseau peuvent arriver en retard."
            ),
            "degraded/network_server": (
                "Un serveur auquel vos messages sont destinés ne répond pas à cette passerelle. Les autres reçoivent "
                "vos messages."
            ),
            "degraded/power": "Les messages de vos capteurs passent, mais la passerelle peut s'arrêter.",
            "degraded/clock": (
                "Les messages de vos capteurs passent. L'heure qui les accompagne peut manquer ou être fausse."
            ),
            "degraded/policy": (
                "Les messages de vos capteurs passent. Le décompte de ce qui est utilisé peut être incomplet."
            ),
            "degraded/maintenance": (
                "Une intervention est en cours. Les messages de vos capteurs passent ; des coupures sont possibles."
            ),
            "suspended/policy": (
                "Votre droit d'utiliser le réseau ne s'applique pas en ce moment : les messages de vos capteurs ne "
                "sont pas transmis."
            ),
            "suspended/maintenance": (
                "Une intervention est en cours : les messages de vos capteurs ne sont pas transmis par cette "
                "passerelle."
            ),
        },
        host={
            "": "La partie accueillante surveille la passerelle.",
            "radio": (
                "La passerelle redémarre sa radio d'elle-même. Si cela ne suffit pas, une intervention sur place est "
                "nécessaire."
            ),
            "backhaul": "La passerelle tente sans cesse de rétablir la liaison.",
            "network_server": "La passerelle continue d'appeler le serveur et reprend dès qu'il répond.",
            "power": (
                "La passerelle surveille son alimentation électrique et signale le défaut à l'exploitant du réseau."
            ),
            "clock": "La passerelle cherche l'heure exacte. Tant qu'elle n'en est pas sûre, elle ne l'indique pas.",
            "policy": "La partie accueillante applique les conditions d'utilisation convenues.",
            "maintenance": "La partie accueillante intervient et vous informe de la fin de l'intervention.",
        },
        depositor={
            "": _WAIT,
            "radio": _WAIT,
            "backhaul": _WAIT,
            "network_server": (
                f"Si ce serveur est le vôtre, vérifiez qu'il fonctionne. Sinon : {_WAIT[0].lower()}{_WAIT[1:]}"
            ),
            "power": _WAIT,
            "clock": "Pour dater vos mesures, utilisez l'heure de votre serveur ou celle du capteur.",
            "policy": "Si vous pensez qu'il s'agit d'une erreur, contactez la partie accueillante.",
            "maintenance": _WAIT,
        },
    ),
    over=Answers(
        "C'est terminé.",
        "Des messages émis par vos capteurs pendant ce temps peuvent ne pas vous être parvenus.",
        "La passerelle a repris son fonctionnement et reste surveillée.",
        "Vérifiez que vos capteurs donnent de nouveau de leurs nouvelles. Sinon, signalez-le.",
    ),
    combined=CombinedWords(
        merged="Ce message en remplace {count}, qui n'ont pas pu vous parvenir plus tôt :",
        rolled_up=(
            "Messages réunis en un seul : {count}. Ils n'ont pas pu vous parvenir plus tôt, ou ont été retenus pour ne "
            "pas vous submerger."
        ),
        rolled_up_subject="messages réunis ({count})",
        lost="Messages plus anciens qui n'ont pas pu être conservés, faute de place : {count}.",
        item="- {reference} : {sentence} ({times})",
        latest="Voici le dernier en entier :",
        times_in="Fuseau horaire : {timezone}.",
    ),
    time=TimeWords(
        months=(
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ),
        first_day="1er",
        moment="{day} {month} {year} à {clock} ({zone})",
        short="%d/%m/%Y %H:%M",
        unknown="inconnu (l'horloge de la passerelle n'était pas sûre)",
        begin="Début : {moment}",
        planned_begin="Début prévu : {moment}",
        detected="Constaté : {moment}",
        end="Fin : {moment}",
        planned_end="Fin prévue : {moment}",
        open_end="Fin : pas encore connue",
        lasted="Durée : {duration}",
        received="Reçu : {moment}",
        days="j",
    ),
    sender="{host} - réseau LoRaWAN, passerelle {gateway}",
    questions="Pour toute question ou pour signaler un problème :",
    footer="Référence {incident}, message n° {number}, passerelle {eui}.",
    automatic="Ce message est envoyé automatiquement. Les réponses à cette adresse ne sont pas lues.",
    means=(
        "Pour ce réseau, la partie accueillante s'engage sur les moyens mis en œuvre et non sur les résultats "
        "(article 8 de la convention)."
    ),
    spaced={
        " :": "\N{NO-BREAK SPACE}:",
        " ;": "\N{NO-BREAK SPACE};",
        " ?": "\N{NO-BREAK SPACE}?",
        " !": "\N{NO-BREAK SPACE}!",
        " %": "\N{NO-BREAK SPACE}%",
        "n° ": "n°\N{NO-BREAK SPACE}",
    },
)
