"""What a depositor reads: whole in either language, narrow, dated, and without a promise."""

import itertools
import re

import msgspec
import pytest

from gateway.notices.combined import message_of
from gateway.notices.compose import notice_id, notice_of
from gateway.notices.english import ENGLISH
from gateway.notices.french import FRENCH
from gateway.notices.news import Matter, News
from gateway.notices.notice import Kind
from gateway.notices.texts import WORDINGS, words_of
from gateway.policy.document import Language
from gateway.policy.outcome import Outcome
from gateway.policy.text.rights import Ending
from tests.gateway.notices.scene import NOON, SETTING, news, notice

WIDEST = 78
STATES = ("up", "degraded", "down", "suspended")
CAUSES = ("radio", "backhaul", "network_server", "power", "clock", "policy", "maintenance")
PROMISES = re.compile(
    r"\b(garanti|assur|promet|promis|guarante|promise|ensure|will be (restored|delivered))", re.IGNORECASE
)
JARGON = re.compile(r"\b(MQTT|uplink|downlink|broker|backhaul|daemon|payload|LNS|SNR|RSSI|kernel)\b", re.IGNORECASE)


def every_occasion() -> list[News]:
    """Each kind of each matter, with all that it can have."""
    full = {
        "planned_begin_unix_s": NOON + 86_400,
        "planned_end_unix_s": NOON + 90_000,
        "reason": "Changement de l'antenne {no} : 5 % du réseau",
        "times": 12,
        "counts": tuple((outcome, index + 1) for index, outcome in enumerate(Outcome)),
        "endings": tuple((ending, group) for ending in Ending for group in (None, "water-meters")),
        "devices": tuple(f"00005EEF100000{number:02X}" for number in range(40)),
        "devices_left_out": True,
    }
    bare = {"begins_unix_s": None, "detected_unix_s": None, "ends_unix_s": None, "state": None, "cause": None}
    links = [news(kind, state=state, cause=cause) for kind, state, cause in itertools.product(Kind, STATES, CAUSES)]
    all_matters = list(itertools.product(Kind, Matter))
    return [
        *links,
        *(news(kind, matter=matter) for kind, matter in all_matters),
        *(msgspec.structs.replace(news(kind, matter=matter), **full) for kind, matter in all_matters),
        *(msgspec.structs.replace(news(kind, matter=matter), **bare) for kind, matter in all_matters),
    ]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_notice_is_whole_narrow_and_free_of_promises(language: Language) -> None:
    for occasion in every_occasion():
        words = words_of(occasion, 1, SETTING, language)
        plain = words.text.replace("{no}", "") + words.subject
        assert not re.search(r"[{}]|None|Kind\.|Matter\.", plain), plain
        assert max(map(len, words.text.splitlines())) <= WIDEST, words.text
        assert len(words.subject) <= WIDEST
        # Why uplinks are refused is worded where the reasons are named.
        assert not JARGON.search(re.sub(r"^- .*(\n  .*)*", "", plain, flags=re.MULTILINE)), plain
        assert not PROMISES.search(plain), plain
        for heading in ("affected", "host", "depositor"):
            assert getattr(WORDINGS[language].headings, heading) in words.text


def texts_in(value: object) -> list[str]:
    """All text in a wording, whatever holds it."""
    match value:
        case str():
            return [value]
        case msgspec.Struct():
            return texts_in([getattr(value, name) for name in value.__struct_fields__])
        case dict():
            return texts_in(list(value.values()))
        case list() | tuple():
            return [text for item in value for text in texts_in(item)]
        case _:
            return []


def keys_in(value: object, path: str = "") -> set[str]:
    """All places in a wording."""
    match value:
        case msgspec.Struct():
            return {key for name in value.__struct_fields__ for key in keys_in(getattr(value, name), f"{path}.{name}")}
        case dict():
            return {key for name, item in value.items() for key in keys_in(item, f"{path}[{name}]")}
        case _:
            return {path}


def test_both_languages_say_the_same_things() -> None:
    spaced = re.compile(r"\.spaced")
    french, english = ({key for key in keys_in(each) if not spaced.match(key)} for each in (FRENCH, ENGLISH))
    assert french == english
    fields = re.compile(r"\{\w+\}")
    for a, b in zip(texts_in(FRENCH), texts_in(ENGLISH), strict=False):
        assert set(fields.findall(a)) == set(fields.findall(b)), (a, b)


