"""Where the daemon gives its traffic to local tools, and what is said there besides traffic. Pure."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from gateway.config.sections import GatewaySection

SOCKET_NAME = "traffic.sock"
# systemd.exec(5), RuntimeDirectory=: the service is told, and whoever wants to connect is not.
RUNTIME_DIRECTORY = "RUNTIME_DIRECTORY"
SERVICE_RUNTIME_DIRECTORY = Path("/run/candelabre")


class Wishes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A client's first line."""

    payload: bool = False


class Refused(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The only line that a client gets who is not served."""

    refused: str


def served_path(state_dir: str, environ: Mapping[str, str], name: str = SOCKET_NAME) -> Path:
    """Where the daemon listens: in its runtime directory, in its state directory where it has none."""
    # Several directories are separated by colons.
    runtime = environ.get(RUNTIME_DIRECTORY, "").partition(":")[0]
    return Path(runtime or state_dir) / name


def paths_to_try(state_dir: str, environ: Mapping[str, str], name: str = SOCKET_NAME) -> tuple[Path, ...]:
    """Where the daemon of this configuration may listen, for a client that systemd does not tell."""
    paths = [served_path(state_dir, environ, name), Path(state_dir) / name]
    if state_dir == GatewaySection().state_dir:
        # Another state directory is that of another gateway than the service.
        paths.append(SERVICE_RUNTIME_DIRECTORY / name)
    return tuple(dict.fromkeys(paths))
