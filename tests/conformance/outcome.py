"""How many rows of a vector file passed, and why the others did not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

Row = dict[str, Any]


class Outcome(msgspec.Struct):
    """The result of one vector file. `notes` are figures worth printing."""

    passed: int = 0
    failures: list[str] = []
    notes: list[str] = []

    def record(self, name: str, differences: list[str]) -> None:
        """Count one row."""
        if differences:
            self.failures.append(f"{name}: {'; '.join(differences[:3])}")
        else:
            self.passed += 1


def rows(path: Path) -> Iterator[Row]:
    """The rows of a JSON-lines file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                row: Row = json.loads(line)
                yield row
