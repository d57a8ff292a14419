"""Paths on the command line → documents, each with the program whose configuration it is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from gateway.importing import semtech, station
from gateway.importing.commented_json import parse_commented_json
from gateway.importing.refusal import ImportRefusedError
from gateway.importing.source_file import read_text
from gateway.importing.toml_source import parse_source_toml

Kind = Literal["semtech", "station", "concentratord", "mqtt-forwarder"]
KINDS: tuple[Kind, ...] = ("semtech", "station", "concentratord", "mqtt-forwarder")
JSON_KINDS: tuple[Kind, ...] = ("semtech", "station")
MOST_FILES = 32
SEMTECH_FILES = ("global_conf.json", "local_conf.json")
# What ChirpStack's packages install, in the order in which they are read.
TOML_FILES = ("concentratord.toml", "channels.toml", "region.toml", "chirpstack-mqtt-forwarder.toml")
# For a region without beacons, Concentratord's is a file of comments alone.
_MAY_BE_EMPTY = re.compile(r"(region|channels)\b.*|(region|channels)_.*")
KNOWN_FILES = "station.conf, tc.uri, global_conf.json, concentratord.toml or chirpstack-mqtt-forwarder.toml"
_BLANK = re.compile(r"(?:\s+|/\*.*?\*/|//[^\n]*)*", re.DOTALL)


class Document(msgspec.Struct, frozen=True):
    """One file; of Station's also the directory in which its other files are."""

    path: Path
    kind: Kind
    values: Mapping[str, object]
    directory: Path | None = None


def read_documents(sources: Sequence[Path], kind: Kind | None) -> list[Document]:
    """All of them, in their order; `kind` for all, or each by what is in it.

    Raises:
        ImportRefusedError: one cannot be read, or is of none of these programs.
    """
    documents = [document for source in sources for document in _documents(source, kind)]
    if len(documents) > MOST_FILES:
        raise ImportRefusedError(f"{len(documents)} files: more than one gateway's; give {MOST_FILES} at most")
    return documents


def _documents(source: Path, kind: Kind | None) -> Iterator[Document]:
    if source.is_dir():
        yield from _in_directory(source, kind)
    elif source.name in station.URI_FILES and kind in (None, "station"):
        yield from _station_of(source.parent)
    else:
        yield _document(source, kind)


def _in_directory(directory: Path, kind: Kind | None) -> Iterator[Document]:
    def there(name: str) -> bool:
        return (directory / name).is_file()

    is_stations = kind in (None, "station") and any(there(name) for name in (station.CONF_FILE, *station.URI_FILES))
    names = [name for name in SEMTECH_FILES if kind in (None, "semtech") and there(name)]
    names += [name for name in TOML_FILES if kind not in JSON_KINDS and there(name)]
    if not names and not is_stations:
        raise ImportRefusedError(f"{directory}: has no {KNOWN_FILES}: give the files themselves")
    if is_stations:
        yield from _station_of(directory)
    for name in names:
        yield _document(directory / name, kind)


def _station_of(directory: Path) -> Iterator[Document]:
    path = directory / station.CONF_FILE
    if path.is_file():
        yield _document(path, "station")
    else:
        yield Document(path, "station", {}, directory)
    # Of several boards each has its own file, with what differs from station.conf.
    if (directory / station.BOARD_FILES[1]).is_file():
        raise ImportRefusedError(
            f"{directory}: {' and '.join(station.BOARD_FILES)}: a gateway with several boards; candelabre drives one: "
            "import a directory with what belongs to one"
        )
    if (directory / station.BOARD_FILES[0]).is_file():
        yield _document(directory / station.BOARD_FILES[0], "station")


def _document(path: Path, kind: Kind | None) -> Document:
    text = read_text(path)
    is_json = kind in JSON_KINDS if kind else text[_BLANK.match(text).end() :].startswith("{")  # type: ignore[union-attr]
    values = parse_commented_json(text, str(path)) if is_json else parse_source_toml(text, str(path))
    if not isinstance(values, dict):
        raise ImportRefusedError(f"{path}: not an object in braces: no configuration of a gateway")
    found = kind or (_json_kind(path, values) if is_json else _toml_kind(path, values))
    return Document(path, found, values, path.parent if found == "station" else None)


def _json_kind(path: Path, values: Mapping[str, object]) -> Kind:
    if path.name == station.CONF_FILE or "station_conf" in values:
        return "station"
    if values.keys() & set(semtech.KEYS):
        return "semtech"
    raise ImportRefusedError(
        f"{path}: neither Semtech's packet forwarder's (gateway_conf, {semtech.CONF}) nor Basics Station's "
        "(station_conf): name the program with --from"
    )


def _toml_kind(path: Path, values: Mapping[str, object]) -> Kind:
    if values.keys() & {"radio", "server"}:
        raise ImportRefusedError(f"{path}: is a gateway.toml already: candelabre config check {path}")
    if values.keys() & {"mqtt", "backend"}:
        return "mqtt-forwarder"
    if values.keys() & {"concentratord", "gateway"}:
        return "concentratord"
    if not values and _MAY_BE_EMPTY.fullmatch(path.name):
        return "concentratord"
    raise ImportRefusedError(
        f"{path}: neither ChirpStack Concentratord's (gateway) nor its MQTT forwarder's (mqtt, backend): "
        "name the program with --from"
    )
