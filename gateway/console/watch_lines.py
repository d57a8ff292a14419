"""A packet, a downlink or an event as one line of text. Pure."""

import datetime

from gateway.console.formats import NO_VALUE, clock, cut, decimal, in_columns, padded, percent, say, shown
from gateway.console.lines import Happened, Heard
from gateway.console.view import Sent
from gateway.console.words import Words
from gateway.policy.outcome import Outcome
from gateway.terminal import Ink
from radio.packets import TxStatus

# time, device, depositor, dBm, SNR, data rate, MHz, bytes; with the verdict they fit a terminal of 80 columns.
WIDTHS = (8, 16, 9, 4, 5, 6, 7, 3)
DEPOSITOR = 2
RIGHT = frozenset({3, 4, 7})
NARROW = sum(WIDTHS) + len(WIDTHS) + 14
MOST_DEPOSITOR = 24
GOOD, REFUSED, OBSERVED = "✓", "✗", "!"

HZ_PER_MHZ = 1_000_000


def heading(words: Words, width: int) -> str:
    """The names of the columns."""
    return _columns((*words.watch.columns[:-1],), width) + " " + words.watch.columns[-1]


def packet_line(packet: Heard, words: Words, width: int, zone: datetime.tzinfo | None = None) -> tuple[str, Ink | None]:
    """A packet in its columns."""
    mark, verdict, ink = _verdict(packet, words)
    cells = (
        clock(packet.t_ms / 1000, zone),
        packet.dev_eui or packet.dev_addr or NO_VALUE,
        NO_VALUE if packet.depositor is None else shown(packet.depositor),
        f"{packet.rssi_dbm:.0f}",
        "" if packet.snr_db is None else decimal(packet.snr_db, words),
        short_rate(packet.data_rate),
        f"{packet.freq_hz / HZ_PER_MHZ:.3f}",
        str(packet.size),
    )
    return cut(f"{_columns(cells, width)} {mark} {verdict}", width), ink


def short_rate(data_rate: str) -> str:
    """SF7BW125 is SF7: that bandwidth goes without saying; others are after a stroke."""
    return data_rate.removesuffix("BW125").replace("BW", "/")


def _verdict(packet: Heard, words: Words) -> tuple[str, str, Ink | None]:
    names = words.watch
    if packet.crc == "bad":
        return REFUSED, names.damaged, Ink.FAINT
    if packet.would_refuse:
        return OBSERVED, names.outcomes[packet.outcome], Ink.WARN
    if not packet.forwarded:
        return REFUSED, names.outcomes[packet.outcome], Ink.BAD
    if packet.outcome is Outcome.NO_POLICY:
        return GOOD, names.forwarded, None
    return GOOD, names.outcomes[packet.outcome], None


def downlink_line(sent: Sent, words: Words, width: int, zone: datetime.tzinfo | None = None) -> tuple[str, Ink | None]:
    """A downlink: when it was asked for, by whom, for whom, how, and what became of it."""
    asked, emitted = sent.asked, sent.emitted
    fate, ink = _fate(sent, words)
    if asked is not None:
        whom = asked.dev_eui or asked.dev_addr or NO_VALUE
        how = f"{asked.freq_hz / HZ_PER_MHZ:.3f} {short_rate(asked.data_rate):<6} {asked.power_dbm:>2} dBm"
        text = f"{clock(asked.t_ms / 1000, zone)} {whom:<16} {_server(asked.server)} {how} {fate}"
    elif emitted is not None:
        whom = words.watch.beacon if emitted.beacon else NO_VALUE
        how = f"{emitted.freq_hz / HZ_PER_MHZ:.3f} {short_rate(emitted.data_rate):<6}       "
        text = f"{clock(emitted.t_ms / 1000, zone)} {whom:<16} {_server(emitted.server)} {how} {fate}"
    else:
        return "", None
    return cut(text, width), ink


def _server(name: str) -> str:
    return padded(cut(shown(name), WIDTHS[DEPOSITOR]), WIDTHS[DEPOSITOR])


def _fate(sent: Sent, words: Words) -> tuple[str, Ink | None]:
    asked, emitted, names = sent.asked, sent.emitted, words.watch
    if emitted is not None:
        if emitted.failure:
            return f"{REFUSED} " + say(words, names.not_emitted, reason=emitted.failure), Ink.BAD
        return f"{GOOD} {names.emitted}", None
    if asked is None or asked.status is TxStatus.OK:
        return f"… {names.accepted}", None
    if asked.outcome is not None:
        return f"{REFUSED} {names.outcomes[asked.outcome]}", Ink.WARN
    return f"{REFUSED} {names.tx[asked.status]}", Ink.WARN


def event_line(
    event: Happened, words: Words, width: int, zone: datetime.tzinfo | None = None
) -> tuple[str, Ink | None]:
    """Something that happened."""
    sentence = event.fr if words.language == "fr" else event.en
    ink = {"error": Ink.BAD, "warning": Ink.WARN}.get(event.level)
    return cut(f"{clock(event.t_ms / 1000, zone)} {shown(sentence)}", width), ink


def channel_cells(shares: dict[int, float], words: Words) -> list[str]:
    """Each frequency with a bar and its share."""
    return [
        f"{freq_hz / HZ_PER_MHZ:.3f} {_bar(share)} {percent(share, words, 1):>6}" for freq_hz, share in shares.items()
    ]


def _bar(share: float) -> str:
    """Four characters: each is a factor of about four, since all but the first percents are a disaster."""
    filled = sum(share >= step for step in (0.001, 0.01, 0.05, 0.2))
    return "▮" * filled + "▯" * (4 - filled)


def _columns(cells: tuple[str, ...], width: int) -> str:
    """The depositor's column takes what a wide terminal has to give."""
    wider = min(max(0, width - NARROW), MOST_DEPOSITOR - WIDTHS[DEPOSITOR])
    widths = [each + (wider if index == DEPOSITOR else 0) for index, each in enumerate(WIDTHS)]
    return in_columns(cells, widths, RIGHT)
