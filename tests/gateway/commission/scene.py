"""A site, what doctor and a survey found there, and the sheet that comes of it."""

from collections.abc import Sequence

import msgspec

from gateway.annex.page import WORDS
from gateway.annex.tables import tables_of_site
from gateway.commission.criteria import Criterion, Key, criteria
from gateway.commission.sheet import Agreement, Sheet, make_sheet
from gateway.commission.site import (
    GatewayFacts,
    GatewayTable,
    KeptSite,
    PersonTable,
    PhotoTable,
    PositionTable,
    Site,
    SupportTable,
    SurveyedDeviceTable,
)
from gateway.doctor.check import Check
from gateway.doctor.result import CheckResult, Examination, passed
from gateway.survey.result import DeviceSurvey, Quantiles, SurveyResult

HOST = "Ville"
EUI = "AA555A0000000101"
FACTS = GatewayFacts(name="tilleuls", eui=EUI, region_plan="EU868", servers=("main",), program="candelabre 1")
SITE = Site(
    candelabre_site=1,
    support=SupportTable(
        number="ECL-7", address="1 rue Haute", owner="Métropole", maintenance="Régie", agreement="EP-1"
    ),
    gateway=GatewayTable(energy="230 V"),
    position=PositionTable(48.1, 2.1),
    photo=(PhotoTable("a.jpg"),),
    person=(
        PersonTable("installation", "Ida"),
        PersonTable("operation", "Otto", email="otto@ville.example"),
        PersonTable("furniture", "Fred"),
    ),
)
RESULTS = (
    passed(Check.RESET_LINE, pin=23),
    passed(Check.CHIP),
    passed(Check.RADIOS),
    passed(Check.RECEPTION),
    passed(Check.CLOCK, now_unix_s=1_774_360_800),
    passed(Check.SERVER, "main"),
    passed(Check.POLICY, serial=3, ends_unix_s=1_800_000_000, depositors=1),
)
ALL_IN_ORDER = Examination(results=RESULTS, at_unix_s=1_774_360_800, duration_s=9.0, service_runs=True)
TESTER = SurveyedDeviceTable("Tester", dev_eui="00005eef10000001")


def changed(site: Site = SITE, **fields: object) -> Site:
    """The site with other tables."""
    return msgspec.structs.replace(site, **fields)


def support(**fields: object) -> Site:
    """The site on another support."""
    return changed(support=msgspec.structs.replace(SITE.support, **fields))


def examined(*results: CheckResult) -> Examination:
    """What doctor found, these in the place of those of the same link."""
    checks = {result.check for result in results}
    kept = [result for result in RESULTS if result.check not in checks]
    return msgspec.structs.replace(ALL_IN_ORDER, results=(*kept, *results))


def heard(frames: int = 40, lost: int | None = 0, margin_db: float | None = 15.0, **fields: object) -> DeviceSurvey:
    """The tester as it was heard."""
    margin = None if margin_db is None else Quantiles(margin_db - 3, margin_db, margin_db + 3)
    device = DeviceSurvey(
        device="00005EEF10000001",
        dev_addr="26011A07",
        depositor="metropole",
        packets=frames,
        frames=frames,
        lost=lost,
        restarts=0,
        rssi_dbm=Quantiles(-100.0, -95.0, -90.0),
        snr_db=Quantiles(1.0, 4.0, 7.0),
        margin_db=margin,
        data_rates={},
        channels=(),
        first_s=1.0,
        last_s=500.0,
    )
    return msgspec.structs.replace(device, **fields)


def surveyed(*devices: DeviceSurvey, packets: int = 50, damaged: int = 5) -> SurveyResult:
    """Ten minutes."""
    return SurveyResult(
        gateway_eui=EUI,
        began_unix_s=1_774_360_000.0,
        duration_s=600.0,
        packets=packets,
        damaged=damaged,
        untold=0,
        devices=devices,
    )


def judged(
    site: Site = SITE,
    facts: GatewayFacts = FACTS,
    examination: Examination = ALL_IN_ORDER,
    survey: SurveyResult | None = None,
) -> Sequence[Criterion]:
    """All criteria."""
    return criteria(site, facts, HOST, examination, survey)


def of_key(key: Key, criteria_judged: Sequence[Criterion]) -> Criterion:
    """The one of that key."""
    (found,) = (each for each in criteria_judged if each.key is key)
    return found


def sheet(
    site: Site = SITE,
    facts: GatewayFacts = FACTS,
    examination: Examination = ALL_IN_ORDER,
    survey: SurveyResult | None = None,
    made_unix_s: int | None = 1_774_360_800,
) -> Sheet:
    """The sheet of it."""
    return make_sheet(
        site,
        facts,
        Agreement(HOST, "Convention 7", "Europe/Paris"),
        tables_of_site(KeptSite(facts, site), HOST, WORDS["fr"]),
        examination=examination,
        survey=survey,
        made_unix_s=made_unix_s,
    )
