"""What a gateway has to show before both parties take it into service, and whether it does. Pure."""

import enum
from collections.abc import Iterator, Sequence

import msgspec

from gateway.commission.site import GatewayFacts, Role, Site, SurveyedDeviceTable
from gateway.doctor.check import Check, Reason
from gateway.doctor.result import CheckResult, Examination, Grade
from gateway.survey.result import DeviceSurvey, SurveyResult

LEAST_FRAMES = 20
"""To tell 5 % of loss from none; and what servers look back on for their adaptive data rate."""
NEEDED_ROLES: tuple[Role, ...] = ("installation", "operation", "furniture")


class Key(enum.StrEnum):
    """What is asked for. The values are what the JSON form says; they never change their meaning."""

    DOCTOR = "doctor"
    RESET_LINE = "reset_line"
    RECEPTION = "reception"
    CLOCK = "clock"
    SERVER = "server"
    POLICY = "policy"
    IDENTITY = "identity"
    UPLINK = "uplink"
    DEVICE_MARGIN = "device_margin"
    DEVICE_LOSS = "device_loss"
    POSITION = "position"
    AGREEMENT = "agreement"
    PHOTOS = "photos"
    PERSONS = "persons"


class State(enum.StrEnum):
    """Met, not met, or nobody looked."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_EXAMINED = "not_examined"


class Source(enum.StrEnum):
    """Where a criterion, or its threshold, comes from."""

    DOCTOR = "doctor"
    CONVENTION_8_HOST = "convention_8_host"
    CONVENTION_8_DEPOSITOR = "convention_8_depositor"
    CONVENTION_9 = "convention_9"
    ANNEXE_1 = "annexe_1"
    SITE = "site"
    ADR_MARGIN = "adr_margin"
    ADR_LOSS = "adr_loss"


class Why(enum.StrEnum):
    """What else is to be said of a criterion."""

    RESET_AT_START = "reset_at_start"
    NO_RESET_PIN = "no_reset_pin"
    NO_SURVEY = "no_survey"
    NOT_HEARD = "not_heard"
    FEW_FRAMES = "few_frames"
    NO_SIGNAL = "no_signal"
    NO_POLICY = "no_policy"
    NO_NAME = "no_name"
    NO_EUI = "no_eui"
    NO_POSITION = "no_position"
    OWN_FURNITURE = "own_furniture"
    NO_AGREEMENT = "no_agreement"
    NO_PHOTO = "no_photo"
    NO_PERSON = "no_person"


class Criterion(msgspec.Struct, frozen=True):
    """One of them. `subject` is a server or a test device; `results` are doctor's, where they decided, the decisive
    first.

    `measured` is the worse the further it is from `threshold`: decibels of margin, percent of loss, a number of things.
    `missing` are the roles for which nobody is named.
    """

    key: Key
    state: State
    source: Source
    subject: str = ""
    measured: float | None = None
    threshold: float | None = None
    why: Why | None = None
    results: tuple[CheckResult, ...] = ()
    missing: tuple[Role, ...] = ()


class Conclusion(enum.StrEnum):
    """What the criteria come to together."""

    FULFILLED = "fulfilled"
    INCOMPLETE = "incomplete"
    NOT_FULFILLED = "not_fulfilled"


def criteria(
    site: Site, gateway: GatewayFacts, host: str, examination: Examination, survey: SurveyResult | None
) -> tuple[Criterion, ...]:
    """All of them, in the order of the sheet. `host` is the party whose network it is."""
    return (
        *_by_doctor(examination, gateway),
        _identity(gateway),
        _uplink(survey),
        *(each for device in site.test_device for each in _device(device, site, survey)),
        *_by_site(site, host),
    )


def conclusion(judged: Sequence[Criterion]) -> Conclusion:
    """One criterion that is not met is enough against it; what was not examined leaves it open."""
    states = {criterion.state for criterion in judged}
    if State.NOT_MET in states:
        return Conclusion.NOT_FULFILLED
    return Conclusion.INCOMPLETE if State.NOT_EXAMINED in states else Conclusion.FULFILLED


def _by_doctor(examination: Examination, gateway: GatewayFacts) -> Iterator[Criterion]:
    failures = examination.of_grade(Grade.FAIL)
    state = State.NOT_MET if failures else State.MET
    yield Criterion(Key.DOCTOR, state, Source.DOCTOR, measured=len(failures), threshold=0, results=failures)
    yield _reset_line(examination, gateway)
    yield _of_checks(Key.RECEPTION, examination, Check.RECEPTION, Check.RADIOS)
    yield _of_checks(Key.CLOCK, examination, Check.CLOCK)
    for result in (each for each in examination.results if each.check is Check.SERVER):
        state = _state((result,), warning_is_met=True)
        yield Criterion(Key.SERVER, state, Source.CONVENTION_8_HOST, result.subject, results=(result,))
    yield _policy(examination)


def _reset_line(examination: Examination, gateway: GatewayFacts) -> Criterion:
    """Doctor's finding; where it left the radio to the service, that this pulses the line at each of its starts."""
    told = _of_checks(Key.RESET_LINE, examination, Check.RESET_LINE, Check.CHIP)
    left_to_service = any(result.reason is Reason.SERVICE_SAYS_NOTHING for result in told.results)
    at_work = any(result.check is Check.CHIP and result.grade is Grade.PASS for result in told.results)
    if not (left_to_service and at_work):
        return told
    state, why = (State.MET, Why.RESET_AT_START) if gateway.reset_pin is not None else (State.NOT_MET, Why.NO_RESET_PIN)
    return msgspec.structs.replace(told, state=state, why=why)


