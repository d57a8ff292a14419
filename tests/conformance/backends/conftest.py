"""A scenario is told once for each protocol: `peer` is its server's end."""

from pathlib import Path

import pytest

from tests.conformance.backends.peer import Peer
from tests.conformance.backends.peers import PEERS


@pytest.fixture(params=PEERS)
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Peer:
    return PEERS[request.param](tmp_path)
