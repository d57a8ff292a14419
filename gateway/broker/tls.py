"""What a connection by TLS is made with. There is no way to leave the broker's certificate unchecked."""

import ssl
from pathlib import Path

from forwarder.secret_file import SecretFileError, secret_path
from gateway.broker.settings import Tls


class _ClosedOnFailure(ssl.SSLSocket):
    """paho-mqtt leaves a socket open whose handshake has failed."""

    def do_handshake(self, block: bool = False) -> None:
        """Agree on keys, or close."""
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def tls_context(tls: Tls) -> ssl.SSLContext:
    """Read the files.

    Raises:
        OSError: one of them cannot be read or used.
        ValueError: the private key has a password, or systemd hands none over.
    """
    context = ssl.create_default_context(cafile=tls.ca_file)
    context.sslsocket_class = _ClosedOnFailure
    if tls.certificate_file is not None:
        context.load_cert_chain(tls.certificate_file, _key_file(tls), password=_no_password)
    return context


def _key_file(tls: Tls) -> Path | None:
    try:
        return None if tls.key_file is None else secret_path(str(tls.key_file))
    except SecretFileError as error:
        raise ValueError(str(error)) from error


def certificate_ends_unix_s(sock: object) -> int | None:
    """When the certificate that the other end of a connection showed ends; None without TLS."""
    certificate = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
    return ssl.cert_time_to_seconds(str(certificate["notAfter"])) if certificate else None


def _no_password() -> str:
    """Never ask a terminal for the password of a key: there is nobody there."""
    raise ValueError("the private key has a password: only keys without one can be used")
