"""[store]: what may wait on the disk."""

import pytest

from forwarder.store.limits import StoreLimits
from gateway.config import ConfigError, parse_config
from gateway.config.store_section import StoreSection

REST = '[radio]\nregion_plan = "EU868"\n[[server]]\nname = "main"\nhost = "localhost"\n'


def store(text: str) -> StoreSection:
    return parse_config(f"{REST}[store]\n{text}".encode()).store


def test_without_a_word_the_stores_own_limits_hold() -> None:
    assert parse_config(REST.encode()).store.limits == StoreLimits()


def test_all_of_it() -> None:
    section = store("max_mb = 8\nmax_age_h = 0.5\nreplay_per_s = 100")
    assert section.limits == StoreLimits(most_bytes=8 << 20, max_age_ms=1_800_000)
    assert section.replay_per_s == 100


@pytest.mark.parametrize("line", ["max_mb = 7", "max_mb = 16385", "max_age_h = 0", "replay_per_s = 0.5", "nothing = 1"])
def test_a_mistake_names_its_key(line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        store(line)
    assert [problem.path for problem in caught.value.problems] == [f"store.{line.partition(' ')[0]}"]
