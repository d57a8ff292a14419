"""Results together: their order, and what is left of looks from two ends."""

from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import Fault
from gateway.doctor.host import missing_pi_packages
from gateway.doctor.result import Examination, Grade, found, in_order, passed, skipped

MISSING = missing_pi_packages(["spidev", "rpi-lgpio"])


def test_results_stand_in_the_order_of_the_chain_and_else_as_they_came() -> None:
    results = [passed(Check.SERVER, "b"), passed(Check.SERVER, "a"), passed(Check.PYTHON)]
    assert [(one.check, one.subject) for one in in_order(results)] == [
        (Check.PYTHON, ""),
        (Check.SERVER, "b"),
        (Check.SERVER, "a"),
    ]


def test_what_was_found_twice_is_told_once() -> None:
    assert in_order([MISSING, MISSING]) == (MISSING,)


def test_packages_that_were_named_together_are_not_named_once_more() -> None:
    assert in_order([MISSING, missing_pi_packages(["spidev"])]) == (MISSING,)


def test_what_passed_at_one_look_does_not_stand_beside_a_fault_found_at_another() -> None:
    assert in_order([passed(Check.PACKAGES, count=8), MISSING]) == (MISSING,)


def test_a_fault_of_one_server_leaves_another_as_it_is() -> None:
    down, well = found(Check.SERVER, Fault.SERVER_DOWN, "a"), passed(Check.SERVER, "b")
    assert in_order([down, well]) == (down, well)


def examination(*grades: Grade) -> Examination:
    by_grade = {
        Grade.PASS: passed(Check.PYTHON),
        Grade.SKIPPED: skipped(Check.GNSS, Reason.NOT_CONFIGURED),
        Grade.WARN: found(Check.GNSS, Fault.GNSS_NO_FIX),
        Grade.FAIL: found(Check.CHIP, Fault.CHIP_VERSION_00),
    }
    return Examination(tuple(by_grade[grade] for grade in grades), 0, 0.0, service_runs=False)


def test_the_verdict_is_the_worst_grade() -> None:
    assert examination(Grade.PASS, Grade.FAIL, Grade.WARN).verdict is Grade.FAIL
    assert examination(Grade.PASS, Grade.WARN, Grade.SKIPPED).verdict is Grade.WARN
    assert examination(Grade.PASS, Grade.SKIPPED).verdict is Grade.PASS
    assert examination(Grade.SKIPPED).verdict is Grade.PASS
    assert examination().verdict is Grade.PASS


def test_a_failure_is_mended_before_a_warning_that_comes_earlier() -> None:
    first = examination(Grade.WARN, Grade.FAIL).first_to_mend
    assert first is not None
    assert first.grade is Grade.FAIL
    assert examination(Grade.PASS).first_to_mend is None
