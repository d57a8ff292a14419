"""What others send: taken as its schema says, or refused, and never a surprise."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.inbound import FAULTS, LONGEST_DETAIL, Fault, Refusal, read_command, read_report
from gateway.link.messages_command import (
    COMMANDS,
    LONGEST_COMMAND_BYTES,
    AnnounceMaintenance,
    CommandName,
    ReloadPolicy,
    RestartRadio,
    SetLogLevel,
)
from gateway.link.messages_depositor import LONGEST_REPORT_BYTES, ProblemReport

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = [name.value for name in CommandName]


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def refusal(read: object) -> Refusal:
    assert isinstance(read, Refusal)
    return read


def test_a_report_needs_a_text_alone() -> None:
    assert read_report(body(text="Plus rien depuis hier.\nSquare du Nord.")) == ProblemReport(
        text="Plus rien depuis hier.\nSquare du Nord."
    )


def test_a_report_may_name_a_device_a_contact_and_what_its_answer_is_to_name() -> None:
    report = ProblemReport(text="x", dev_eui="00005eef10000001", contact="J. Martin", correlation_id="7/a")
    assert read_report(body(text="x", dev_eui="00005eef10000001", contact="J. Martin", correlation_id="7/a")) == report


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({}, "`text`"),
        ({"text": ""}, "$.text"),
        ({"text": " \n "}, "$.text"),
        ({"text": "x" * 2001}, "$.text"),
        ({"text": "a\0"}, "$.text"),
        ({"text": "a\x1b[2J"}, "$.text"),
        ({"text": "a\u202eb"}, "$.text"),
        ({"text": "a\r\n"}, "$.text"),
        ({"text": "a\n"}, None),
        ({"text": "x" * 2000}, None),
        ({"text": 1}, "$.text"),
        ({"text": None}, "$.text"),
        ({"text": "x", "dev_eui": "00005EEF1000000"}, "$.dev_eui"),
        ({"text": "x", "dev_eui": "00005EEF1000000\u0661"}, "$.dev_eui"),
        ({"text": "x", "dev_eui": None}, None),
        ({"text": "x", "contact": "a\nb"}, "$.contact"),
        ({"text": "x", "contact": "a" * 201}, "$.contact"),
        ({"text": "x", "correlation_id": "a" * 65}, "$.correlation_id"),
        ({"text": "x", "correlation_id": "a b"}, "$.correlation_id"),
        ({"text": "x", "more": 1}, "`more`"),
    ],
)
def test_a_report_is_as_its_schema_says(fields: dict[str, Any], where: str | None) -> None:
    read = read_report(body(**fields))
    if where is None:
        assert isinstance(read, ProblemReport)
    else:
        assert refusal(read).fault is Fault.MISFIT
        assert where in refusal(read).detail


def test_a_long_message_is_not_even_read() -> None:
    at_most = body(text="x").ljust(LONGEST_REPORT_BYTES)
    assert isinstance(read_report(at_most), ProblemReport)
    assert refusal(read_report(at_most + b" ")).fault is Fault.TOO_LONG
    assert refusal(read_command("log_level", b" " * (LONGEST_COMMAND_BYTES + 1))).fault is Fault.TOO_LONG


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b'{"text":"x"} {}',
        b'{"text":"\xff"}',
        b'{"text":"\\ud800"}',
        b"NaN",
        b"[" * 10_000,
        b'{"text":' + b"[" * 10_000,
        b'{"more":' + b'{"a":' * 3_000,
    ],
)
def test_what_is_no_json_is_refused_however_deep(payload: bytes) -> None:
    assert refusal(read_report(payload)).fault in {Fault.NOT_JSON, Fault.MISFIT}


@given(st.binary() | ANY_JSON.map(lambda value: json.dumps(value).encode()))
def test_nothing_that_can_be_sent_raises(payload: bytes) -> None:
    assert isinstance(read_report(payload), ProblemReport | Refusal)
    for name in NAMES:
        assert isinstance(read_command(name, payload), COMMANDS[CommandName(name)] | Refusal)


@given(st.dictionaries(st.text(), st.text(), min_size=1))
def test_a_refusal_is_one_short_printable_line(fields: dict[str, str]) -> None:
    detail = refusal(read_report(json.dumps(fields | {"more": 1}).encode())).detail
    assert detail.isprintable()
    assert len(detail) <= LONGEST_DETAIL


def test_a_refusal_says_nothing_of_a_values_content() -> None:
    assert "secret" not in refusal(read_report(body(text="secret\0", dev_eui="secret"))).detail
    assert "secret" not in refusal(read_command("log_level", body(level="secret"))).detail


def test_an_answer_can_be_found_again_though_the_request_is_refused() -> None:
    assert refusal(read_report(body(text="", correlation_id="7"))).correlation_id == "7"
    assert refusal(read_command("log_level", body(level="all", correlation_id="8"))).correlation_id == "8"
    assert refusal(read_command("announce_maintenance", body(correlation_id="9"))).correlation_id == "9"
    assert refusal(read_report(body(text="", correlation_id="a b"))).correlation_id is None


def test_every_fault_has_words_in_both_languages() -> None:
    assert set(FAULTS) == set(Fault)


def test_the_commands_are_read_by_the_name_in_their_topic() -> None:
    assert set(COMMANDS) == set(CommandName)
    assert read_command("reload_policy", b"") == ReloadPolicy()
    assert read_command("restart_radio", body(by="J. Martin")) == RestartRadio(by="J. Martin")
    assert read_command("log_level", body(level="debug", correlation_id="1")) == SetLogLevel(
        level="debug", correlation_id="1"
    )


@pytest.mark.parametrize("name", ["", "reboot", "RELOAD_POLICY", "log_level/reply"])
def test_other_commands_do_not_exist(name: str) -> None:
    read = refusal(read_command(name, b"{}"))
    assert read.fault is Fault.UNKNOWN_COMMAND
    assert "restart_radio" in read.detail


@pytest.mark.parametrize("name", NAMES)
def test_a_command_has_no_field_that_it_does_not_know(name: str) -> None:
    assert refusal(read_command(name, body(force=True))).fault is Fault.MISFIT


BEGINS, ENDS = "2026-03-04T09:00:00.000Z", "2026-03-04T10:30:00.000Z"


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": "antenne", "begins": BEGINS, "ends": ENDS},
        {"reason": "antenne", "begins": BEGINS},
        {"reason": "antenne", "ends": ENDS},
        {"reason": "antenne"},
        {"over": True},
        {"over": True, "by": "J. Martin"},
    ],
)
def test_work_is_announced_with_or_without_its_times_and_told_to_be_over(fields: dict[str, Any]) -> None:
    assert read_command("announce_maintenance", body(**fields)) == AnnounceMaintenance(**fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "reason must say"),
        ({"begins": BEGINS, "ends": ENDS}, "reason must say"),
        ({"reason": "antenne", "begins": ENDS, "ends": BEGINS}, "ends must be after begins"),
        ({"reason": "antenne", "begins": BEGINS, "ends": BEGINS}, "ends must be after begins"),
        ({"reason": "antenne", "ends": "2026-02-30T00:00:00.000Z"}, "dates that the calendar has"),
        ({"reason": "antenne", "begins": "2026-02-30T00:00:00.000Z"}, "dates that the calendar has"),
        ({"reason": "antenne", "ends": "\u0662026-03-04T10:30:00.000Z"}, "$.ends"),
        ({"reason": "antenne", "over": True}, "over must stand without"),
        ({"begins": BEGINS, "over": True}, "over must stand without"),
        ({"ends": ENDS, "over": True}, "over must stand without"),
    ],
)
def test_an_announcement_that_contradicts_itself_is_refused(fields: dict[str, Any], words: str) -> None:
    read = refusal(read_command("announce_maintenance", body(**fields)))
    assert read.fault is Fault.MISFIT
    assert words in read.detail


def test_a_time_of_whole_seconds_is_taken_and_told_with_milliseconds() -> None:
    fields = {"reason": "antenne", "begins": "2026-03-04T09:00:00Z", "ends": "2026-03-04T10:30:00Z"}
    expected = AnnounceMaintenance(reason="antenne", begins=BEGINS, ends=ENDS)
    assert read_command("announce_maintenance", body(**fields)) == expected


@pytest.mark.parametrize("time", ["soon", "2026-03-04T10:30:00+01:00", "2026-03-04 10:30", "2026-03-04T10:30:00.5Z"])
def test_a_time_in_another_form_is_refused_with_the_form_that_is_wanted(time: str) -> None:
    read = refusal(read_command("announce_maintenance", body(reason="antenne", ends=time)))
    assert read.detail == "must be a time in UTC, as 2026-01-31T12:00:00Z - at `$.ends`"


def test_nobody_is_shown_a_regular_expression() -> None:
    read = refusal(read_command("announce_maintenance", body(reason="two\nlines")))
    assert read.detail == "not written as the schema describes it - at `$.reason`"
