"""The commissioning sheet as plain values, and its JSON form. Pure."""

import msgspec

from gateway.annex.tables import Tables
from gateway.commission.criteria import Conclusion, Criterion, conclusion, criteria
from gateway.commission.site import GatewayFacts, Site
from gateway.doctor.result import Examination
from gateway.survey.result import DeviceSurvey, SurveyResult


class SurveyPart(msgspec.Struct, frozen=True):
    """What the sheet tells of a survey: the test devices by name, and of everybody else's only how many they are."""

    began_unix_s: float
    duration_s: float
    packets: int
    damaged: int
    untold: int
    test_devices: tuple[DeviceSurvey, ...]
    other_devices: int


class Agreement(msgspec.Struct, frozen=True):
    """Whose network it is, and under which convention; the second is empty where no policy is in force."""

    host: str = ""
    convention: str = ""
    timezone: str = "UTC"


class Sheet(msgspec.Struct, frozen=True):
    """All of it. `sheet` is the number of the form; `made_unix_s` is None where no clock was sure."""

    gateway: GatewayFacts
    site: Site
    agreement: Agreement
    tables: Tables
    criteria: tuple[Criterion, ...]
    conclusion: Conclusion
    examination: Examination
    survey: SurveyPart | None
    made_unix_s: int | None
    sheet: int = 1


def make_sheet(
    site: Site,
    gateway: GatewayFacts,
    agreement: Agreement,
    tables: Tables,
    *,
    examination: Examination,
    survey: SurveyResult | None,
    made_unix_s: int | None,
) -> Sheet:
    """The sheet of one site."""
    judged = criteria(site, gateway, agreement.host, examination, survey)
    return Sheet(
        gateway=gateway,
        site=site,
        agreement=agreement,
        tables=tables,
        criteria=judged,
        conclusion=conclusion(judged),
        examination=examination,
        survey=None if survey is None else _part(survey, site),
        made_unix_s=made_unix_s,
    )


def sheet_json(sheet: Sheet) -> str:
    """The sheet for programs."""
    return msgspec.json.format(msgspec.json.encode(sheet), indent=2).decode() + "\n"


def _part(survey: SurveyResult, site: Site) -> SurveyPart:
    named = {(device.dev_eui or device.dev_addr or "").upper() for device in site.test_device}
    tested = tuple(each for each in survey.devices if _names(each) & named)
    return SurveyPart(
        began_unix_s=survey.began_unix_s,
        duration_s=survey.duration_s,
        packets=survey.packets,
        damaged=survey.damaged,
        untold=survey.untold,
        test_devices=tested,
        other_devices=len(survey.devices) - len(tested),
    )


def _names(device: DeviceSurvey) -> set[str]:
    return {device.device.upper(), *([device.dev_addr.upper()] if device.dev_addr else [])}
