"""The screen: 80 columns, colour where it helps, and plain characters where there are no others."""

import io

import pytest

from gateway.doctor.check import Check, Reason
from gateway.doctor.commands import COMMANDS
from gateway.doctor.english import ENGLISH
from gateway.doctor.fault import Fault
from gateway.doctor.french import FRENCH
from gateway.doctor.layout import WIDTH, Style, lines, style_of
from gateway.doctor.result import CheckResult, Examination, found, passed, skipped
from gateway.doctor.wording import placeholders
from gateway.doctor.words import Words

IN_BOTH = pytest.mark.parametrize("words", [FRENCH, ENGLISH], ids=["fr", "en"])
UTF_8 = {"LANG": "fr_FR.UTF-8", "TERM": "xterm"}


def examination(*results: CheckResult, service_runs: bool = False) -> Examination:
    return Examination(results, 1_796_256_000, 3.2, service_runs, "tour-perret", "0016C001FF10A235")


def worst(fault: Fault) -> CheckResult:
    """A fault with facts that are as long as they may well be."""
    texts = ENGLISH.faults[fault]
    names = placeholders(texts.says + texts.cause + texts.gesture + COMMANDS.get(fault, ""))
    facts = {name: 1_796_256_000 if name.endswith("_unix_s") else f"{name} as long as it may be" for name in names}
    return found(Check.CERTIFICATES, fault, "a-server-of-twenty-1", **facts)


@IN_BOTH
@pytest.mark.parametrize("fault", Fault)
def test_no_line_but_a_command_is_wider_than_the_terminal(words: Words, fault: Fault) -> None:
    for line in lines(examination(worst(fault)), words, Style()):
        assert len(line) <= WIDTH or line.lstrip().startswith("$ "), line


@IN_BOTH
@pytest.mark.parametrize("reason", Reason)
def test_why_a_link_was_not_examined_is_said_on_one_line(words: Words, reason: Reason) -> None:
    assert len(lines(examination(skipped(Check.FIRMWARE, reason)), words, Style())) == 6


def test_a_fault_is_told_with_its_cause_gesture_and_command() -> None:
    result = found(Check.RESET_LINE, Fault.RESET_WITHOUT_EFFECT, pin=17)
    assert lines(examination(passed(Check.PYTHON, version="3.11.2"), result), ENGLISH, Style())[3:] == [
        " ✓ Python      3.11.2",
        " ✗ Reset line  GPIO17 was pulsed and the chip was not reset: this is the wrong",
        "               reset line.",
        "     Why:  radio.reset_pin is another board's (a RAK2287 has 17 or 25, by its",
        "           carrier).",
        "     Do:   Find the right line, then write radio.board or radio.reset_pin:",
        "           $ sudo candelabre board detect",
        "",
        "TO MEND: 1 fault. Begin with: Reset line.",
    ]


def test_the_head_names_the_gateway_and_says_who_has_the_radio() -> None:
    head = lines(examination(service_runs=True), FRENCH, Style())[:2]
    assert head == [
        "Passerelle tour-perret (0016C001FF10A235), 3 décembre 2026",
        "Le service tourne\N{NO-BREAK SPACE}: la radio lui est laissée.",
    ]


def test_colour_is_around_what_is_graded_and_changes_no_text() -> None:
    whole = examination(passed(Check.PYTHON, version="3.11.2"), found(Check.GNSS, Fault.GNSS_NO_FIX))
    coloured = lines(whole, ENGLISH, Style(colour=True))
    assert any("\x1b[33m ! GNSS" in line or "\x1b[33m! GNSS" in line for line in coloured)
    bare = [line.replace("\x1b[0m", "") for line in coloured]
    for code in ("32", "33", "31", "2", "1;33"):
        bare = [line.replace(f"\x1b[{code}m", "") for line in bare]
    assert bare == lines(whole, ENGLISH, Style())


@IN_BOTH
def test_a_terminal_without_other_characters_gets_ascii_alone(words: Words) -> None:
    whole = examination(passed(Check.PYTHON, version="3.11.2"), *(worst(fault) for fault in Fault))
    shown = lines(whole, words, Style(ascii_only=True))
    assert all(line.isascii() for line in shown)
    assert shown[3].startswith(" + Python")


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Pipe(Terminal):
    def isatty(self) -> bool:
        return False


def test_there_is_colour_on_a_terminal_only() -> None:
    assert style_of(Terminal(), UTF_8).colour
    assert not style_of(Pipe(), UTF_8).colour


@pytest.mark.parametrize("more", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}])
def test_there_is_none_where_it_is_not_wanted_or_not_known(more: dict[str, str]) -> None:
    assert not style_of(Terminal(), UTF_8 | more).colour


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "fr_FR.UTF-8"}, False),
        ({"LC_ALL": "C", "LANG": "fr_FR.UTF-8"}, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),
        ({"LANG": "C.UTF-8"}, False),
        ({}, True),
    ],
)
def test_ascii_is_for_locales_that_have_no_more(environment: dict[str, str], expected: bool) -> None:
    assert style_of(Pipe(), environment).ascii_only is expected
