"""E-mail, by SMTP: with TLS, and with the server's certificate verified."""

import contextlib
import smtplib
import ssl

from forwarder.secret_file import SecretFileError
from gateway.broker.password import read_password
from gateway.notices.channel import ChannelError
from gateway.notices.deadline import ended_after
from gateway.notices.mail import mail_of
from gateway.notices.notice import Message
from gateway.notices.settings import SmtpSettings

LONGEST_CONVERSATION_S = 120.0
PERMANENT = 500


class SmtpChannel:
    """Sends e-mail."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    def send(self, message: Message, address: str, unix_s: int | None) -> None:
        """Have the server take it for one address. Raises ChannelError."""
        mail = mail_of(message, self._settings, address, unix_s)
        try:
            client = self._connected()
        except smtplib.SMTPException as error:
            raise _told(error) from error
        except (OSError, ValueError) as error:
            raise ChannelError(_network_reason(error)) from error
        try:
            with ended_after(LONGEST_CONVERSATION_S, lambda: client.sock):
                self._introduce(client)
                client.send_message(mail, self._settings.bounces_to or self._settings.sender, [address])
        except smtplib.SMTPException as error:
            raise _told(error) from error
        except (OSError, ValueError) as error:
            raise ChannelError(_network_reason(error)) from error
        finally:
            _close(client)

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.security == "tls":
            return smtplib.SMTP_SSL(settings.host, settings.port, timeout=settings.timeout_s, context=self._tls())
        return smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s)

    def _introduce(self, client: smtplib.SMTP) -> None:
        """Agree on encryption, never less than asked for, and then on who we are."""
        settings = self._settings
        if settings.security == "starttls":
            client.starttls(context=self._tls())
        if settings.username is None:
            return
        try:
            password = "" if settings.password_file is None else read_password(settings.password_file)
        except SecretFileError as error:
            raise ChannelError(str(error)) from error
        if not (settings.username + password).isascii():
            raise ChannelError("the password, or the user's name, has letters that SMTP does not know: ASCII only")
        client.login(settings.username, password)

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.ca_file)


def _close(client: smtplib.SMTP) -> None:
    """Say goodbye; what becomes of that does not change what was taken before."""
    with contextlib.suppress(smtplib.SMTPException, OSError), ended_after(5, lambda: client.sock):
        client.quit()
    client.close()


def _told(error: smtplib.SMTPException) -> ChannelError:
    """What the server answered. Not where it concerns a password: who knows what it repeats."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return ChannelError(f"the server does not accept user and password (code {error.smtp_code})")
        case smtplib.SMTPRecipientsRefused():
            code, text = next(iter(error.recipients.values()))
            return _answered(code, text)
        case smtplib.SMTPResponseException():
            return _answered(error.smtp_code, error.smtp_error)
        case smtplib.SMTPNotSupportedError():
            return ChannelError(f"the server cannot do what is asked of it: {error}", is_refusal=True)
        case _:
            return ChannelError(str(error) or type(error).__name__)


def _answered(code: int, text: bytes | str) -> ChannelError:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return ChannelError(f"the server answered {code} {words}", is_refusal=code >= PERMANENT)


def _network_reason(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate is not trusted: {error.verify_message}"
    reason = error.strerror if isinstance(error, OSError) else None
    return reason or str(error) or type(error).__name__
