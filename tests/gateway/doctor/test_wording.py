"""The words: complete in both languages, distinct, short, and each with something to do."""

import itertools

import pytest

from gateway.doctor.check import Check, Reason
from gateway.doctor.commands import COMMANDS
from gateway.doctor.english import ENGLISH
from gateway.doctor.fault import Fault
from gateway.doctor.french import FRENCH
from gateway.doctor.result import Examination, found, passed, skipped
from gateway.doctor.wording import date_text, placeholders, told, verdict_line
from gateway.doctor.words import Where, Words

LONGEST_SAYS, LONGEST_CAUSE, LONGEST_GESTURE = 90, 100, 100
NO_BREAK = "\N{NO-BREAK SPACE}"
IN_BOTH = pytest.mark.parametrize("words", [FRENCH, ENGLISH], ids=["fr", "en"])


@IN_BOTH
def test_every_link_fault_and_reason_has_its_words(words: Words) -> None:
    assert set(words.titles) == set(words.passes) == set(Check)
    assert set(words.faults) == set(Fault)
    assert set(words.reasons) == set(Reason)


@IN_BOTH
def test_no_two_faults_are_told_alike(words: Words) -> None:
    for one, other in itertools.combinations(Fault, 2):
        first, second = words.faults[one], words.faults[other]
        assert first.says != second.says, (one, other)
        assert first.cause != second.cause, (one, other)
        assert (first.gesture, COMMANDS.get(one)) != (second.gesture, COMMANDS.get(other)), (one, other)


@IN_BOTH
@pytest.mark.parametrize("fault", Fault)
def test_each_fault_has_a_short_sentence_a_cause_and_a_gesture(words: Words, fault: Fault) -> None:
    said = words.faults[fault]
    assert 10 < len(said.says) <= LONGEST_SAYS
    assert 10 < len(said.cause) <= LONGEST_CAUSE
    assert 10 < len(said.gesture) <= LONGEST_GESTURE


@IN_BOTH
@pytest.mark.parametrize("fault", Fault)
def test_a_gesture_ends_with_a_colon_only_where_something_to_type_follows(words: Words, fault: Fault) -> None:
    if words.faults[fault].gesture.endswith(":"):
        assert fault in COMMANDS


@pytest.mark.parametrize("fault", Fault)
def test_both_languages_tell_the_same_facts(fault: Fault) -> None:
    french, english = FRENCH.faults[fault], ENGLISH.faults[fault]
    assert placeholders(french.says) == placeholders(english.says)
    assert placeholders(french.cause) == placeholders(english.cause)
    assert placeholders(french.gesture) == placeholders(english.gesture)


@pytest.mark.parametrize("check", Check)
def test_both_languages_have_the_same_ways_to_say_that_a_link_is_in_order(check: Check) -> None:
    def needs(words: Words) -> list[frozenset[str]]:
        return [
            placeholders(one.text) | {one.fact} if isinstance(one, Where) else placeholders(one)
            for one in words.passes[check]
        ]

    assert needs(FRENCH) == needs(ENGLISH)


def test_the_fullest_way_to_say_it_is_used() -> None:
    assert told(passed(Check.SERVER, "main", host="lns.example.org", rtt_ms=12), ENGLISH).says == (
        "lns.example.org answers in 12 ms"
    )
    assert told(passed(Check.SERVER, "main"), ENGLISH).says == "in contact, says the service"


def test_a_subject_follows_the_title() -> None:
    assert told(passed(Check.SERVER, "main"), FRENCH).title == "Serveur main"


def test_french_marks_stand_behind_a_no_break_space() -> None:
    says = told(found(Check.CHIP, Fault.CHIP_VERSION_OTHER, version="0x67"), FRENCH).says
    assert f"0x67{NO_BREAK};" in says
    assert " ;" not in says


@pytest.mark.parametrize(
    ("words", "date", "number"), [(FRENCH, "3 décembre 2026", "81,5"), (ENGLISH, "3 December 2026", "81.5")]
)
def test_dates_and_numbers_are_those_of_the_language(words: Words, date: str, number: str) -> None:
    assert date_text(1_796_256_000, words) == date
    assert number in told(found(Check.TEMPERATURE, Fault.BOARD_HOT, temperature_c=81.5), words).says


def test_what_others_said_is_one_line_of_bounded_length() -> None:
    problem = "\x1b[31mbad\r\nworse " + "x" * 500
    says = told(found(Check.RECEPTION, Fault.RADIO_LOST, problem=problem), ENGLISH).says
    assert says.isprintable()
    assert len(says) < 220


def test_what_is_typed_next_means_to_the_shell_what_it_says() -> None:
    unknown = found(Check.NAMES, Fault.NAME_UNKNOWN, host="x; reboot")
    assert told(unknown, ENGLISH).command == "getent hosts 'x; reboot'"
    missing = found(Check.PACKAGES, Fault.PI_PACKAGE_MISSING, packages="", debian="python3-spidev python3-rpi-lgpio")
    assert told(missing, ENGLISH).command == "sudo apt install python3-spidev python3-rpi-lgpio"


def test_what_is_typed_next_is_one_line_too() -> None:
    result = found(Check.CONFIGURATION, Fault.CONFIGURATION_WRONG, path="/etc/a\x1b[2Jb", count=1, problem="x")
    assert told(result, ENGLISH).command == "sudoedit '/etc/a [2Jb'"


def examination(*results: object) -> Examination:
    return Examination(tuple(results), 1_796_256_000, 1.0, service_runs=False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (FRENCH, f"À RÉPARER{NO_BREAK}: 1 panne et 2 avertissements. Commencez par{NO_BREAK}: Puce."),
        (ENGLISH, "TO MEND: 1 fault and 2 warnings. Begin with: Chip."),
    ],
)
def test_the_verdict_counts_and_names_what_to_begin_with(words: Words, expected: str) -> None:
    whole = examination(
        found(Check.RESET_LINE, Fault.RESET_PIN_UNKNOWN),
        found(Check.CHIP, Fault.CHIP_VERSION_00, version="0x00"),
        found(Check.CLOCK, Fault.CLOCK_NOT_KEPT, now_unix_s=0),
    )
    assert verdict_line(whole, words) == expected


def test_the_verdict_of_warnings_alone_says_that_it_works() -> None:
    whole = examination(passed(Check.PYTHON, version="3.11"), found(Check.GNSS, Fault.GNSS_NO_FIX))
    assert verdict_line(whole, ENGLISH) == "WORKS, with 1 warning. Next: GNSS."


def test_the_verdict_of_an_examination_without_a_fault_leaves_out_what_was_not_examined() -> None:
    whole = examination(passed(Check.PYTHON, version="3.11"), skipped(Check.GNSS, Reason.NOT_CONFIGURED))
    assert verdict_line(whole, ENGLISH) == "IN ORDER: 1 links examined, no fault."
