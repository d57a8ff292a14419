"""[metrics]: where the gateway's counters are served to Prometheus."""

import ipaddress
import re
from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.config.reader import Reader

Listen = Annotated[str, Meta(description='an IP address and a port, such as "127.0.0.1:9107" or "[::1]:9107"')]
_ADDRESS = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<four>[0-9.]{7,15})):(?P<port>[1-9][0-9]{0,4})")
LARGEST_PORT = 65_535


class MetricsSection(msgspec.Struct, frozen=True):
    """[metrics]: without this section nothing is served."""

    listen: Listen = "127.0.0.1:9107"


class MetricsSettings(msgspec.Struct, frozen=True):
    """The address and the port to serve at."""

    host: str
    port: int


def build_metrics(section: MetricsSection | None, reader: Reader) -> MetricsSettings | None:
    """What [metrics] comes to; None without it, or where the reader holds why not."""
    if section is None or reader.failed_at("metrics.listen"):
        return None
    found = _ADDRESS.fullmatch(section.listen)
    host = None if found is None else found["six"] or found["four"]
    if found is None or host is None or not _is_address(host) or int(found["port"]) > LARGEST_PORT:
        allowed = 'must be an IP address and a port from 1 to 65535, such as "127.0.0.1:9107" or "[::1]:9107"'
        reader.refuse("metrics.listen", section.listen, allowed)
        return None
    return MetricsSettings(host, int(found["port"]))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