def _of_checks(key: Key, examination: Examination, decisive: Check, *before: Check) -> Criterion:
    """Met where the decisive check passed without a warning, and what it rests on did not fail."""
    decided = tuple(result for result in examination.results if result.check is decisive)
    others = tuple(result for result in examination.results if result.check in before)
    failed = any(result.grade is Grade.FAIL for result in others)
    return Criterion(key, State.NOT_MET if failed else _state(decided), Source.DOCTOR, results=(*decided, *others))


def _policy(examination: Examination) -> Criterion:
    results = tuple(result for result in examination.results if result.check is Check.POLICY)
    configured = any(result.reason is not Reason.NOT_CONFIGURED for result in results)
    return Criterion(
        Key.POLICY,
        _state(results, warning_is_met=True),
        Source.CONVENTION_8_DEPOSITOR,
        why=None if configured else Why.NO_POLICY,
        results=results,
    )


def _state(results: Sequence[CheckResult], *, warning_is_met: bool = False) -> State:
    grades = {result.grade for result in results}
    if Grade.FAIL in grades or (Grade.WARN in grades and not warning_is_met):
        return State.NOT_MET
    return State.MET if grades & {Grade.PASS, Grade.WARN} else State.NOT_EXAMINED


def _identity(gateway: GatewayFacts) -> Criterion:
    why = Why.NO_NAME if not gateway.name else None if gateway.eui else Why.NO_EUI
    return Criterion(Key.IDENTITY, State.NOT_MET if why else State.MET, Source.ANNEXE_1, why=why)


def _uplink(survey: SurveyResult | None) -> Criterion:
    if survey is None:
        return Criterion(Key.UPLINK, State.NOT_EXAMINED, Source.CONVENTION_8_HOST, threshold=1, why=Why.NO_SURVEY)
    heard = survey.packets - survey.damaged
    state = State.MET if heard else State.NOT_MET
    return Criterion(Key.UPLINK, state, Source.CONVENTION_8_HOST, measured=heard, threshold=1)


