"""Why there is no connection to a broker, in words."""

import ssl


class ConnectError(Exception):
    """There is no connection; the text says why. `spoke` where somebody answered, but not in this version of MQTT.

    `code` is the broker's own reason, where it gave one.
    """

    def __init__(self, reason: str, *, spoke: bool = False, code: int | None = None) -> None:
        self.spoke = spoke
        self.code = code
        super().__init__(reason)


def reason_of(error: Exception, host: str) -> str:
    """What went wrong on the way to a broker."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"the certificate of {host} is not trusted: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS: {error.reason or error}"
        case OSError():
            return error.strerror or str(error) or type(error).__name__
        case _:
            return str(error)
