"""News → the notice that is kept and sent. Pure."""

from gateway.notices.news import News, Setting
from gateway.notices.notice import Kind, Notice
from gateway.notices.texts import words_of
from gateway.policy.document import Language

HAPPEN_ONCE = frozenset({Kind.OPENED, Kind.CLOSED, Kind.ACKNOWLEDGED})


def notice_id(news: News) -> str:
    """The same for the same news, so that what is told again after a crash is known."""
    once = news.kind in HAPPEN_ONCE
    return f"{news.identity}.{news.kind.value}" + ("" if once else f".{news.occurrence}")


def notice_of(
    news: News, depositor: str, language: Language, setting: Setting, *, number: int, unix_s: int | None
) -> Notice:
    """The notice, with its text written out."""
    words = words_of(news, number, setting, language)
    return Notice(
        id=notice_id(news),
        incident_id=news.identity,
        kind=news.kind,
        matter=news.matter.value,
        depositor=depositor,
        language=language,
        timezone=setting.timezone,
        subject=words.subject,
        sentence=words.sentence,
        text=words.text,
        created_unix_s=unix_s,
        number=number,
        state=news.state,
        cause=news.cause,
        begins_unix_s=news.begins_unix_s,
        detected_unix_s=news.detected_unix_s,
        ends_unix_s=news.ends_unix_s,
    )
