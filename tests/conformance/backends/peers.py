"""The server's ends, by the protocol's name in the configuration."""

from collections.abc import Mapping

import pytest

from tests.conformance.backends.chirpstack_peer import ChirpstackPeer
from tests.conformance.backends.flags import FLAGS, Flag
from tests.conformance.backends.peer import Peer
from tests.conformance.backends.station_peer import StationPeer
from tests.conformance.backends.udp_peer import SemtechUdpPeer

PEERS: Mapping[str, type[Peer]] = {each.protocol: each for each in (SemtechUdpPeer, StationPeer, ChirpstackPeer)}


def having(flag: Flag) -> pytest.MarkDecorator:
    """Only those protocols that have it."""
    return pytest.mark.parametrize("peer", [name for name in PEERS if flag in FLAGS[name]], indirect=True)
