"""The reference recordings, where they are at hand."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_REPOSITORY = Path(__file__).parents[3]
SHARED = Path(os.environ.get("CANDELABRE_SHARED", _REPOSITORY.parent / "shared"))

needs_recordings = pytest.mark.skipif(
    not (SHARED / "oracle").is_dir(), reason="the reference recordings are not here (CANDELABRE_SHARED)"
)


def rows(name: str) -> Iterator[dict[str, Any]]:
    """The lines of a recording."""
    with (SHARED / "oracle" / name).open() as recording:
        for line in recording:
            yield json.loads(line)
