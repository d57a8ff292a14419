"""Where the reference recordings are."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The directory of the reference recordings; tests that need it are skipped where it is absent."""
    beside_the_repo = Path(__file__).parents[3] / "shared"
    directory = Path(os.environ.get("CANDELABRE_SHARED", beside_the_repo)) / "oracle"
    if not directory.is_dir():
        pytest.skip(f"no reference recordings in {directory} (set CANDELABRE_SHARED)")
    return directory
