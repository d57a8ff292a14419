"""All that `watch` has seen, on a screen of whatever size. Pure."""

import datetime
from collections.abc import Iterator

from gateway.console.formats import WORDS, across, age, clock, cut, say, shown
from gateway.console.status_parts import incident_line, server_ink, server_line
from gateway.console.troubles import troubles, verdict
from gateway.console.view import View
from gateway.console.watch_lines import channel_cells, downlink_line, event_line, heading, packet_line
from gateway.console.words import Words
from gateway.language import Language
from gateway.terminal import Ink, Paint, plain

CELL = 20
# On 24 lines; a taller terminal has more of each.
LEAST_DOWNLINKS, LEAST_INCIDENTS, MOST_SERVERS, MOST_CHANNEL_LINES = 3, 2, 3, 3
SMALL = 24
MOST_TROUBLES = 3
Said = tuple[str, Ink | None]


def watch_screen(
    view: View,
    language: Language,
    *,
    now_s: float,
    unix_s: float,
    width: int,
    height: int,
    paint: Paint = plain,
    zone: datetime.tzinfo | None = None,
) -> list[str]:
    """Its lines, `height` of them at most: packets get what the rest leaves."""
    words = WORDS[language]
    more = max(0, height - SMALL)
    top = list(_top(view, language, width, unix_s, zone))
    below = [
        *_channels(view, words, width, now_s),
        *_downlinks(view, words, width, LEAST_DOWNLINKS + more // 6, zone),
        *_servers(view, words, width),
        *_incidents(view, words, width, LEAST_INCIDENTS + more // 6, zone),
    ]
    room = max(1, height - len(top) - len(below))
    packets = list(_packets(view, words, width, room, zone))
    blank = [("", None)] * (room - len(packets))
    lines = [*top, *packets, *blank, *below][:height]
    return [cut(text, width) if ink is None else paint(cut(text, width), ink) for text, ink in lines]


def _top(view: View, language: Language, width: int, unix_s: float, zone: datetime.tzinfo | None) -> Iterator[Said]:
    words, snapshot = WORDS[language], view.snapshot
    name = "Candélabre"
    if snapshot is not None:
        name = " · ".join(shown(part) for part in (name, snapshot.name, snapshot.gateway_eui) if part)
    yield across(name, f"{clock(unix_s, zone)}  {say(words, words.watch.quits)}", width), Ink.STRONG
    if view.is_gone:
        yield say(words, words.watch.gone), Ink.BAD
    elif snapshot is None:
        yield words.watch.connecting, None
    else:
        found = troubles(snapshot)
        ink = Ink.GOOD if not found else Ink.BAD if found[0].level == "error" else Ink.WARN
        yield verdict(snapshot, language, zone, most=MOST_TROUBLES), ink
    counts = view.counts
    title = say(words, words.watch.packets, received=counts.received, damaged=counts.damaged, refused=counts.refused)
    untold = f" ({say(words, words.watch.untold, count=counts.untold)})" if counts.untold else ""
    yield title + untold, Ink.STRONG
    yield heading(words, width), Ink.FAINT


def _packets(view: View, words: Words, width: int, room: int, zone: datetime.tzinfo | None) -> Iterator[Said]:
    for packet in view.packets[-room:]:
        yield packet_line(packet, words, width, zone)


def _channels(view: View, words: Words, width: int, now_s: float) -> Iterator[Said]:
    over = age(view.occupancy.over_s(now_s), words)
    yield say(words, words.watch.channels, age=over), Ink.STRONG
    cells = channel_cells(view.occupancy.shares(now_s), words)
    if not cells:
        yield words.watch.nothing_heard, None
    a_line = max(1, width // CELL)
    for begin in range(0, min(len(cells), a_line * MOST_CHANNEL_LINES), a_line):
        yield "".join(cell.ljust(CELL) for cell in cells[begin : begin + a_line]).rstrip(), None


def _downlinks(view: View, words: Words, width: int, most: int, zone: datetime.tzinfo | None) -> Iterator[Said]:
    counts = view.counts
    yield (
        say(
            words,
            words.watch.downlinks,
            accepted=counts.accepted,
            refused=counts.not_accepted,
            emitted=counts.emitted,
            failed=counts.failed,
        ),
        Ink.STRONG,
    )
    if not view.downlinks:
        yield words.watch.no_downlink, None
    for sent in view.downlinks[-most:]:
        yield downlink_line(sent, words, width, zone)


def _servers(view: View, words: Words, width: int) -> Iterator[Said]:
    """Those that do not answer first; their heading is on their own line, to spare one."""
    snapshot, label = view.snapshot, words.watch.servers
    if snapshot is None or not snapshot.servers:
        yield f"{label} {words.watch.no_server}", None
        return
    for index, server in enumerate(sorted(snapshot.servers, key=lambda each: each.connected)[:MOST_SERVERS]):
        begin = (label if index == 0 else "").ljust(len(label))
        yield cut(f"{begin} {server_line(server, words)}", width), server_ink(server, snapshot)


def _incidents(view: View, words: Words, width: int, most: int, zone: datetime.tzinfo | None) -> Iterator[Said]:
    """Those that are open, and after them what happened last."""
    label = words.watch.incidents
    incidents = () if view.snapshot is None else view.snapshot.incidents or ()
    said: list[Said] = [
        (incident_line(incident, words, zone), Ink.BAD if incident.state == "down" else Ink.WARN)
        for incident in incidents
    ]
    if not said:
        said.append((words.status.no_incident, None))
    room = max(0, most - len(said))
    events = view.events[-room:] if room else ()
    said = [*said[:most], *(event_line(event, words, width - len(label) - 1, zone) for event in events)]
    for index, (text, ink) in enumerate(said):
        yield cut(f"{(label if index == 0 else '').ljust(len(label))} {text}", width), ink
