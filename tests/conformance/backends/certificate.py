"""Which certificate a server shows, and the files of it."""

import enum
from pathlib import Path

from tests.gateway.broker.certificates import Authority


class Certificate(enum.Enum):
    """One is right; each of the others is wrong in one way."""

    RIGHT = "right"
    UNTRUSTED = "untrusted"
    """Another authority vouches for it."""
    WRONG_NAME = "wrong name"
    EXPIRED = "expired"


class Wallet:
    """The authority that the gateway trusts, and every server certificate."""

    def __init__(self, directory: Path) -> None:
        self.authority = Authority(directory)
        self._other = Authority(directory, "other")

    def server(self, which: Certificate) -> tuple[Path, Path]:
        """A certificate and its key."""
        match which:
            case Certificate.RIGHT:
                return self.authority.issue("right")
            case Certificate.UNTRUSTED:
                return self._other.issue("untrusted")
            case Certificate.WRONG_NAME:
                return self.authority.issue("elsewhere", host="elsewhere.example")
            case Certificate.EXPIRED:
                return self.authority.issue("expired", days=-1)

    def client(self, name: str) -> tuple[Path, Path]:
        """A certificate by which the server knows who comes, and its key."""
        certificate, key = self.authority.issue(name)
        key.chmod(0o600)
        return certificate, key
