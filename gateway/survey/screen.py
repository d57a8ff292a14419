"""A survey on a screen of 80 columns. Pure."""

from collections.abc import Iterator

from gateway.console.formats import NO_VALUE, WORDS, across, age, cut, decimal, in_columns, percent, say, shown
from gateway.console.watch_lines import short_rate
from gateway.console.words import Words
from gateway.language import Language
from gateway.survey.result import DeviceSurvey, Quantiles, SurveyResult
from gateway.terminal import Ink, Paint, plain

WIDTH = 80
# device, depositor, frames, lost, RSSI, SNR, margin, data rate; before them comes the grade's mark.
WIDTHS = (16, 9, 6, 6, 11, 9, 9, 5)
RIGHT = frozenset({2, 3, 4, 5, 6})
# 10 dB is what network servers keep in hand by default when they set a data rate (ChirpStack's installation_margin);
# half of it is our choice of what is too little.
GOOD_MARGIN_DB, FAIR_MARGIN_DB = 10.0, 5.0


def survey_screen(
    result: SurveyResult,
    language: Language,
    *,
    whole_s: float | None,
    width: int,
    height: int,
    is_gone: bool = False,
    is_ended: bool = False,
    paint: Paint = plain,
) -> list[str]:
    """Its lines, the weakest devices first; `whole_s` is how long it is to last, None where until it is ended.

    `is_ended` leaves out how to end it.
    """
    words = WORDS[language]
    lines: list[tuple[str, Ink | None]] = [
        (across(_title(result, words, whole_s), "" if is_ended else say(words, words.survey.ends), width), Ink.STRONG),
        (_totals(result, words), None),
    ]
    if is_gone:
        lines.append((say(words, words.watch.gone), Ink.BAD))
    lines += [("", None), ("  " + _columns(words.survey.columns), Ink.FAINT)]
    legend = [("", None), *((say(words, text), Ink.FAINT) for text in words.survey.legend)]
    room = max(1, height - len(lines) - len(legend))
    body = list(_devices(result, words, room))
    blank = [("", None)] * (room - len(body))
    rows = [*lines, *body, *blank, *legend][:height]
    return [cut(text, width) if ink is None else paint(cut(text, width), ink) for text, ink in rows]


def _title(result: SurveyResult, words: Words, whole_s: float | None) -> str:
    passed = age(result.duration_s, words)
    if whole_s is None:
        return say(words, words.survey.title_open, passed=passed)
    return say(words, words.survey.title, passed=passed, whole=age(whole_s, words))


def _totals(result: SurveyResult, words: Words) -> str:
    return say(words, words.survey.totals, received=result.packets, damaged=result.damaged, devices=len(result.devices))


def _devices(result: SurveyResult, words: Words, room: int) -> Iterator[tuple[str, Ink | None]]:
    devices = result.devices
    if not devices:
        yield say(words, words.survey.nothing), None
    shown_ones = devices if len(devices) <= room else devices[: room - 1]
    for device in shown_ones:
        yield _device(device, words)
    if len(shown_ones) < len(devices):
        yield say(words, words.survey.more, count=len(devices) - len(shown_ones)), None


def _device(device: DeviceSurvey, words: Words) -> tuple[str, Ink | None]:
    share = device.loss_share
    rates = sorted(device.data_rates, key=lambda rate: -device.data_rates[rate])
    cells = (
        device.device,
        NO_VALUE if device.depositor is None else shown(device.depositor),
        str(device.frames),
        NO_VALUE if share is None else percent(share, words),
        _quantiles(device.rssi_dbm, words),
        _quantiles(device.snr_db, words),
        _quantiles(device.margin_db, words),
        _rate(rates[0]) + ("+" if len(rates) > 1 else ""),
    )
    mark, ink = _grade(device.margin_db)
    return f"{mark} {_columns(cells)}", ink


def _rate(data_rate: str) -> str:
    """That which was heard most; of FSK, of which there is one in each region, the name alone."""
    return "FSK" if data_rate.startswith("FSK") else short_rate(data_rate)


def _quantiles(quantiles: Quantiles | None, words: Words) -> str:
    """The median, and what nine in ten are at least."""
    if quantiles is None:
        return NO_VALUE
    return f"{decimal(quantiles.median, words, 0)} ({decimal(quantiles.p10, words, 0)})"


def _grade(margin_db: Quantiles | None) -> tuple[str, Ink | None]:
    if margin_db is None:
        return " ", None
    if margin_db.median >= GOOD_MARGIN_DB:
        return "●", Ink.GOOD
    return ("◐", Ink.WARN) if margin_db.median >= FAIR_MARGIN_DB else ("○", Ink.BAD)


def _columns(cells: tuple[str, ...]) -> str:
    return in_columns(cells, WIDTHS, RIGHT).rstrip()