def test_french_puts_its_spaces_where_no_line_breaks() -> None:
    text = words_of(news(), 1, SETTING, "fr").text
    assert "Début\N{NO-BREAK SPACE}: 25 novembre 2026" in text
    assert " :" not in text
    assert "n°\N{NO-BREAK SPACE}1" in text


def test_times_are_those_of_the_policys_zone_which_is_named() -> None:
    assert "25 November 2026 at 12:00:00 (Europe/Paris, UTC+1)" in words_of(news(), 1, SETTING, "en").text
    elsewhere = msgspec.structs.replace(SETTING, timezone="America/Cayenne")
    assert "25 November 2026 at 08:00:00 (America/Cayenne, UTC-3)" in words_of(news(), 1, elsewhere, "en").text
    summer = news(begins_unix_s=NOON - 180 * 86_400)
    assert "(Europe/Paris, UTC+2)" in words_of(summer, 1, SETTING, "en").text


def test_a_time_that_is_not_sure_is_not_told() -> None:
    text = words_of(news(begins_unix_s=None), 1, SETTING, "fr").text
    assert "Début\N{NO-BREAK SPACE}: inconnu (l'horloge de la passerelle n'était pas sûre)" in text


def test_the_end_is_told_with_begin_and_duration() -> None:
    text = words_of(news(Kind.CLOSED), 2, SETTING, "en").text
    for line in ("Begin: 25 November 2026 at 12:00:00", "End: 25 November 2026 at 13:00:00", "It lasted: 1 h 00 min"):
        assert line in text


def test_what_the_link_says_of_it_is_told() -> None:
    said = news(what="The radio is silent.", affected="All sensors.", host_does="It looks.", depositor_can="Wait.")
    text = words_of(said, 1, SETTING, "en").text
    for line in ("The radio is silent.", "All sensors.", "It looks.", "Wait."):
        assert line in text.splitlines()


def test_what_is_over_is_not_told_as_if_it_were_so_still() -> None:
    text = words_of(news(Kind.CLOSED, what="The radio is silent."), 1, SETTING, "en").text
    assert "This is what had been found: The radio is silent." in text


def test_who_can_be_asked_stands_in_each_letter() -> None:
    assert "reseau@hauterive.example" in words_of(news(), 1, SETTING, "fr").text


def test_subjects_of_one_incident_stand_together_when_sorted() -> None:
    subjects = sorted(
        words_of(news(kind, identity), 1, SETTING, "fr").subject for identity in ("17-a", "18-a") for kind in Kind
    )
    assert [subject.split()[1] for subject in subjects] == ["17-a"] * 5 + ["18-a"] * 5


def test_a_line_break_in_a_reason_is_none_in_a_letter() -> None:
    words = words_of(news(matter=Matter.MAINTENANCE, reason="a\r\nBcc: x@y\x00\x7f"), 1, SETTING, "en")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", words.text + words.subject + words.sentence)
    assert "Reason given by the host: a Bcc: x@y" in words.text


def test_planned_work_is_announced_with_both_times() -> None:
    ahead = news(matter=Matter.MAINTENANCE, planned_begin_unix_s=NOON + 86_400, planned_end_unix_s=NOON + 90_000)
    words = words_of(ahead, 1, SETTING, "en")
    assert words.subject.endswith("work on the network (announced)")
    assert "Planned begin: 26 November 2026 at 12:00:00" in words.text
    assert "Planned end: 26 November 2026 at 13:00:00" in words.text
    assert "(begins)" in words_of(news(matter=Matter.MAINTENANCE), 1, SETTING, "en").subject


def test_refusals_are_listed_with_their_reasons_the_most_frequent_first() -> None:
    counts = ((Outcome.RATE, 3), (Outcome.DAILY_BYTES, 40))
    text = words_of(news(matter=Matter.REFUSALS, counts=counts, devices=("A", "B")), 1, SETTING, "fr").text
    volume = "- 40\N{NO-BREAK SPACE}: le volume convenu sur 24 heures est épuisé"
    rate = "- 3\N{NO-BREAK SPACE}: plus de messages que la cadence convenue"
    assert text.index(volume) < text.index(rate)
    assert "- A\n- B\n" in text