def _device(device: SurveyedDeviceTable, site: Site, survey: SurveyResult | None) -> Iterator[Criterion]:
    least, own = device.least_margin_db, site.acceptance
    margin_db = own.least_margin_db if least is None else least
    loss_percent = own.most_loss_percent if device.most_loss_percent is None else device.most_loss_percent
    defaults = type(own)()
    margin = Criterion(
        Key.DEVICE_MARGIN,
        State.NOT_EXAMINED,
        Source.ADR_MARGIN if margin_db == defaults.least_margin_db else Source.SITE,
        device.name,
        threshold=margin_db,
    )
    loss = Criterion(
        Key.DEVICE_LOSS,
        State.NOT_EXAMINED,
        Source.ADR_LOSS if loss_percent == defaults.most_loss_percent else Source.SITE,
        device.name,
        threshold=loss_percent,
    )
    replace = msgspec.structs.replace
    if survey is None:
        yield from (replace(each, why=Why.NO_SURVEY) for each in (margin, loss))
        return
    heard = _heard(device, survey)
    if heard is None:
        yield from (replace(each, state=State.NOT_MET, why=Why.NOT_HEARD) for each in (margin, loss))
        return
    yield _margin(margin, heard)
    yield _loss(loss, heard)


def _heard(device: SurveyedDeviceTable, survey: SurveyResult) -> DeviceSurvey | None:
    wanted = (device.dev_eui or device.dev_addr or "").upper()
    found = (each for each in survey.devices if wanted in {each.device.upper(), (each.dev_addr or "").upper()})
    return next(found, None)


def _margin(criterion: Criterion, heard: DeviceSurvey) -> Criterion:
    if heard.margin_db is None:
        return msgspec.structs.replace(criterion, why=Why.NO_SIGNAL)
    measured, threshold = heard.margin_db.median, criterion.threshold
    state = State.MET if threshold is not None and measured >= threshold else State.NOT_MET
    return msgspec.structs.replace(criterion, state=state, measured=measured)


def _loss(criterion: Criterion, heard: DeviceSurvey) -> Criterion:
    """Too few frames prove nothing good; what is bad among few is bad all the same."""
    share, threshold = heard.loss_share, criterion.threshold
    if share is None or threshold is None:
        return msgspec.structs.replace(criterion, why=Why.FEW_FRAMES)
    measured = 100 * share
    if measured > threshold:
        return msgspec.structs.replace(criterion, state=State.NOT_MET, measured=measured)
    if heard.frames < LEAST_FRAMES:
        return msgspec.structs.replace(criterion, measured=measured, why=Why.FEW_FRAMES)
    return msgspec.structs.replace(criterion, state=State.MET, measured=measured)


def _by_site(site: Site, host: str) -> Iterator[Criterion]:
    known = site.position is not None
    yield Criterion(Key.POSITION, _met(known), Source.ANNEXE_1, why=None if known else Why.NO_POSITION)
    yield _agreement(site, host)
    photos = len(site.photo)
    yield Criterion(
        Key.PHOTOS, _met(photos > 0), Source.SITE, measured=photos, threshold=1, why=None if photos else Why.NO_PHOTO
    )
    named = {person.role for person in site.person}
    missing = tuple(role for role in NEEDED_ROLES if role not in named)
    yield Criterion(
        Key.PERSONS, _met(not missing), Source.ANNEXE_1, why=Why.NO_PERSON if missing else None, missing=missing
    )


def _agreement(site: Site, host: str) -> Criterion:
    """Work on another party's furniture needs its agreement before (article 9)."""
    if site.support.agreement:
        return Criterion(Key.AGREEMENT, State.MET, Source.CONVENTION_9)
    if site.support.owner == (site.gateway.owner or host):
        return Criterion(Key.AGREEMENT, State.MET, Source.CONVENTION_9, why=Why.OWN_FURNITURE)
    return Criterion(Key.AGREEMENT, State.NOT_MET, Source.CONVENTION_9, why=Why.NO_AGREEMENT)


def _met(holds: bool) -> State:
    return State.MET if holds else State.NOT_MET
