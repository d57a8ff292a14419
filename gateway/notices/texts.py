"""News → the letter that the depositor reads: what, since when, what is affected, who does what."""

from collections.abc import Mapping

from gateway.notices.english import ENGLISH
from gateway.notices.french import FRENCH
from gateway.notices.layout import Section, letter, one_line, subject_line
from gateway.notices.news import Matter, News, Setting
from gateway.notices.notice import Kind, Words
from gateway.notices.times import Times
from gateway.notices.wording import Answers, Wording
from gateway.policy.document import Language
from gateway.policy.outcome import MEANINGS
from gateway.policy.text.rights import Ending

WORDINGS: Mapping[Language, Wording] = {"fr": FRENCH, "en": ENGLISH}
LONGEST_NAME = 24
MOST_LISTED = 20
COUNTED = frozenset({Matter.REFUSALS, Matter.OVER_LIMITS})
INTERRUPTING = frozenset({Matter.LINK, Matter.PAST_OUTAGE, Matter.MAINTENANCE})


def words_of(news: News, number: int, setting: Setting, language: Language) -> Words:
    """The notice in words."""
    wording = WORDINGS[language]
    title = wording.title.format(matter=_matter(news, wording), kind=_kind(news, wording))
    answers = _answers(news, wording)
    return Words(
        subject=subject_of(setting, news.identity, title, wording),
        sentence=one_line(answers.what),
        text=letter(
            wording.sender.format(host=setting.host, gateway=setting.gateway),
            _sections(news, answers, wording, Times(wording.time, setting.timezone)),
            _closing(news.identity, number, setting, wording),
            wording.spaced,
        ),
    )


def answers_in(news: News, language: Language) -> Answers:
    """The same without a letter around it: what happened, in full, what is affected, and who does what."""
    wording = WORDINGS[language]
    answers = _answers(news, wording)
    what = " ".join(map(one_line, _what(news, answers, wording)))
    return Answers(what, answers.affected, answers.host, answers.depositor)


def subject_of(setting: Setting, reference: str, title: str, wording: Wording) -> str:
    """Gateway and matter first: sorted by subject, what belongs together stands together."""
    return subject_line(f"[{setting.gateway[:LONGEST_NAME]}] {reference} - {title}", wording.spaced)


def _matter(news: News, wording: Wording) -> str:
    """What it is about, in a few words."""
    if news.matter is Matter.LINK and news.state is not None:
        return wording.link.states.get(news.state, wording.matters[Matter.LINK])
    return wording.matters[news.matter]


def _kind(news: News, wording: Wording) -> str:
    is_ahead = news.planned_begin_unix_s is not None or news.matter is Matter.RIGHT_ENDING
    return wording.announced if is_ahead and news.kind is Kind.OPENED else wording.kinds[news.kind]


def _answers(news: News, wording: Wording) -> Answers:
    """What is told by the link's own texts, else in general."""
    general = wording.answers[news.matter]
    if news.matter is Matter.LINK:
        link, state, cause = wording.link, news.state or "", news.cause or ""
        general = Answers(
            general.what,
            link.affected.get(f"{state}/{cause}") or link.affected.get(state, general.affected),
            link.host.get(cause, general.host),
            link.depositor.get(cause, general.depositor),
        )
    if news.endings and all(ending is Ending.CONSENT for ending, _ in news.endings):
        general = wording.consent_ending
    if news.matter in INTERRUPTING and news.kind is Kind.CLOSED:
        general = Answers(general.what, *(getattr(wording.over, key) for key in ("affected", "host", "depositor")))
    return Answers(
        news.what or general.what,
        news.affected or general.affected,
        news.host_does or general.host,
        news.depositor_can or general.depositor,
    )


def _sections(news: News, answers: Answers, wording: Wording, times: Times) -> list[Section]:
    headings = wording.headings
    is_over = news.kind is Kind.CLOSED
    found: list[Section] = [(headings.happened if is_over else headings.happening, _what(news, answers, wording))]
    if moments := _times(news, times):
        found.append((_time_heading(news, wording), moments))
    found.append((headings.affected, (answers.affected, *_devices(news, wording))))
    found.append((headings.host, (answers.host,)))
    found.append((headings.depositor, (answers.depositor,)))
    return found


