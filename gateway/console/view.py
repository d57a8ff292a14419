"""What `watch` has seen: a value that each line of the console makes anew. Pure; times are monotonic seconds."""

import msgspec

from gateway.console.lines import Asked, Emitted, Happened, Heard, Line, Untold
from gateway.console.occupancy import Occupancy
from gateway.console.snapshot import Snapshot
from radio.packets import TxStatus

# More than any terminal has lines.
MOST_PACKETS, MOST_DOWNLINKS, MOST_EVENTS = 200, 50, 50


class Sent(msgspec.Struct, frozen=True):
    """A downlink: what was asked for, and what became of it, None until that is known. Of a beacon the latter alone."""

    asked: Asked | None
    emitted: Emitted | None = None


class Counts(msgspec.Struct, frozen=True):
    """Since the screen was opened."""

    received: int = 0
    damaged: int = 0
    refused: int = 0
    accepted: int = 0
    not_accepted: int = 0
    emitted: int = 0
    failed: int = 0
    untold: int = 0


class View(msgspec.Struct, frozen=True):
    """All that is shown. `is_gone` says that the gateway does not answer; `snapshot` is then the last one."""

    occupancy: Occupancy
    packets: tuple[Heard, ...] = ()
    downlinks: tuple[Sent, ...] = ()
    events: tuple[Happened, ...] = ()
    counts: Counts = Counts()
    snapshot: Snapshot | None = None
    is_gone: bool = False


def view_of(now_s: float) -> View:
    """One that has seen nothing."""
    return View(Occupancy(now_s))


def seen(view: View, line: Line, now_s: float) -> View:
    """After one more line."""
    match line:
        case Heard():
            return _heard(view, line, now_s)
        case Asked():
            return _asked(view, line)
        case Emitted():
            return _emitted(view, line, now_s)
        case Happened():
            return msgspec.structs.replace(view, events=(*view.events, line)[-MOST_EVENTS:])
        case Snapshot():
            return msgspec.structs.replace(view, snapshot=line)
        case Untold():
            counts = msgspec.structs.replace(view.counts, untold=view.counts.untold + line.count)
            return msgspec.structs.replace(view, counts=counts)
        case _:
            return view


def gone(view: View) -> View:
    """The gateway has gone. What became of what it had accepted nobody will tell: its numbers begin anew."""
    downlinks = tuple(_forgotten(sent) for sent in view.downlinks)
    return msgspec.structs.replace(view, downlinks=downlinks, is_gone=True)


def back(view: View) -> View:
    """It answers again."""
    return msgspec.structs.replace(view, is_gone=False)


def _heard(view: View, packet: Heard, now_s: float) -> View:
    counts, is_damaged = view.counts, packet.crc == "bad"
    return msgspec.structs.replace(
        view,
        occupancy=view.occupancy.taken(packet.freq_hz, packet.airtime_us, now_s),
        packets=(*view.packets, packet)[-MOST_PACKETS:],
        counts=msgspec.structs.replace(
            counts,
            received=counts.received + 1,
            damaged=counts.damaged + is_damaged,
            refused=counts.refused + (not packet.forwarded and not is_damaged),
        ),
    )


def _asked(view: View, asked: Asked) -> View:
    counts, is_accepted = view.counts, asked.status is TxStatus.OK
    return msgspec.structs.replace(
        view,
        downlinks=(*view.downlinks, Sent(asked))[-MOST_DOWNLINKS:],
        counts=msgspec.structs.replace(
            counts,
            accepted=counts.accepted + is_accepted,
            not_accepted=counts.not_accepted + (not is_accepted),
        ),
    )


def _emitted(view: View, emitted: Emitted, now_s: float) -> View:
    """Joined to what was asked for; numbers begin anew with each start of the radio, so that the latest one counts."""
    downlinks, counts = list(view.downlinks), view.counts
    index = _index_of(view.downlinks, emitted.number)
    if index is None:
        downlinks.append(Sent(None, emitted))
    else:
        downlinks[index] = Sent(downlinks[index].asked, emitted)
    if index is not None or emitted.beacon:
        # What was accepted before the screen was opened is in neither count.
        is_emitted = not emitted.failure
        counts = msgspec.structs.replace(
            counts, emitted=counts.emitted + is_emitted, failed=counts.failed + (not is_emitted)
        )
    return msgspec.structs.replace(
        view,
        occupancy=view.occupancy
        if emitted.failure
        else view.occupancy.taken(emitted.freq_hz, emitted.airtime_us, now_s),
        downlinks=tuple(downlinks[-MOST_DOWNLINKS:]),
        counts=counts,
    )


def _forgotten(sent: Sent) -> Sent:
    if sent.asked is None or sent.emitted is not None:
        return sent
    return Sent(msgspec.structs.replace(sent.asked, number=None))


def _index_of(downlinks: tuple[Sent, ...], number: int) -> int | None:
    for index in reversed(range(len(downlinks))):
        sent = downlinks[index]
        if sent.emitted is None and sent.asked is not None and sent.asked.number == number:
            return index
    return None
