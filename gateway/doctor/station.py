"""Servers of Basics Station's: the LNS's discovery, and CUPS. Both are questions that change nothing at the server."""

import asyncio
from collections.abc import Sequence

import msgspec

from forwarder.backend import BackendCounters
from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.credentials import Credentials
from forwarder.basics_station.cups_client import CupsError, ask_cups
from forwarder.basics_station.cups_config import CupsConfig
from forwarder.basics_station.cups_messages import Held, question, read_answer
from forwarder.basics_station.endpoint import Endpoint
from forwarder.basics_station.json_values import MalformedMessageError
from forwarder.basics_station.server_messages import (
    DiscoveryRefusedError,
    StationVersion,
    discovery_text,
    read_discovery,
)
from forwarder.basics_station.websocket import WebSocket
from forwarder.semtech_udp.address import ServerAddress
from gateway.doctor.fault import Fault
from gateway.doctor.reaching import Missed

ANSWER_S = 8.0
# As that of a gateway which holds nothing yet.
NO_CHECKSUM = 0


class _Discovery:
    """Asks where this gateway's data are to go, and waits for the answer; a `Listener`."""

    def __init__(self, gateway_eui: int) -> None:
        self._text = discovery_text(gateway_eui)
        self.outcome: asyncio.Future[Missed | None] = asyncio.get_running_loop().create_future()

    def _end(self, outcome: Missed | None) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)

    def opened(self, socket: WebSocket) -> None:
        """See `Listener`."""
        socket.send(self._text)

    def received(self, socket: WebSocket, message: str | bytes) -> None:
        """See `Listener`."""
        try:
            read_discovery(message)
        except DiscoveryRefusedError as error:
            self._end(Missed(Fault.LNS_UNKNOWN_GATEWAY, str(error)))
        except MalformedMessageError as error:
            self._end(Missed(Fault.LNS_FAILS, str(error)))
        else:
            self._end(None)
        socket.end()

    def ponged(self, socket: WebSocket, payload: bytes) -> None:
        """See `Listener`."""

    def pinged(self, socket: WebSocket) -> None:
        """See `Listener`."""

    def paused(self, socket: WebSocket, *, paused: bool) -> None:
        """See `Listener`."""

    def closed(self, socket: WebSocket, reason: str) -> None:
        """See `Listener`."""
        status = socket.refused_status
        self._end(Missed(Fault.LNS_FAILS, reason) if status is None else Missed(Fault.LNS_REFUSES, str(status)))


async def discover(
    endpoint: Endpoint, credentials: Credentials, address: ServerAddress, gateway_eui: int
) -> Missed | None:
    """Ask an LNS; None where it gave an address."""
    discovery = _Discovery(gateway_eui)
    socket = WebSocket(endpoint, credentials.headers, discovery, BackendCounters())
    try:
        async with asyncio.timeout(ANSWER_S):
            await socket.connect(address, credentials.tls)
            return await discovery.outcome
    except TimeoutError:
        return Missed(Fault.LNS_FAILS, "no answer in time")
    except (OSError, ValueError) as error:
        return Missed(Fault.LNS_FAILS, str(error) or type(error).__name__)
    finally:
        socket.abort()


def cups_connection(config: BasicsStationConfig, cups: CupsConfig) -> BasicsStationConfig:
    """How a CUPS server is connected to: with its own files."""
    return msgspec.structs.replace(
        config,
        ca_file=cups.ca_file,
        certificate_file=cups.certificate_file,
        key_file=cups.key_file,
        token_file=cups.token_file,
    )


async def ask_for_update(
    config: BasicsStationConfig, cups: CupsConfig, addresses: Sequence[ServerAddress], gateway_eui: int
) -> Missed | None:
    """Ask a CUPS server what it would change; None where it answered. The answer is thrown away."""
    nothing = Held("", NO_CHECKSUM)
    body = question(gateway_eui, StationVersion(), nothing, nothing, ())

    async def resolve(_host: str) -> Sequence[ServerAddress]:
        return addresses

    try:
        read_answer(await ask_cups(cups_connection(config, cups), cups.endpoint, body, resolve, ANSWER_S))
    except CupsError as error:
        return Missed(Fault.CUPS_REFUSES if error.refused else Fault.CUPS_FAILS, str(error))
    except MalformedMessageError as error:
        return Missed(Fault.CUPS_FAILS, str(error))
    return None
