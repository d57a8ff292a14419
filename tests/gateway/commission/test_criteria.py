"""What a gateway has to show, criterion by criterion."""

import msgspec
import pytest

from gateway.commission.criteria import LEAST_FRAMES, Conclusion, Key, Source, State, Why, conclusion
from gateway.commission.site import AcceptanceTable, GatewayTable, SurveyedDeviceTable
from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import Fault
from gateway.doctor.result import CheckResult, found, passed, skipped
from gateway.survey.result import DeviceSurvey
from tests.gateway.commission.scene import (
    FACTS,
    SITE,
    TESTER,
    changed,
    examined,
    heard,
    judged,
    of_key,
    support,
    surveyed,
)

TESTED = changed(test_device=(TESTER,))


def state(key: Key, *results: CheckResult) -> State:
    return of_key(key, judged(examination=examined(*results))).state


def device_state(
    key: Key, device: DeviceSurvey | None, tester: SurveyedDeviceTable = TESTER
) -> tuple[State, Why | None]:
    survey = surveyed() if device is None else surveyed(device)
    criterion = of_key(key, judged(changed(test_device=(tester,)), survey=survey))
    return criterion.state, criterion.why


def test_a_gateway_in_order_meets_all_that_was_examined() -> None:
    criteria = judged(TESTED, survey=surveyed(heard()))
    assert {criterion.state for criterion in criteria} == {State.MET}
    assert conclusion(criteria) is Conclusion.FULFILLED


def test_one_that_is_not_met_is_enough_against_it() -> None:
    assert conclusion(judged(changed(photo=()), survey=None)) is Conclusion.NOT_FULFILLED


def test_what_was_not_examined_leaves_it_open() -> None:
    assert conclusion(judged(survey=None)) is Conclusion.INCOMPLETE


def test_a_failure_anywhere_counts_against_the_examination_and_a_warning_does_not() -> None:
    assert state(Key.DOCTOR, found(Check.DISK, Fault.DISK_FULL)) is State.NOT_MET
    assert state(Key.DOCTOR, found(Check.DISK, Fault.DISK_NEARLY_FULL)) is State.MET


@pytest.mark.parametrize(
    ("key", "result"),
    [
        (Key.RESET_LINE, found(Check.RESET_LINE, Fault.GPIO_BUSY)),
        (Key.RESET_LINE, found(Check.RESET_LINE, Fault.RESET_PIN_UNKNOWN)),
        (Key.RESET_LINE, found(Check.CHIP, Fault.CHIP_VERSION_00)),
        (Key.RECEPTION, found(Check.RECEPTION, Fault.ONLY_BAD_CRC)),
        (Key.RECEPTION, found(Check.RADIOS, Fault.CALIBRATION_FAILED)),
        (Key.CLOCK, found(Check.CLOCK, Fault.CLOCK_NOT_KEPT)),
        (Key.SERVER, found(Check.SERVER, Fault.SERVER_REFUSES, "main")),
        (Key.POLICY, found(Check.POLICY, Fault.POLICY_ENDED)),
    ],
)
def test_what_doctor_finds_wrong_is_not_met(key: Key, result: CheckResult) -> None:
    assert state(key, result) is State.NOT_MET


def test_a_policy_that_ends_soon_is_in_force() -> None:
    assert state(Key.POLICY, found(Check.POLICY, Fault.POLICY_ENDING)) is State.MET


@pytest.mark.parametrize(
    ("key", "check"),
    [(Key.RESET_LINE, Check.RESET_LINE), (Key.RECEPTION, Check.RECEPTION), (Key.CLOCK, Check.CLOCK)],
)
def test_what_doctor_left_out_is_not_examined_whatever_else_passed(key: Key, check: Check) -> None:
    assert state(key, skipped(check, Reason.EARLIER_FAULT)) is State.NOT_EXAMINED


@pytest.mark.parametrize(
    ("pin", "state", "why"), [(23, State.MET, Why.RESET_AT_START), (None, State.NOT_MET, Why.NO_RESET_PIN)]
)
def test_beside_a_service_at_work_its_own_starts_tell_of_the_reset_line(
    pin: int | None, state: State, why: Why
) -> None:
    left = examined(skipped(Check.RESET_LINE, Reason.SERVICE_SAYS_NOTHING))
    criterion = of_key(Key.RESET_LINE, judged(facts=msgspec.structs.replace(FACTS, reset_pin=pin), examination=left))
    assert (criterion.state, criterion.why) == (state, why)


def test_a_service_whose_radio_is_lost_tells_nothing_of_the_reset_line() -> None:
    lost = examined(
        skipped(Check.RESET_LINE, Reason.SERVICE_SAYS_NOTHING), skipped(Check.CHIP, Reason.SERVICE_SAYS_NOTHING)
    )
    facts = msgspec.structs.replace(FACTS, reset_pin=23)
    assert of_key(Key.RESET_LINE, judged(facts=facts, examination=lost)).state is State.NOT_EXAMINED


def test_without_a_policy_the_criterion_says_so() -> None:
    criterion = of_key(Key.POLICY, judged(examination=examined(skipped(Check.POLICY, Reason.NOT_CONFIGURED))))
    assert (criterion.state, criterion.why) == (State.NOT_EXAMINED, Why.NO_POLICY)


def test_each_server_is_a_criterion_of_its_own() -> None:
    two = examined(passed(Check.SERVER, "main"), found(Check.SERVER, Fault.SERVER_SILENT, "spare"))
    servers = {each.subject: each.state for each in judged(examination=two) if each.key is Key.SERVER}
    assert servers == {"main": State.MET, "spare": State.NOT_MET}


