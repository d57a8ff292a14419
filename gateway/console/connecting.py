"""A connection to the running gateway's console, or what to do where there is none, in words for who stands there."""

import contextlib
import socket
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gateway.console.lines import Wishes
from gateway.language import Language
from gateway.traffic.first_answering import NobodyAnswersError, first_answering, group_of


class ConsoleError(Exception):
    """There is no answer from a gateway."""

    def in_words(self, language: Language) -> str:
        """What is wrong, and the remedy."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.in_words("en")


class NoGatewayError(ConsoleError):
    """Nobody listens at any of these sockets: the service is not running."""

    def __init__(self, tried: Sequence[Path]) -> None:
        super().__init__()
        self.tried = tuple(tried)

    def in_words(self, language: Language) -> str:
        """See `ConsoleError`."""
        if language == "fr":
            tried = " ni à ".join(map(str, self.tried))
            return (
                f"Aucune passerelle ne répond à {tried} : le service n'est pas démarré. Démarrez-le "
                "(sudo systemctl start candelabre), ou indiquez sa configuration avec --config. S'il tourne, son "
                "journal dit pourquoi la console manque (journalctl -u candelabre)."
            )
        tried = " or ".join(map(str, self.tried))
        return (
            f"No gateway answers at {tried}: the service is not running. Start it (sudo systemctl start candelabre), "
            "or name its configuration with --config. If it runs, its log says why there is no console "
            "(journalctl -u candelabre)."
        )


class NotPermittedError(ConsoleError):
    """The socket is not for this user; `group` may connect, None where that is root's alone."""

    def __init__(self, path: Path, group: str | None) -> None:
        super().__init__()
        self.path = path
        self.group = group

    def in_words(self, language: Language) -> str:
        """See `ConsoleError`."""
        if language == "fr":
            joined = f", ou ajoutez-vous au groupe {self.group} (sudo usermod -aG {self.group} NOM) et reconnectez-vous"
            remedy = f"lancez cette commande avec sudo{joined if self.group else ''}"
            return f"Vous n'avez pas le droit de vous connecter à {self.path} : {remedy}."
        joined = f", or become a member of the group {self.group} (sudo usermod -aG {self.group} NAME) and log in again"
        remedy = f"run this command with sudo{joined if self.group else ''}"
        return f"You may not connect to {self.path}: {remedy}."


class RefusedByGatewayError(ConsoleError):
    """The gateway answers, and refuses; `reason` is its own, in English."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason

    def in_words(self, language: Language) -> str:
        """See `ConsoleError`."""
        if language == "fr":
            return f"La passerelle refuse : {self.reason}. Fermez une autre console, puis recommencez."
        return f"The gateway refuses: {self.reason}. Close another console, and try again."


class GarbledError(ConsoleError):
    """Something answers that says nothing sensible, or nothing in time."""

    def in_words(self, language: Language) -> str:
        """See `ConsoleError`."""
        if language == "fr":
            return (
                "La passerelle ne donne pas de réponse lisible : elle est bloquée, s'arrête, ou n'est pas de la même "
                "version que cette commande. Recommencez ; sinon redémarrez-la (sudo systemctl restart candelabre)."
            )
        return (
            "The gateway gives no answer that can be read: it is stuck, is stopping, or has another version than this "
            "command. Try again; else restart it (sudo systemctl restart candelabre)."
        )


def connect(paths: Sequence[Path], wishes: Wishes) -> socket.socket:
    """Tell the first gateway that answers what is wanted. Raises ConsoleError."""
    try:
        connection = first_answering(paths)
    except NobodyAnswersError as error:
        if error.forbidden is not None:
            raise NotPermittedError(error.forbidden, group_of(error.forbidden)) from error
        raise NoGatewayError(error.tried) from error
    except OSError as error:
        raise GarbledError from error
    # A gateway that refuses does not listen: its reason is there to be read all the same.
    with contextlib.suppress(ConnectionError):
        connection.sendall(msgspec.json.encode(wishes) + b"\n")
    return connection
