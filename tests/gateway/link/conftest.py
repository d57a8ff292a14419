"""What several modules of these tests begin with."""

import pytest

from tests.gateway.link.incident_rig import Diary


@pytest.fixture
def diary() -> Diary:
    """Nothing has happened yet."""
    return Diary()
