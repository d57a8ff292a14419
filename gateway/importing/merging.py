"""Several files of one program → one tree of values, with which file each came from. Pure."""

from collections.abc import Mapping, Sequence

Values = Mapping[str, object]
Path = tuple[str | int, ...]
"""Keys of tables and positions in lists, from the top down. Never joined to a text to be parsed: keys hold anything."""
Files = Mapping[Path, str]
"""The file of a value by its path in the tree, where it is not that of the table around it; () is the first file."""


def merged(documents: Sequence[tuple[str, Values]]) -> tuple[dict[str, object], Files]:
    """Files over each other, later ones first: tables key by key, everything else as a whole."""
    values: dict[str, object] = {}
    files: dict[Path, str] = {(): documents[0][0]} if documents else {}
    for file, document in documents:
        _lay_over(values, document, file, (), files)
    return values, files


def file_of(path: Path, files: Files) -> str:
    """The file in which a path was written."""
    return next((files[path[:length]] for length in range(len(path), -1, -1) if path[:length] in files), "")


def path_text(path: Path) -> str:
    """A path as people write it: "gateway_conf.servers[0].serv_port_up"."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).removeprefix(".")


def _lay_over(values: dict[str, object], over: Values, file: str, path: Path, files: dict[Path, str]) -> None:
    for key, value in over.items():
        inner = (*path, key)
        there = values.get(key)
        if isinstance(there, dict) and isinstance(value, dict):
            _lay_over(there, value, file, inner, files)
            continue
        values[key] = _copied(value)
        files[inner] = file


def _copied(value: object) -> object:
    """Tables that may be laid over are copied: what was given stays as it is."""
    return {key: _copied(inner) for key, inner in value.items()} if isinstance(value, dict) else value