def ending(*endings: tuple[Ending, str | None], kind: Kind = Kind.OPENED) -> str:
    found = news(kind, matter=Matter.RIGHT_ENDING, planned_end_unix_s=NOON + 86_400, endings=endings)
    return words_of(found, 1, SETTING, "en").text


def test_what_ends_is_named_with_its_last_moment() -> None:
    text = ending((Ending.RIGHT, None), (Ending.CONSENT, "meters"))
    assert "- your right to use the network\n- your consent that the host uses your data (group meters)\n" in text
    assert "Planned end: 26 November 2026 at 12:00:00" in text
    assert "no longer passed on after this date" in text.replace("\n", " ")


def test_where_only_a_consent_ends_messages_go_on() -> None:
    text = ending((Ending.CONSENT, None))
    assert "Your messages are passed on as before." in text
    assert "no longer passed on" not in text


def test_an_end_that_has_come_or_not_is_told_as_either() -> None:
    assert "The end has come, or was put off." in ending((Ending.RIGHT, None), kind=Kind.CLOSED)


def test_only_refusals_are_counted_in_a_letter() -> None:
    counts = ((Outcome.ADMITTED, 3),)
    assert "admitted" not in words_of(news(matter=Matter.NEAR_LIMIT, counts=counts), 1, SETTING, "en").text


def test_the_same_news_has_the_same_identity_and_reminders_each_their_own() -> None:
    assert notice_id(news(occurrence=1)) == notice_id(news(occurrence=2))
    assert notice_id(news(Kind.REMINDED, occurrence=1)) != notice_id(news(Kind.REMINDED, occurrence=2))
    assert notice_id(news()) != notice_id(news(Kind.CLOSED))


def test_one_notice_goes_as_it_is() -> None:
    one = notice()
    message = message_of([one])
    assert (message.id, message.subject, message.text) == (one.id, one.subject, one.text)


def test_one_notice_says_so_too_where_older_ones_are_lost() -> None:
    message = message_of([notice(language="en")], lost=4)
    assert "Older messages that could not be kept for want of room: 4." in message.text
    assert (message.lost, message.id != notice().id) == (4, True)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_incident_that_is_over_before_it_could_be_told_is_told_once_with_both_times(language: Language) -> None:
    both = [notice(1, language=language), notice(2, Kind.CLOSED, language=language)]
    message = message_of(both)
    assert message.subject == both[1].subject
    assert "12:00" in message.text.partition(both[1].text)[0]
    assert "13:00" in message.text.partition(both[1].text)[0]
    assert message.text.endswith(both[1].text)
    assert max(map(len, message.text.splitlines())) <= WIDEST


@pytest.mark.parametrize("language", ["fr", "en"])
def test_many_become_a_list_of_all_incidents_with_their_times(language: Language) -> None:
    many = [notice(2 * number, identity=f"{number}-x", language=language) for number in range(1, 30)]
    many += [notice(100 + number, Kind.CLOSED, f"{number}-x", language) for number in range(1, 30)]
    message = message_of(many, lost=7)
    assert message.subject.startswith("[tour-perret] ")
    assert "58" in message.subject
    for number in range(1, 30):
        assert re.search(rf"^- {number}-x", message.text, re.MULTILINE)
    assert ": 7." in message.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Europe/Paris" in message.text
    assert max(map(len, message.text.splitlines())) <= WIDEST
    assert "{" not in message.text
    assert message.notices == tuple(many)


def test_a_repetition_has_the_same_identity_and_other_content_another() -> None:
    first, second, third = (notice(number, identity=f"{number}-x") for number in (1, 2, 3))
    assert message_of([first, second]).id == message_of([first, second]).id
    assert message_of([first, second]).id != message_of([first, second, third]).id


def test_a_notice_holds_the_facts_for_a_program_too() -> None:
    made = notice_of(news(Kind.CLOSED), "metropole", "fr", SETTING, number=7, unix_s=None)
    assert (made.begins_unix_s, made.detected_unix_s, made.ends_unix_s) == (NOON, NOON + 60, NOON + 3_600)
    assert (made.number, made.state, made.cause, made.clock_sure) == (7, "down", "radio", False)
