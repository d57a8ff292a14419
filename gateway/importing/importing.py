"""Documents → gateway.toml's text, and what its check says of it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from gateway.config import ConfigError, Problem, parse_config
from gateway.importing.concentratord import read_concentratord
from gateway.importing.documents import Document, Kind, read_documents
from gateway.importing.draft import Draft
from gateway.importing.listening import likely_regions
from gateway.importing.merging import Files, merged
from gateway.importing.mqtt_forwarder import read_mqtt_forwarder
from gateway.importing.refusal import ImportRefusedError
from gateway.importing.semtech import read_semtech
from gateway.importing.station import FROM_SERVER, read_station, read_station_files
from gateway.importing.writing import toml_text

Read = Callable[[Mapping[str, object], Files, Draft], None]
# What describes the radio comes first: a server that only leads to the MQTT forwarder is left out by the latter.
_READERS: Mapping[Kind, Read] = {
    "semtech": read_semtech,
    "station": read_station,
    "concentratord": read_concentratord,
    "mqtt-forwarder": read_mqtt_forwarder,
}
NO_LAW = (
    "this release has no law for that region, and without one nothing is sent: to listen alone, use --unfinished, "
    "then remove regulation.region and set tx_enabled = false"
)
SERVER_HINTS: Mapping[Kind, str] = {
    "concentratord": "Concentratord speaks to none itself: give chirpstack-mqtt-forwarder.toml too",
    "station": "write the LNS's address into tc.uri",
    "semtech": "there is no server_address in gateway_conf: give local_conf.json too, if there is one",
    "mqtt-forwarder": "mqtt.server is none that can be reached",
}
WITH_RADIO: tuple[Kind, ...] = ("semtech", "station", "concentratord")


class Imported(msgspec.Struct, frozen=True):
    """The text, what could not be carried over, and what is wrong with it, one line each; `unsaid` notes too many."""

    text: str
    notes: list[str]
    problems: list[str]
    unsaid: int = 0


def import_configuration(
    sources: Sequence[Path], kind: Kind | None = None, region_plan: str | None = None, region: str | None = None
) -> Imported:
    """Read what is at these paths, and make of it what can be made.

    Raises:
        ImportRefusedError: a file cannot be read, or they do not belong together.
    """
    documents = read_documents(sources, kind)
    _refuse_two_radios(documents)
    draft = Draft()
    draft.put("radio", "region_plan", region_plan, "--region-plan")
    draft.put("regulation", "region", region, "--region")
    for one, read in _READERS.items():
        of_kind = [document for document in documents if document.kind == one]
        if of_kind:
            read(*merged([(document.path.name, document.values) for document in of_kind]), draft)
        for directory in {document.directory: None for document in of_kind if document.directory is not None}:
            read_station_files(directory, draft)
    names = [str(source) for source in sources]
    problems = _problems(toml_text(draft, names), draft, documents)
    return Imported(toml_text(draft, names, problems), draft.notes, problems, draft.unsaid)


def _refuse_two_radios(documents: Sequence[Document]) -> None:
    by_kind = {document.kind: document.path for document in documents if document.kind in WITH_RADIO}
    if len(by_kind) > 1:
        first, second = list(by_kind.values())[:2]
        raise ImportRefusedError(f"{first} and {second}: two programs' radio: give the files of one")


def _problems(text: str, draft: Draft, documents: Sequence[Document]) -> list[str]:
    try:
        parse_config(text.encode())
    except ConfigError as error:
        first, second = (f"radio.chain[{number}].freq_hz" for number in range(2))
        # What one radio lacks for want of channels, the other lacks too.
        once = any(problem.path == first for problem in error.problems)
        return [_told(problem, draft, documents) for problem in error.problems if not (once and problem.path == second)]
    return []


def _told(problem: Problem, draft: Draft, documents: Sequence[Document]) -> str:
    """A mistake as the check tells it, with where the value came from, or what would add it."""
    origin = draft.origin_of(problem.path)
    if origin is not None:
        if problem.path == "regulation.region":
            # Not as the check tells it: another region is not what somebody meant who has a gateway in this one.
            return f"{problem.path} = {problem.found} (from {origin}): {NO_LAW}"
        return f"{problem} (from {origin})"
    hint = _hint(problem, draft, [document.kind for document in documents])
    return f"{problem}; {hint}" if hint else str(problem)


def _hint(problem: Problem, draft: Draft, kinds: Sequence[Kind]) -> str | None:
    if problem.path == "regulation.region":
        frequencies = [channel["freq_hz"].value for channel in draft.channels]
        likely = likely_regions([freq_hz for freq_hz in frequencies if isinstance(freq_hz, int)])
        where = f"; the channels lie in the band of {' and of '.join(likely)}" if likely else ""
        return f"name the law with --region{where}"
    if problem.path in ("radio.region_plan", "radio.channel", "radio.chain", "radio.chain[0].freq_hz"):
        if "station" in kinds:
            return FROM_SERVER
        if not set(kinds) & set(WITH_RADIO):
            return "give the file of the program that has the radio too, or name the channels with --region-plan"
        return "give the file with the channels too, such as channels.toml, or name them with --region-plan"
    if problem.path == "server":
        return next((hint for kind, hint in SERVER_HINTS.items() if kind in kinds), None)
    return None
