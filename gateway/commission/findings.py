"""A criterion in words: what is asked for, what was found. Plain text, for the sheet and for the terminal. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gateway.commission.criteria import Criterion, Key
from gateway.commission.english import ENGLISH
from gateway.commission.french import FRENCH
from gateway.commission.sheet import Sheet
from gateway.commission.site import Role
from gateway.commission.words import CriteriaWords, SheetWords
from gateway.doctor.result import CheckResult, Grade
from gateway.doctor.wording import told, wording_of
from gateway.language import Language
from gateway.report.formats import Formats

WORDS: Mapping[Language, SheetWords] = {"fr": FRENCH, "en": ENGLISH}


def requirement(criterion: Criterion, formats: Formats) -> str:
    """What is asked for."""
    threshold = "" if criterion.threshold is None else short(criterion.threshold, formats)
    words = WORDS[formats.language].criteria
    return words.keys[criterion.key].format(subject=criterion.subject, threshold=threshold)


def source(criterion: Criterion, formats: Formats) -> str:
    """Where it comes from."""
    return WORDS[formats.language].criteria.sources[criterion.source]


def finding(criterion: Criterion, sheet: Sheet, formats: Formats) -> str:
    """What was found, as a clause."""
    words = WORDS[formats.language].criteria
    parts = [_measured(criterion, sheet, formats, words)]
    if criterion.why is not None:
        parts.append(words.whys[criterion.why].format(roles=_roles(criterion.missing, formats)))
    return words.between.join(filter(None, parts))


def counted(sheet: Sheet, formats: Formats) -> str:
    """How many criteria are met, not met, not examined."""
    states = [criterion.state.value for criterion in sheet.criteria]
    numbers = {state: states.count(state) for state in ("met", "not_met", "not_examined")}
    return WORDS[formats.language].criteria.counted.format(**numbers)


def short(number: float, formats: Formats) -> str:
    """To a tenth, without a tenth that is none."""
    return formats.decimal(number, 0 if number == int(number) else 1)


def _measured(criterion: Criterion, sheet: Sheet, formats: Formats, words: CriteriaWords) -> str:
    measured = "" if criterion.measured is None else short(criterion.measured, formats)
    match criterion.key:
        case Key.DOCTOR:
            return words.between.join(_by_doctor(criterion, sheet, formats, words))
        case Key.RESET_LINE | Key.RECEPTION | Key.CLOCK | Key.SERVER | Key.POLICY:
            return "" if criterion.why else _decisive(criterion, formats)
        case Key.UPLINK:
            return words.heard.format(count=measured) if measured else ""
        case Key.DEVICE_MARGIN:
            return words.margin.format(measured=measured) if measured else ""
        case Key.DEVICE_LOSS:
            return words.loss.format(measured=measured) if measured else ""
        case Key.PHOTOS:
            return words.photos.format(count=measured) if criterion.measured else ""
        case _:
            return "" if criterion.why else _fact(criterion.key, sheet, formats, words)


def _fact(key: Key, sheet: Sheet, formats: Formats, words: CriteriaWords) -> str:
    position = sheet.site.position
    if key is Key.IDENTITY:
        return words.identity.format(name=sheet.gateway.name, eui=sheet.gateway.eui)
    if key is Key.POSITION and position is not None:
        latitude, longitude = formats.decimal(position.latitude_deg, 5), formats.decimal(position.longitude_deg, 5)
        return words.position.format(latitude=latitude, longitude=longitude)
    if key is Key.AGREEMENT:
        return words.agreement.format(agreement=sheet.site.support.agreement)
    return _roles(dict.fromkeys(person.role for person in sheet.site.person), formats)


def _roles(roles: Iterable[Role], formats: Formats) -> str:
    words = WORDS[formats.language].site.roles
    return ", ".join(words[role].lower() for role in roles)


def _by_doctor(criterion: Criterion, sheet: Sheet, formats: Formats, words: CriteriaWords) -> Iterator[str]:
    failed, warned = (_titles(each, formats) for each in (criterion.results, sheet.examination.of_grade(Grade.WARN)))
    template = words.no_failure if not failed else words.one_failure if len(failed) == 1 else words.failures
    yield template.format(count=len(failed), names=", ".join(failed))
    if warned:
        yield words.warnings.format(names=", ".join(warned))


def _titles(results: Sequence[CheckResult], formats: Formats) -> list[str]:
    doctor = wording_of(formats.language)
    return [told(each, doctor).title for each in results]


def _decisive(criterion: Criterion, formats: Formats) -> str:
    """The worst result's sentence; of equal ones the first, which is decisive."""
    if not criterion.results:
        return ""
    order = ("pass", "skipped", "warn", "fail")
    worst = max(criterion.results, key=lambda result: order.index(result.grade))
    return told(worst, wording_of(formats.language)).says
