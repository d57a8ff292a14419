"""From an endpoint to a connection: files, name, addresses, each within its time."""

import asyncio
from collections.abc import Callable

from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.credentials import Credentials, CredentialsError, read_credentials
from forwarder.basics_station.endpoint import Endpoint
from forwarder.basics_station.websocket import WebSocket
from forwarder.semtech_udp.address import Resolve

NewSocket = Callable[[Credentials], WebSocket | None]
"""Makes one for an attempt; None where nobody wants a connection any more."""


async def open_websocket(
    config: BasicsStationConfig, endpoint: Endpoint, resolve: Resolve, new_socket: NewSocket
) -> str | None:
    """Connect to the first of a server's addresses that lets us; why there is none, or None where all is well."""
    loop = asyncio.get_running_loop()
    ends_s = loop.time() + config.connect_timeout_s
    try:
        async with asyncio.timeout_at(ends_s):
            # Reading authorities and keys takes tens of milliseconds on a small board.
            credentials = await asyncio.to_thread(read_credentials, config, secure=endpoint.secure)
            addresses = await resolve(endpoint.host)
    except (CredentialsError, OSError) as error:
        return str(error) or "the name was not resolved in time"
    reasons = []
    for index, address in enumerate(addresses):
        socket = new_socket(credentials)
        if socket is None:
            return None
        try:
            # An equal share of the time that is left: the first address may be one that swallows everything.
            async with asyncio.timeout((ends_s - loop.time()) / (len(addresses) - index)):
                await socket.connect(address, credentials.tls)
        except (OSError, ValueError) as error:
            reasons.append(f"{address.host}: {str(error) or 'no answer in time'}")
        else:
            return None
    return ", ".join(reasons) or "the name has no address"
