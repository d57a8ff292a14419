"""Whatever the sources hold: a gateway.toml that loads, or a refusal; and no secret in it."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.config import parse_config
from gateway.importing.importing import Imported, import_configuration
from gateway.importing.refusal import ImportRefusedError
from gateway.importing.writing import toml_value
from tests.gateway.importing.sources import CHANNELS, CONCENTRATORD, MQTT, semtech

SECRET = "hush-41f7"
STATION = {
    "SX1302_conf": {"device": "/dev/spidev0.0", "clksrc": 0, "radio_0": {"type": "SX1250", "tx_enable": True}},
    "station_conf": {"routerid": "::1", "log_level": "INFO", "gps": "/dev/ttyS0"},
}
FORWARDER = tomllib.loads(f"""{MQTT}
username = "gw"
password = "{SECRET}"
ca_cert = "/etc/ca.pem"
keep_alive_interval = "30s"
[backend]
enabled = "semtech_udp"
[backend.filters]
forward_crc_ok = true
dev_addr_prefixes = ["26000000/7"]
[metadata.static]
serial = "12"
[commands]
reboot = ["/usr/bin/reboot"]
""")
BOARD = tomllib.loads(CONCENTRATORD + CHANNELS)
ODD = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.integers(860_000_000, 930_000_000)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["SX1250", "", "::", "/dev/ttyS0", "$HOME", "tcp://h:1", "wss://h", "1h", "26000000/99"])
)
VALUES = st.recursive(
    ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@st.composite
def changed(draw: st.DrawFn, tree: object) -> object:
    """A tree of which a part or two is something else, or gone."""
    if not isinstance(tree, Mapping) or draw(st.integers(0, 9)) == 0:
        return draw(VALUES)
    chosen = draw(st.sets(st.sampled_from(sorted(tree)), max_size=2)) if tree else set()
    return {key: draw(changed(value)) if key in chosen else value for key, value in tree.items()}


def toml(tree: object) -> str:
    """A tree as TOML, which has no None."""
    return "".join(f"{toml_value(str(key))} = {toml_value(known(value))}\n" for key, value in dict_of(tree).items())


def known(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: known(inner) for key, inner in value.items() if inner is not None}
    return [known(inner) for inner in value if inner is not None] if isinstance(value, list) else value or ""


def dict_of(tree: object) -> Mapping[str, object]:
    return tree if isinstance(tree, Mapping) else {"gateway": tree}


def imported(*paths: Path) -> Imported | None:
    """What comes of it, which holds what it claims; None: refused."""
    refused = ""
    try:
        result = import_configuration(paths, region_plan="EU868")
    except ImportRefusedError as error:
        refused = str(error)
        result = None
    assert SECRET not in refused
    if result is None:
        return None
    told = [*result.notes, *result.problems]
    assert SECRET not in "".join([result.text, *told])
    assert not any("\n" in line for line in told)
    tomllib.loads(result.text)
    if not result.problems:
        parse_config(result.text.encode())
    return result


@quick
@given(changed(semtech()))
def test_of_the_packet_forwarder(tmp_path: Path, tree: object) -> None:
    path = tmp_path / "global_conf.json"
    path.write_text(json.dumps(tree))
    imported(path)


@quick
@given(changed(STATION), st.text(max_size=8) | st.sampled_from(["wss://h", "ws://h:1", "wss://[::1]:1"]))
def test_of_station(tmp_path: Path, tree: object, uri: str) -> None:
    (tmp_path / "station.conf").write_text(json.dumps(tree))
    (tmp_path / "tc.uri").write_text(uri, encoding="utf-8", errors="replace")
    (tmp_path / "tc.key").write_text(SECRET)
    imported(tmp_path)


@quick
@given(changed(BOARD), changed(FORWARDER))
def test_of_chirpstacks_programs(tmp_path: Path, board: object, forwarder: object) -> None:
    paths = [tmp_path / "concentratord.toml", tmp_path / "chirpstack-mqtt-forwarder.toml"]
    for path, tree in zip(paths, (board, forwarder), strict=True):
        path.write_text(toml(tree), encoding="utf-8", errors="replace")
    imported(*paths)


def test_what_is_not_changed_is_imported(tmp_path: Path) -> None:
    """Else the others would see refusals alone."""
    paths = [tmp_path / name for name in ("c.toml", "m.toml", "global_conf.json")]
    contents = toml(BOARD), toml(FORWARDER), json.dumps(semtech())
    for path, content in zip(paths, contents, strict=True):
        path.write_text(content)
    for sources in (paths[:2], paths[2:]):
        result = imported(*sources)
        assert result is not None
        assert result.problems == []
