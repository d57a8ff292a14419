"""The table of differences: complete, and nothing in it that makes none."""

from pathlib import Path

import pytest

from tests.conformance.backends.flags import FLAGS, Flag
from tests.conformance.backends.peers import PEERS

SCENARIOS = [path for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__)]


def test_every_protocol_has_its_flags_and_its_peer() -> None:
    assert FLAGS.keys() == PEERS.keys()


@pytest.mark.parametrize("flag", Flag)
def test_a_flag_tells_protocols_apart(flag: Flag) -> None:
    assert {flag in flags for flags in FLAGS.values()} == {True, False}


@pytest.mark.parametrize("flag", Flag)
def test_a_flag_is_looked_at_by_a_scenario(flag: Flag) -> None:
    assert any(f"Flag.{flag.name}" in path.read_text(encoding="utf-8") for path in SCENARIOS)
