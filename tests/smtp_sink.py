"""A real SMTP server on a loopback port of its own, which keeps what it takes and fails as it is told to."""

import base64
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Literal

import msgspec

Fault = Literal["none", "hang_up", "refuse_later", "refuse", "refuse_data", "take_and_hang_up", "silent"]
"""hang_up: at the greeting; take_and_hang_up: the message is taken, and nobody is told."""
PATIENCE_S = 30


class Letter(msgspec.Struct, frozen=True):
    """What was taken: the envelope and the e-mail."""

    sender: str
    recipient: str
    content: bytes
    encrypted: bool
    user: str | None

    @property
    def mail(self) -> EmailMessage:
        """The e-mail, decoded."""
        return message_from_bytes(self.content, policy=default)

    @property
    def text(self) -> str:
        """What a person reads."""
        return str(self.mail.get_content()).replace("\r\n", "\n")


class SmtpSink:
    """Takes mail. `fault` is asked at each connection. TLS comes by STARTTLS, or at once where it is `implicit`."""

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        *,
        implicit: bool = False,
        offers_tls: bool = True,
        users: dict[str, str] | None = None,
        fault: Callable[[], Fault] = lambda: "none",
    ) -> None:
        self.tls = tls
        self.implicit = implicit
        self.offers_tls = offers_tls and tls is not None and not implicit
        self.users = users
        self.fault = fault
        self.letters: list[Letter] = []
        self.connections = 0
        self.commands: list[str] = []
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.sink = self
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> "SmtpSink":
        """It listens when this returns."""
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """It is gone when this returns."""
        self._server.shutdown()
        self._server.server_close()

    def take(self, letter: Letter) -> None:
        """Keep it."""
        with self.lock:
            self.letters.append(letter)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    sink: SmtpSink

    def handle_error(self, *_: object) -> None:
        """A client that goes away is none of our business."""


class _Handler(socketserver.BaseRequestHandler):
    server: _Server
    request: socket.socket

    def setup(self) -> None:
        """Read what comes in clear at first."""
        self._file = self.request.makefile("rb")

    def handle(self) -> None:
        sink = self.server.sink
        with sink.lock:
            sink.connections += 1
            self._fault = sink.fault()
        if self._fault == "hang_up":
            return
        self._encrypted, self._sender, self._recipient = False, "", ""
        self._user: str | None = None
        self.request.settimeout(PATIENCE_S)
        if sink.implicit and sink.tls is not None:
            self._encrypt(sink.tls)
        if self._fault == "silent":
            self._file.readline()
            return
        self._say("220 sink.example ready")
        while line := self._file.readline():
            if not self._obey(line.decode().rstrip("\r\n")):
                return

    def finish(self) -> None:
        """Close what was opened on the way."""
        self._file.close()
        self.request.close()

    def _encrypt(self, tls: ssl.SSLContext) -> None:
        self._file.close()
        self.request = tls.wrap_socket(self.request, server_side=True)
        self._file = self.request.makefile("rb")
        self._encrypted = True

    def _say(self, *lines: str) -> None:
        self.request.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def _obey(self, line: str) -> bool:
        sink, verb = self.server.sink, line.partition(" ")[0].upper()
        with sink.lock:
            sink.commands.append(verb)
        match verb:
            case "EHLO":
                tls = ["250-STARTTLS"] if sink.offers_tls and not self._encrypted else []
                auth = ["250-AUTH PLAIN"] if sink.users is not None else []
                self._say("250-sink.example", *tls, *auth, "250 8BITMIME")
            case "STARTTLS" if sink.tls is not None:
                self._say("220 go ahead")
                self._encrypt(sink.tls)
            case "AUTH":
                self._log_in(line)
            case "MAIL":
                self._sender = _address(line)
                self._say("530 who are you?" if sink.users is not None and self._user is None else "250 ok")
            case "RCPT":
                self._recipient = _address(line)
                self._say({"refuse": "550 no such user", "refuse_later": "451 later"}.get(self._fault, "250 ok"))
            case "DATA":
                return self._read_letter()
            case "QUIT":
                self._say("221 bye")
                return False
            case _:
                self._say("250 ok")
        return True

    def _log_in(self, line: str) -> None:
        users = self.server.sink.users or {}
        _, user, password = base64.b64decode(line.rpartition(" ")[2]).decode().split("\0")
        if users.get(user) == password:
            self._user = user
            self._say("235 welcome")
        else:
            self._say(f"535 wrong: {user} {password}")

    def _read_letter(self) -> bool:
        if self._fault == "refuse_data":
            self._say("554 not this one")
            return True
        self._say("354 go ahead")
        lines: list[bytes] = []
        while (line := self._file.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line.removeprefix(b"."))
        letter = Letter(self._sender, self._recipient, b"".join(lines), self._encrypted, self._user)
        self.server.sink.take(letter)
        if self._fault == "take_and_hang_up":
            return False
        self._say("250 taken")
        return True


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]
