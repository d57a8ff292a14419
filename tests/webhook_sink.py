"""A real HTTPS server on a loopback port of its own, which keeps what is posted to it and fails as it is told to."""

import http.server
import ssl
import threading
from collections.abc import Callable
from typing import Any

import msgspec

HANG_UP = 0
"""In the place of a status: nothing is taken, and nothing said."""
TAKE_AND_HANG_UP = -1
"""The message is taken, and nobody is told."""
ENDLESS = -2
"""An answer that never ends."""


class Request(msgspec.Struct, frozen=True):
    """What was posted; header names in lower case."""

    target: str
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def content(self) -> Any:
        """The body, decoded."""
        return msgspec.json.decode(self.body)


class WebhookSink:
    """Takes requests. `answer` gives the status of each, and more headers."""

    def __init__(
        self, tls: ssl.SSLContext, answer: Callable[[], tuple[int, dict[str, str]]] = lambda: (204, {})
    ) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.sink = self
        self._server.tls = tls
        self.port = int(self._server.server_address[1])
        self.url = f"https://127.0.0.1:{self.port}/notices?key=secret"

    def __enter__(self) -> "WebhookSink":
        """It listens when this returns."""
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """It is gone when this returns."""
        self._server.shutdown()
        self._server.server_close()

    def taken(self) -> list[Request]:
        """What was taken, though nobody may have been told."""
        with self.lock:
            return [each for each in self.requests if 200 <= each.status < 300 or each.status == TAKE_AND_HANG_UP]


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    sink: WebhookSink
    tls: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Speak TLS in the thread of the connection."""
        request.settimeout(30)
        with self.tls.wrap_socket(request, server_side=True) as encrypted:
            super().finish_request(encrypted, client_address)

    def handle_error(self, *_: object) -> None:
        """A client that goes away is none of our business."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            return  # who posted it is gone, and with it the rest
        headers = {name.lower(): value for name, value in self.headers.items()}
        sink = self.server.sink
        with sink.lock:
            status, more = sink.answer()
            sink.requests.append(Request(self.path, headers, body, status))
        if status in {HANG_UP, TAKE_AND_HANG_UP}:
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(200 if status == ENDLESS else status)
        for name, value in more.items():
            self.send_header(name, value)
        if status == ENDLESS:
            self.end_headers()
            while True:
                self.wfile.write(bytes(65_536))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