def _what(news: News, answers: Answers, wording: Wording) -> tuple[str, ...]:
    reason = None if news.reason is None else wording.reason.format(reason=news.reason)
    flapping = wording.flapping.format(times=news.times) if news.times > 1 else None
    counts = [
        wording.count.format(count=count, reason=wording.meaning(MEANINGS[outcome]))
        for outcome, count in sorted(news.counts, key=lambda each: -each[1])
        if news.matter in COUNTED
    ]
    endings = [f"- {_ending(ending, group, wording)}" for ending, group in news.endings]
    was = wording.found_before if news.kind is Kind.CLOSED and news.what is not None else "{what}"
    what = was.format(what=answers.what)
    return tuple(filter(None, (_remark(news, wording), what, *counts, *endings, reason, flapping)))


def _remark(news: News, wording: Wording) -> str | None:
    is_past_end = news.matter is Matter.RIGHT_ENDING and news.kind is Kind.CLOSED
    return wording.ending_over if is_past_end else wording.remarks.get(news.kind)


def _ending(ending: Ending, group: str | None, wording: Wording) -> str:
    return wording.endings[ending] + ("" if group is None else f" ({wording.of_group.format(group=group)})")


def _devices(news: News, wording: Wording) -> tuple[str, ...]:
    if not news.devices:
        return ()
    listed = [f"- {device}" for device in news.devices[:MOST_LISTED]]
    left_out = news.devices_left_out or len(news.devices) > MOST_LISTED
    return (wording.devices, *listed, *([wording.more_devices] if left_out else []))


def _time_heading(news: News, wording: Wording) -> str:
    headings = wording.headings
    if news.matter in {Matter.RIGHT_ENDING, Matter.REPORT}:
        return headings.when
    if news.matter is Matter.MAINTENANCE and news.kind is not Kind.CLOSED:
        return headings.when
    return headings.from_to if news.kind is Kind.CLOSED else headings.since


def _times(news: News, times: Times) -> tuple[str, ...]:
    """What is planned, where nothing has happened yet; else what happened when."""
    words = times.words
    planned_end = None
    if news.planned_end_unix_s is not None:
        planned_end = words.planned_end.format(moment=times.moment(news.planned_end_unix_s))
    if news.matter is Matter.REPORT:
        return (words.received.format(moment=times.moment(news.detected_unix_s)),)
    if news.matter is Matter.RIGHT_ENDING:
        return (planned_end or words.open_end,)
    if news.kind is Kind.CLOSED:
        return _past(news, times)
    if news.planned_begin_unix_s is not None:
        begin = words.planned_begin.format(moment=times.moment(news.planned_begin_unix_s))
        return begin, planned_end or words.open_end
    return (*_present(news, times), *([planned_end] if planned_end else []))


def _present(news: News, times: Times) -> tuple[str, ...]:
    words = times.words
    begin = words.begin.format(moment=times.moment(news.begins_unix_s))
    if news.detected_unix_s in {None, news.begins_unix_s}:
        return (begin,)
    return begin, words.detected.format(moment=times.moment(news.detected_unix_s))


def _past(news: News, times: Times) -> tuple[str, ...]:
    words, begin, end = times.words, news.begins_unix_s, news.ends_unix_s
    lines = (*_present(news, times), words.end.format(moment=times.moment(end)))
    if begin is None or end is None or end < begin:
        return lines
    return (*lines, words.lasted.format(duration=times.duration(end - begin)))


def _closing(reference: str, number: int, setting: Setting, wording: Wording) -> list[str]:
    asked = [wording.questions, *(f"- {contact}" for contact in setting.contacts)] if setting.contacts else []
    footer = wording.footer.format(incident=reference, number=number, eui=setting.gateway_eui)
    return [*asked, footer, wording.automatic, wording.means]
