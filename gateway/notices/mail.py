"""A message → the e-mail that carries it. Pure.

Nobody shall answer a machine: RFC 3834 has `Auto-Submitted` for that, Microsoft's servers `X-Auto-Response-Suppress`.
"""

import hashlib
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from gateway.notices.channel import ChannelError
from gateway.notices.notice import Message
from gateway.notices.settings import SmtpSettings


def mail_of(message: Message, settings: SmtpSettings, address: str, unix_s: int | None) -> EmailMessage:
    """The e-mail. Without a sure time it has no date, which the server that takes it then adds.

    Raises:
        ChannelError: the address is none that mail knows.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = address_of(settings.sender, settings.sender_name)
    mail["To"] = address_of(address)
    mail["Subject"] = message.subject
    if unix_s is not None:
        mail["Date"] = format_datetime(datetime.fromtimestamp(unix_s, UTC))
    domain = settings.sender.rpartition("@")[2]
    mail["Message-ID"] = f"<{_token(message.id)}@{domain}>"
    # One thread for each matter, though its first message has another identity.
    mail["References"] = f"<{_token('matter ' + message.incident_id)}@{domain}>"
    mail["X-Candelabre-Notices"] = " ".join(f"{notice.number}={notice.id}" for notice in message.notices)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["Content-Language"] = message.language
    mail.set_content(message.text, charset="utf-8", cte="quoted-printable")
    return mail


def address_of(text: str, name: str = "") -> Address:
    """An address, with whatever it needs to stand in a header.

    Raises:
        ChannelError: it is none that mail knows.
    """
    user, _, domain = text.rpartition("@")
    try:
        return Address(name, user, domain)
    except (HeaderParseError, ValueError, IndexError) as error:
        raise ChannelError("an address is none that e-mail knows", is_refusal=True) from error


def _token(identity: str) -> str:
    """What can stand in a Message-ID, whatever an identity is made of."""
    return hashlib.sha256(identity.encode()).hexdigest()[:32]
