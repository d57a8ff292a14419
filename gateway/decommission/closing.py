"""What the closing report says, as values: `closing.json`, and `erasure.json` afterwards."""

import enum

import msgspec

from gateway.decommission.stores import Store

CLOSING_FORMAT = "candelabre closing report 1"
ERASURE_FORMAT = "candelabre erasure 1"


class HeldStore(msgspec.Struct, frozen=True):
    """One store as it was: how many files, and how many bytes in all."""

    store: Store
    files: int
    size_bytes: int


class NotProven(msgspec.Struct, frozen=True):
    """Entries of the evidence that the disk has lost: from one number to another, None for the log's end."""

    first: int
    last: int | None


class EvidenceClosing(msgspec.Struct, frozen=True):
    """The evidence at its end. `head` is its last signed head as depositors keep it, of as many entries.

    `begins` and `ends` are the times of the first and the last entry that concerns everybody, by UTC.
    """

    key_id: str
    entries: int
    head: str | None
    begins: str | None
    ends: str | None
    not_proven: tuple[NotProven, ...] = ()


class NoEvidence(enum.StrEnum):
    """Why a depositor's part of the evidence cannot be had as one file."""

    NOTHING_LOGGED = "nothing_logged"
    DAMAGED = "damaged"


class DepositorTotals(msgspec.Struct, frozen=True):
    """What was done for one depositor in the months that are kept, "2026-03" to "2027-04".

    `evidence_file` is the export of its part of the evidence; None where there is none, and `no_evidence` says why.
    """

    depositor: str
    first_month: str
    last_month: str
    devices: int
    heard: int
    forwarded: int
    refused: int
    lost: int
    airtime_s: int
    evidence_file: str | None = None
    no_evidence: NoEvidence | None = None


class Closing(msgspec.Struct, frozen=True):
    """What there was before anything was erased. `made` is by UTC, None where the clock was not sure.

    `secrets` are files that the configuration names, and that are erased too; `left` are things of which this gateway
    knows and that are not its own to erase; `waiting` uplinks were given up.
    """

    gateway_eui: str | None
    gateway_name: str
    version: str
    made: str | None
    state_dir: str
    stores: tuple[HeldStore, ...]
    secrets: tuple[str, ...]
    left: tuple[str, ...]
    waiting: int
    depositors: tuple[DepositorTotals, ...]
    evidence: EvidenceClosing | None
    format: str = CLOSING_FORMAT


class NotErased(msgspec.Struct, frozen=True):
    """Something that is still there, and the system's reason."""

    path: str
    reason: str


class Erasure(msgspec.Struct, frozen=True):
    """What came of it. `ended` is by UTC, None where the clock was not sure."""

    gateway_eui: str | None
    ended: str | None
    erased: tuple[Store, ...]
    secrets_erased: tuple[str, ...]
    not_erased: tuple[NotErased, ...]
    format: str = ERASURE_FORMAT
