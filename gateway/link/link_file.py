"""What the links' keeping needs after a restart, in one file: a kill leaves it whole, old or new."""

import secrets
from pathlib import Path

import msgspec
import structlog

from gateway.link.incident import IncidentEvent
from gateway.link.incident_book import Book
from gateway.link.looking import Standing
from gateway.link.messages_depositor import IncidentUpdate
from gateway.link.signals import Maintenance
from radio.atomic_file import write_atomically

FILE = "links.json"
DAMAGED = ".damaged"
MODE = 0o640

_log = structlog.get_logger()


class Story(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was told of an open incident: the last event, and what was said before it."""

    last: IncidentEvent
    before: tuple[IncidentUpdate, ...] = ()


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """All of it. `stories` are those of open incidents, by id; `untold` are events that not everybody has taken.

    `unproven` are those that the evidence may not have yet: they are recorded at the next start, perhaps once more.
    `lost` is how many of each depositor's uplinks were told to be given up, of all that the outage store ever counted.
    """

    standing: Standing
    stories: dict[str, Story] = {}
    untold: tuple[Story, ...] = ()
    maintenance: Maintenance | None = None
    lost: dict[str, int] | None = None
    unproven: tuple[IncidentEvent, ...] = ()


_decoder = msgspec.json.Decoder(Kept)


def load(path: Path) -> Kept | None:
    """What was kept; None where nothing was, or nothing that can be read: that is put aside, and told."""
    try:
        return _decoder.decode(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        _log.error("what was kept of the links cannot be read", path=path, reason=error.strerror)
    except msgspec.DecodeError as error:
        aside = path.with_name(path.name + DAMAGED)
        _log.error("what was kept of the links is damaged, and put aside", path=aside, reason=str(error))
        try:
            path.replace(aside)
        except OSError as again:
            _log.error("it could not be put aside", reason=again.strerror)
    return None


def save(path: Path, kept: Kept) -> None:
    """Write it. Blocks for as long as the disk takes. Raises OSError where that fails; the old content stays."""
    write_atomically(path, msgspec.json.encode(kept), MODE)


def new_standing() -> Standing:
    """Nothing watched yet; its incidents will be told from those of any other."""
    return Standing(Book(secrets.token_hex(3)))
