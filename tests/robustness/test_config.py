"""gateway.toml from any bytes: a configuration that the hardware can do, or every mistake with its key."""

import math
import random
import tomllib

import pytest

from gateway.config import Config, ConfigError, parse_config
from radio.sx1302.plan import check_plan
from tests.robustness.config_documents import (
    LEAST,
    ODD_VALUES,
    KeyPath,
    Literal,
    any_document,
    as_toml,
    damaged_text,
    every_setting,
    paths,
    value_at,
    with_value,
)

SLICES = range(20)
DOCUMENTS_A_SLICE = 1_500
TEXTS_A_SLICE = 2_500
NOISE_A_SLICE = 1_000
KNOWN = every_setting()
PLACES = list(paths(KNOWN))
TEXTS = (
    as_toml(LEAST).encode(),
    b'[gateway]\neui = "0016C001FF10A235"\n[radio]\nregion_plan = "US915_2"\n[[server]]\nname = "a"\nhost = "::1"\n',
    b"[radio]\n[[radio.chain]]\nfreq_hz = 867500000\n[[radio.channel]]\nfreq_hz = 867100000\nchain = 0\n",
    b"[radio]\nlora_std = {enabled = false}\nfsk = {if_hz = 300000, chain = 1}\n[server.x]\n",
)


def judged(data: bytes) -> Config | ConfigError:
    """What the loader makes of some bytes, once it has proved sound."""
    try:
        config = parse_config(data)
    except ConfigError as error:
        assert_every_problem_is_told(error, data)
        return error
    assert check_plan(config.plan) == []
    assert config.servers
    return config


def assert_every_problem_is_told(error: ConfigError, data: bytes) -> None:
    lines = str(error).splitlines()
    assert len(lines) == 1 + len(error.problems) > 1
    assert len(set(error.problems)) == len(error.problems)
    if is_toml(data):
        assert all(problem.path for problem in error.problems)
    else:
        (problem,) = error.problems
        assert (problem.path, problem.found) == ("", None)
        assert problem.allowed.startswith("not ")


def is_toml(data: bytes) -> bool:
    try:
        tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return False
    return True


@pytest.mark.parametrize("seed", SLICES)
def test_any_settings_are_used_or_refused_by_key(seed: int) -> None:
    chance = random.Random(seed)
    results = {type(judged(as_toml(any_document(chance, KNOWN, PLACES)).encode())) for _ in range(DOCUMENTS_A_SLICE)}
    assert results == {Config, ConfigError}


@pytest.mark.parametrize("seed", SLICES)
def test_a_damaged_file_is_used_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    results = {type(judged(damaged_text(chance, chance.choice(TEXTS)))) for _ in range(TEXTS_A_SLICE)}
    assert results == {Config, ConfigError}


@pytest.mark.parametrize("seed", SLICES)
def test_noise_is_refused(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(NOISE_A_SLICE):
        noise = bytes(chance.choices(chance.choice((range(256), b' ."[]{}=\n#a1_-')), k=chance.randrange(60)))
        assert isinstance(judged(noise), ConfigError)


def dotted(path: KeyPath) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def fits_no_better(value: object, odd: object) -> bool:
    """Whether `odd` cannot stand for the setting's value: another TOML type, or a number that is none."""
    if isinstance(odd, Literal):
        odd = tomllib.loads(f"value = {odd.text}")["value"]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return type(odd) is not int and not (isinstance(odd, float) and math.isfinite(odd))
    return type(odd) is not type(value)


@pytest.mark.parametrize("path", PLACES, ids=dotted)
def test_a_value_of_the_wrong_type_is_refused_at_its_key(path: KeyPath) -> None:
    expected = value_at(KNOWN, path)
    for odd in ODD_VALUES:
        result = judged(as_toml(with_value(LEAST, path, odd)).encode())
        if fits_no_better(expected, odd):
            assert isinstance(result, ConfigError)
            assert dotted(path) in {problem.path for problem in result.problems}
