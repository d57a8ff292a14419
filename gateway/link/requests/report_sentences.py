"""What a depositor is told of its report, in French and English, for an officer of a town hall. No promise. Pure."""

from gateway.link.inbound import FAULTS, Fault
from gateway.link.messages import Sentence

MINUTE_MS = 60_000
LONGEST_IN_MINUTES = 120

RECEIVED = Sentence(
    "Votre signalement est enregistré et transmis à la partie accueillante.",
    "Your report has been kept, and shown to the host's operators.",
)
NOT_KEPT = Sentence(
    "La passerelle ne peut rien enregistrer en ce moment : votre signalement n'est pas pris en compte. Contactez la "
    "partie accueillante par téléphone ou par courriel.",
    "The gateway cannot record anything at the moment: your report was not taken. Contact the host by telephone or "
    "e-mail.",
)
BUSY = Sentence(
    "La passerelle reçoit trop de messages à la fois : votre signalement n'est pas enregistré. Renvoyez-le dans "
    "quelques minutes.",
    "The gateway is receiving too many messages at once: your report was not kept. Send it again in a few minutes.",
)
STOPPING = Sentence(
    "La passerelle est en train de s'arrêter : votre signalement n'est pas enregistré. Renvoyez-le quand elle est de "
    "retour, ou contactez la partie accueillante.",
    "The gateway is stopping: your report was not kept. Send it again when it is back, or contact the host.",
)


def unreadable(fault: Fault) -> Sentence:
    """That it was not understood, and who can mend that."""
    why = FAULTS[fault]
    return Sentence(
        f"{why.fr} Votre signalement n'est pas enregistré : la personne qui a réglé votre logiciel peut le corriger.",
        f"{why.en} Your report was not kept: whoever set up your software can mend that.",
    )


def too_many(wait_ms: int) -> Sentence:
    """That there were too many, and when to try again: after that, it is taken."""
    # A little longer is no harm, a little shorter is a second refusal.
    minutes = -(-wait_ms // MINUTE_MS)
    hours = -(-minutes // 60)
    if minutes <= LONGEST_IN_MINUTES:
        french, english = _counted(minutes, "minute"), _counted(minutes, "minute")
    else:
        french, english = f"{hours} heures", f"{hours} hours"
    return Sentence(
        f"Vous avez envoyé beaucoup de signalements en peu de temps : celui-ci n'est pas enregistré. Renvoyez-le dans "
        f"{french}. Si c'est urgent, contactez la partie accueillante.",
        f"You have sent many reports in a short time: this one was not kept. Send it again in {english}. If it is "
        f"urgent, contact the host.",
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
