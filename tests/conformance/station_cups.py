"""CUPS against the running Basics Station: the same question, the same files after each answer, fewer programs run."""

import json
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.cups_config import CupsConfig
from forwarder.basics_station.cups_http import cups_endpoint, request
from forwarder.basics_station.cups_messages import CupsAnswer, question, read_answer
from forwarder.basics_station.cups_session import update_refusal
from forwarder.basics_station.cups_sets import OfferError, ServerSets
from forwarder.basics_station.cups_signature import SignatureKey, read_signature_key
from forwarder.basics_station.cups_standing import Kind
from forwarder.basics_station.cups_store import load_book, read_set
from forwarder.basics_station.identifiers import parse_id6
from forwarder.basics_station.json_values import MalformedMessageError
from forwarder.basics_station.server_messages import StationVersion
from tests.conformance.outcome import Outcome

CUPS_URI = "http://localhost:8068"
OK = 200
PARTS = ("uri", "trust", "crt", "key")
# Station's own bookkeeping, and what an update that it ran has left.
NOT_OURS = ("-bak.", "sig-0.key", "ran.txt")
DEVIATIONS = {
    "half an answer": "Station takes credentials for proven by any answer with status 200, and an answer whose"
    " credentials cannot be read for a success; ours by one that can be used",
    "unsigned updates": "Station runs an update without a signature where it has no key; ours runs none, and hands"
    " signed ones to a program that the maintainer chose",
    "one question a connection": "ours says that the connection ends with the answer",
}


def check(path: Path) -> Outcome:
    """Every case of the file."""
    outcome = Outcome()
    recorded = json.loads(path.read_text(encoding="utf-8"))
    used: set[str] = set()
    key = read_signature_key(bytes.fromhex(recorded["sig_pub_key_hex"]))
    outcome.record("sig_key_crc32", [] if key.checksum == recorded["sig_key_crc32"] else [f"{key.checksum}"])
    outcome.record("the signature", _signature_differences(recorded, key))
    outcome.record("credCrc_when_no_files", _no_files_differences(recorded["credCrc_when_no_files"]))
    for case in recorded["cases"]:
        outcome.record(case["name"], differences(case, key, used))
    outcome.notes += [f"deviation, {name}: {DEVIATIONS[name]}" for name in sorted(used)]
    return outcome


def differences(case: Mapping[str, Any], key: SignatureKey, used: set[str]) -> list[str]:
    """What comes of an answer otherwise than recorded, and by no deviation; those needed are added to `used`."""
    with tempfile.TemporaryDirectory() as directory:
        sets = _sets(Path(directory))
        keys = [key] if case["sig_key_present"] else []
        found = _question_differences(sets, keys, case["request"], used)
        body = bytes.fromhex(case["response_body_hex"])
        answer = _taken(sets, body) if case["http_status"] == OK else None
        found += _proof_differences(case, used, proven=answer is not None)
        found += _file_differences(Path(directory), case["files_after"])
    return found + _update_differences(case, answer, keys, used)


def _sets(directory: Path) -> ServerSets:
    return ServerSets(BasicsStationConfig("lns", ""), CupsConfig(CUPS_URI), directory)


def _taken(sets: ServerSets, body: bytes) -> CupsAnswer | None:
    """The answer, if it can be used, after it was."""
    try:
        answer = read_answer(body)
        sets.take(answer, secure=False)
    except (MalformedMessageError, OfferError):
        return None
    return answer


def _question_differences(
    sets: ServerSets, keys: list[SignatureKey], theirs: Mapping[str, Any], used: set[str]
) -> list[str]:
    """The head, and of the body every value and their order; `station` and the like are whose the program is."""
    asked = json.loads(theirs["body_text"])
    version = StationVersion(station=asked["station"], package=asked["package"], model=asked["model"])
    gateway_eui = parse_id6(asked["router"])
    assert gateway_eui is not None
    checksums = [key.checksum for key in keys]
    body = question(gateway_eui, version, sets.held(Kind.CUPS), sets.held(Kind.LNS), checksums)
    head, _, sent = request(cups_endpoint(CUPS_URI), (), body).decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    ours = dict(line.split(": ", 1) for line in lines)
    used.update(["one question a connection"] if ours.pop("Connection", None) else [])
    found = [] if first == f"{theirs['method']} {theirs['path']} HTTP/1.1" else [first]
    found += [] if ours == theirs["headers"] else [f"{ours} instead of {theirs['headers']}"]
    return found + ([] if sent == theirs["body_text"] else [f"{sent} instead of {theirs['body_text']}"])


def _proof_differences(case: Mapping[str, Any], used: set[str], *, proven: bool) -> list[str]:
    """Whether the credentials count as proven: Station makes a copy of them then."""
    theirs = "cups-bak.done" in case["files_after"]
    if theirs and not proven:
        used.add("half an answer")
        return []
    return [] if proven is theirs else ["the credentials count as proven"]


def _file_differences(directory: Path, after: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The preferred sets, under Station's names, against its files; an empty one is none."""
    ours = _as_station_keeps(directory)
    theirs = {
        name: (file["len"], int(file["crc32"], 16))
        for name, file in after.items()
        if file["len"] and not any(part in name for part in NOT_OURS)
    }
    return [
        f"{name}: {ours.get(name)} instead of {theirs.get(name)}"
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    ]


def _as_station_keeps(directory: Path) -> dict[str, tuple[int, int]]:
    """Length and checksum of what Station has files for."""
    contents = {"cups.uri": CUPS_URI.encode()}
    book = load_book(directory)
    for kind in Kind:
        name = book.of(kind).names[0]
        if not name:
            continue
        kept = read_set(directory, name)
        identity = kept.identity
        parts = (b"", b"", b"") if identity is None else (identity.trust, identity.certificate, identity.proof)
        values = (kept.uri.encode(), *parts)
        contents |= {f"{kind}.{part}": value for part, value in zip(PARTS, values, strict=True)}
    return {name: (len(content), zlib.crc32(content)) for name, content in contents.items() if content}


def _update_differences(
    case: Mapping[str, Any], answer: CupsAnswer | None, keys: list[SignatureKey], used: set[str]
) -> list[str]:
    """Whether an update is run: ours as if there were a hook."""
    runs = answer is not None and bool(answer.update) and not update_refusal(answer, keys, has_hook=True)
    theirs = case["update_bin_ran"]
    if theirs and not runs and answer is not None and answer.update and answer.signature is None:
        used.add("unsigned updates")
        return []
    return [] if runs is theirs else [f"the update is {'' if runs else 'not '}run"]


def _signature_differences(recorded: Mapping[str, Any], key: SignatureKey) -> list[str]:
    update, signature = (bytes.fromhex(recorded[name]) for name in ("update_bin_hex", "update_sig_der_hex"))
    return [] if key.verifies(update, signature) else ["is not verified"]


def _no_files_differences(theirs: int) -> list[str]:
    with tempfile.TemporaryDirectory() as directory:
        ours = _sets(Path(directory)).held(Kind.CUPS).checksum
    return [] if ours == theirs else [f"{ours} instead of {theirs}"]
