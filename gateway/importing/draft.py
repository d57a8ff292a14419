"""The gateway.toml that is being made: each value with where it came from, and what could not be carried over. Pure."""

from collections.abc import Iterator

import msgspec

MOST_NOTES = 100
"""Nobody reads more, and a file with more is none that a gateway ever ran with."""


class Setting(msgspec.Struct, frozen=True):
    """One value of gateway.toml; `origin` says where it came from, for the comment beside it."""

    value: object
    origin: str


Table = dict[str, Setting]


class Draft:
    """Tables by their names in gateway.toml, filled in turn by each source; what is set first stays."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.chains: list[Table] = []
        self.channels: list[Table] = []
        self.servers: list[Table] = []
        self.unsaid = 0
        self._notes: dict[str, None] = {}

    @property
    def notes(self) -> list[str]:
        """What could not be carried over and what is to be done, one line each."""
        return list(self._notes)

    def note(self, line: str) -> None:
        """Say something once; beyond MOST_NOTES it is only counted."""
        if line in self._notes:
            return
        if len(self._notes) >= MOST_NOTES:
            self.unsaid += 1
        else:
            self._notes[line] = None

    def put(self, table: str, key: str, value: object, origin: str) -> None:
        """Set a value, unless there is one or `value` is None: nothing was found."""
        if value is None:
            return
        there = self.tables.setdefault(table, {}).setdefault(key, Setting(value, origin))
        if there.value != value:
            self.note(f"{origin}: not carried over: {table}.{key} is from {there.origin} already")

    def chain(self, number: int) -> Table:
        """A radio chain's table."""
        while len(self.chains) <= number:
            self.chains.append({})
        return self.chains[number]

    def origin_of(self, path: str) -> str | None:
        """Where the value came from that gateway.toml has at a path such as "radio.chain[0].type"; None: nowhere."""
        for prefix, table in self._all_tables():
            rest = path.removeprefix(f"{prefix}.")
            setting = table.get(rest.partition(".")[0].partition("[")[0]) if rest != path else None
            if setting is not None:
                return setting.origin
        return None

    def _all_tables(self) -> Iterator[tuple[str, Table]]:
        for name, tables in (("radio.chain", self.chains), ("radio.channel", self.channels), ("server", self.servers)):
            yield from ((f"{name}[{number}]", table) for number, table in enumerate(tables))
        yield from sorted(self.tables.items(), key=lambda item: -len(item[0]))
