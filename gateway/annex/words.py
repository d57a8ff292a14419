"""What annexe 1 says in a language: one field for each text. The French ones are the convention's own."""

import msgspec


class TableWords(msgspec.Struct, frozen=True):
    """The heads of the three tables: their titles and columns."""

    equipment: str
    equipment_columns: tuple[str, str, str, str, str, str, str]
    furniture: str
    furniture_columns: tuple[str, str, str, str, str]
    networks: str
    network_columns: tuple[str, str]


class AnnexWords(msgspec.Struct, frozen=True):
    """One language. What is in braces is filled in."""

    title: str
    subtitle: str
    host_contact: str
    depositor_contact: str
    contact_columns: tuple[str, str, str, str]
    none_named: str
    tables: TableWords
    nothing_listed: str
    gateway: str
    network: str
    from_policy: str
    host: str
    depositor: str
    made: str
    made_unknown: str