def test_name_and_eui_have_to_be_known() -> None:
    for missing, why in (({"name": ""}, Why.NO_NAME), ({"eui": ""}, Why.NO_EUI)):
        criterion = of_key(Key.IDENTITY, judged(facts=msgspec.structs.replace(FACTS, **missing)))
        assert (criterion.state, criterion.why) == (State.NOT_MET, why)


def test_damaged_packets_are_no_uplinks() -> None:
    assert of_key(Key.UPLINK, judged(survey=surveyed(packets=5, damaged=5))).state is State.NOT_MET
    assert of_key(Key.UPLINK, judged(survey=surveyed(packets=6, damaged=5))).state is State.MET


def test_the_margin_is_the_median_and_may_be_the_threshold_itself() -> None:
    assert device_state(Key.DEVICE_MARGIN, heard(margin_db=10.0)) == (State.MET, None)
    assert device_state(Key.DEVICE_MARGIN, heard(margin_db=9.9)) == (State.NOT_MET, None)


def test_the_loss_may_be_the_threshold_itself() -> None:
    assert device_state(Key.DEVICE_LOSS, heard(frames=95, lost=5)) == (State.MET, None)
    assert device_state(Key.DEVICE_LOSS, heard(frames=94, lost=6)) == (State.NOT_MET, None)


def test_too_few_messages_prove_nothing_good() -> None:
    assert device_state(Key.DEVICE_LOSS, heard(frames=LEAST_FRAMES - 1)) == (State.NOT_EXAMINED, Why.FEW_FRAMES)
    assert device_state(Key.DEVICE_LOSS, heard(frames=LEAST_FRAMES)) == (State.MET, None)
    assert device_state(Key.DEVICE_LOSS, heard(frames=5, lost=5)) == (State.NOT_MET, None)


def test_a_counter_that_tells_nothing_leaves_the_loss_open() -> None:
    assert device_state(Key.DEVICE_LOSS, heard(lost=None)) == (State.NOT_EXAMINED, Why.FEW_FRAMES)


def test_fsk_has_no_margin() -> None:
    assert device_state(Key.DEVICE_MARGIN, heard(margin_db=None)) == (State.NOT_EXAMINED, Why.NO_SIGNAL)


def test_a_test_device_that_is_not_heard_meets_nothing() -> None:
    other = heard(device="00005EEF10000002", dev_addr="26011A08")
    for key in (Key.DEVICE_MARGIN, Key.DEVICE_LOSS):
        assert device_state(key, other) == (State.NOT_MET, Why.NOT_HEARD)


def test_without_a_survey_it_is_not_examined() -> None:
    criterion = of_key(Key.DEVICE_LOSS, judged(TESTED, survey=None))
    assert (criterion.state, criterion.why) == (State.NOT_EXAMINED, Why.NO_SURVEY)


@pytest.mark.parametrize(
    "tester",
    [SurveyedDeviceTable("T", dev_eui="00005EEF10000001"), SurveyedDeviceTable("T", dev_addr="26011a07")],
    ids=["by DevEUI", "by DevAddr"],
)
def test_a_test_device_is_found_by_either_of_its_names(tester: SurveyedDeviceTable) -> None:
    assert device_state(Key.DEVICE_MARGIN, heard(), tester) == (State.MET, None)


def test_a_device_has_thresholds_of_its_own_before_those_of_the_site() -> None:
    site = changed(
        acceptance=AcceptanceTable(least_margin_db=12.0, most_loss_percent=20.0),
        test_device=(TESTER, SurveyedDeviceTable("Other", dev_addr="1", least_margin_db=3.0, most_loss_percent=30.0)),
    )
    told = [(each.threshold, each.source) for each in judged(site) if each.key is Key.DEVICE_MARGIN]
    assert told == [(12.0, Source.SITE), (3.0, Source.SITE)]
    assert [each.threshold for each in judged(site) if each.key is Key.DEVICE_LOSS] == [20.0, 30.0]


def test_a_threshold_that_nobody_chose_names_where_it_comes_from() -> None:
    told = judged(TESTED)
    assert of_key(Key.DEVICE_MARGIN, told).source is Source.ADR_MARGIN
    assert of_key(Key.DEVICE_LOSS, told).source is Source.ADR_LOSS


def test_work_on_anothers_furniture_needs_its_agreement() -> None:
    criterion = of_key(Key.AGREEMENT, judged(support(agreement=None)))
    assert (criterion.state, criterion.why) == (State.NOT_MET, Why.NO_AGREEMENT)


def test_ones_own_furniture_needs_none() -> None:
    criterion = of_key(Key.AGREEMENT, judged(support(agreement=None, owner="Ville")))
    assert (criterion.state, criterion.why) == (State.MET, Why.OWN_FURNITURE)


def test_whose_furniture_it_is_counts_by_the_gateways_own_owner() -> None:
    """The host may run a gateway that belongs to somebody else."""
    of_another = GatewayTable(energy="230 V", owner="Bailleur")
    lent = changed(support(agreement=None, owner="Ville"), gateway=of_another)
    own = changed(support(agreement=None, owner="Bailleur"), gateway=of_another)
    assert of_key(Key.AGREEMENT, judged(lent)).why is Why.NO_AGREEMENT
    assert of_key(Key.AGREEMENT, judged(own)).why is Why.OWN_FURNITURE


def test_roles_for_which_nobody_is_named_are_told() -> None:
    criterion = of_key(Key.PERSONS, judged(changed(person=SITE.person[:1])))
    assert (criterion.state, criterion.missing) == (State.NOT_MET, ("operation", "furniture"))


def test_a_site_without_a_position_or_a_photo_is_not_accepted() -> None:
    told = judged(changed(position=None, photo=()))
    assert of_key(Key.POSITION, told).state is State.NOT_MET
    assert of_key(Key.PHOTOS, told).state is State.NOT_MET
