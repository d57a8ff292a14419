"""The certificates that this gateway uses, and when they end."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from forwarder.basics_station.config import BasicsStationConfig
from gateway.config import Config
from gateway.config.chirpstack_section import ChirpstackMqttServer
from gateway.config.servers import ServerConfig
from gateway.link.certificates import CertificateFileError, ends_of
from gateway.link.operator.certificates import Certificate

if TYPE_CHECKING:
    from gateway.broker.client import Broker

SHOWN_BY_BROKER = "broker, as it shows it"

_log = structlog.get_logger()


def certificate_files(config: Config) -> dict[str, Path]:
    """Those that the configuration names, by what they are for."""
    tls = None if config.broker is None else config.broker.tls
    smtp = None if config.notices is None else config.notices.smtp
    webhook = None if config.notices is None else config.notices.webhook
    files: dict[str, Path | None] = {
        "broker.certificate_file": None if tls is None else tls.certificate_file,
        "broker.ca_file": None if tls is None else tls.ca_file,
        "notices.smtp.ca_file": None if smtp is None else smtp.ca_file,
        "notices.webhook.ca_file": None if webhook is None else webhook.ca_file,
    }
    for server in config.servers:
        files |= {f"server {server.name}: {key}": path for key, path in _of_server(server).items()}
    return {name: path for name, path in files.items() if path is not None}


def _of_server(server: ServerConfig) -> dict[str, Path | None]:
    if isinstance(server, ChirpstackMqttServer):
        tls = server.broker.tls
        return {} if tls is None else {"ca_file": tls.ca_file, "certificate_file": tls.certificate_file}
    if isinstance(server, BasicsStationConfig):
        return {"ca_file": _pem(server.ca_file), "certificate_file": _pem(server.certificate_file)}
    return {}


def _pem(path: str | None) -> Path | None:
    """Station's authorities may be in DER, which is not watched."""
    return None if path is None or path.endswith(".der") else Path(path)


class CertificateWatch:
    """Looks at them. A file that cannot be read is told once in the log, and has no end."""

    def __init__(self, files: Mapping[str, Path], broker: "Broker | None") -> None:
        self._files = files
        self._broker = broker
        self._failed: set[str] = set()

    async def look(self) -> tuple[Certificate, ...]:
        """All of them, and the one that the broker showed last."""
        found = [Certificate(name, await asyncio.to_thread(self._ends_of, name)) for name in self._files]
        shown_unix_s = None if self._broker is None else self._broker.state.certificate_ends_unix_s
        if shown_unix_s is not None:
            found.append(Certificate(SHOWN_BY_BROKER, shown_unix_s))
        return tuple(found)

    def _ends_of(self, name: str) -> int | None:
        try:
            ends_unix_s = ends_of(self._files[name])
        except CertificateFileError as error:
            if name not in self._failed:
                _log.warning("a certificate cannot be watched", key=name, reason=str(error))
            self._failed.add(name)
            return None
        self._failed.discard(name)
        return ends_unix_s
