"""A draft → the text of gateway.toml, each value with a comment on where it came from. Pure."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from gateway.importing.draft import Draft, Setting, Table
from gateway.importing.source_table import printable

BEFORE_CHAINS = ("gateway", "log", "radio")
BEHIND_CHANNELS = ("radio.lora_std", "radio.fsk", "regulation", "gnss", "beacon")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_CONTROL = re.compile(r"[\x7F-\x9F]")


def toml_text(draft: Draft, sources: Sequence[str], problems: Sequence[str] = ()) -> str:
    """The whole file. What is wrong with it and what could not be carried over stands at its beginning."""
    return "\n".join(_lines(draft, sources, problems)) + "\n"


def _lines(draft: Draft, sources: Sequence[str], problems: Sequence[str]) -> Iterator[str]:
    yield f"# Made by `candelabre config import` from {printable(', '.join(sources))}."
    yield "# Beside each value stands where it came from. What is not written has its default."
    yield "# After each change:    candelabre config check gateway.toml"
    if problems:
        yield "#"
        yield "# Unfinished. To be completed:"
        yield from (f"# - {printable(problem)}" for problem in problems)
    if draft.notes:
        yield "#"
        yield "# To be looked at:"
        for note in draft.notes:
            yield f"# - {printable(note)}"
        if draft.unsaid:
            yield f"# - and {draft.unsaid} more"
    for name in BEFORE_CHAINS:
        yield from _table(f"[{name}]", draft.tables.get(name))
    for chain in draft.chains:
        # Positions count: a chain of which nothing was found is written all the same.
        yield from _table("[[radio.chain]]", chain, even_empty=True)
    for channel in draft.channels:
        yield from _table("[[radio.channel]]", channel)
    for name in BEHIND_CHANNELS:
        yield from _table(f"[{name}]", draft.tables.get(name))
    for server in draft.servers:
        yield from _table("[[server]]", server)


def _table(header: str, table: Table | None, *, even_empty: bool = False) -> Iterator[str]:
    if not table and not even_empty:
        return
    yield ""
    yield header
    for key, setting in (table or {}).items():
        yield from _setting(key, setting)


def _setting(key: str, setting: Setting) -> Iterator[str]:
    comment = f"  # {printable(setting.origin)}"
    value = setting.value
    if isinstance(value, tuple) and value and all(isinstance(item, Mapping) for item in value):
        yield f"{_key(key)} = [{comment}"
        for item in value:
            yield f"  {toml_value(item)},"
        yield "]"
    else:
        yield f"{_key(key)} = {toml_value(value)}{comment}"


def toml_value(value: object) -> str:
    """A value as TOML writes it, on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case Mapping():
            return f"{{ {', '.join(f'{_key(str(key))} = {toml_value(inner)}' for key, inner in value.items())} }}"
        case list() | tuple():
            return f"[{', '.join(toml_value(item) for item in value)}]"
        case _:
            return _quoted(str(value))


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    """JSON's quoting, which is TOML's too but for DEL; what is no character, half of a pair, is replaced."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04X}", json.dumps(whole, ensure_ascii=False))
