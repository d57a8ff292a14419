"""`candelabre commission`."""

import argparse
import asyncio
import os
import sys
import textwrap
from pathlib import Path

from gateway import __version__
from gateway.annex.page import WORDS as ANNEX_WORDS
from gateway.annex.tables import tables_of_site
from gateway.cli.commission_site import find_site
from gateway.cli.evidence_key import add_config_argument
from gateway.cli.policy_in_force import policy_in_force, sure_unix_s
from gateway.cli.policy_kept import NotPermittedError
from gateway.commission.page import html_sheet
from gateway.commission.sheet import Agreement, Sheet, make_sheet, sheet_json
from gateway.commission.site import GatewayFacts, KeptSite, Site
from gateway.commission.site_store import save_site, write_for_owner_of_directory
from gateway.commission.terminal import PROGRESS, WIDTH, lines
from gateway.config import Config, ConfigError, load_config
from gateway.config.problems import Problem
from gateway.console.client import console_paths
from gateway.console.connecting import ConsoleError
from gateway.doctor.credentials import find_credentials
from gateway.doctor.examining import examine
from gateway.doctor.layout import style_of
from gateway.doctor.result import Examination
from gateway.exit_status import ExitStatus
from gateway.known_eui import remembered_eui
from gateway.language import Language, add_language_argument, language_of
from gateway.log import configure_logging
from gateway.policy.document import DEFAULT_TIMEZONE, Policy
from gateway.survey.csv_file import SurveyFileError, read_csv
from gateway.survey.result import SurveyResult
from gateway.survey.running import survey
from gateway.traffic.stop_request import StopRequest
from gateway.writable import hindrance

DEFAULT_MINUTES = 10.0
LONGEST_MINUTES = 7 * 24 * 60.0
MINUTE_S = 60
SUFFIXES = (".html", ".json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = (
        "Run it while the service runs: the survey is made through it. What the site's file lacks is asked for. Exit "
        "status: 0 the sheet is written, whatever the criteria say."
    )
    add_config_argument(parser)
    parser.add_argument(
        "--site",
        type=Path,
        metavar="FILE",
        help="the site's facts (config/site.example.toml); default: those of the last time, else questions",
    )
    parser.add_argument(
        "--survey-minutes",
        type=_minutes,
        metavar="N",
        default=DEFAULT_MINUTES,
        help=f"how long to listen; 0: no survey; default: {DEFAULT_MINUTES:g}",
    )
    parser.add_argument("--survey", type=Path, metavar="FILE", help="a survey's CSV file, in the place of a new survey")
    parser.add_argument(
        "--output", type=Path, metavar="PATH", help="write PATH.html and PATH.json; default: commissioning-EUI"
    )
    add_language_argument(parser)


def execute(options: argparse.Namespace) -> ExitStatus:
    """Examine the gateway, listen, and write the commissioning sheet. The gateway may run meanwhile, and should."""
    configure_logging("warning", "text")
    find_credentials(os.environ)
    language = options.language or language_of(os.environ)
    try:
        config = load_config(options.config)
        _check_output(options.output)
        policy = policy_in_force(config)
        site = find_site(options.site, config, language, host_known=policy is not None)
        read = None if options.survey is None else _read_survey(options.survey)
        print(PROGRESS[language].examining, file=sys.stderr)
        examination = asyncio.run(examine(options.config))
        heard = read or _surveyed(config, options.survey_minutes, language)
        sheet = _sheet(config, policy, site, examination=examination, heard=heard, language=language)
        written = _write(sheet, options.output, language)
    except (ConfigError, NotPermittedError) as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    _keep(sheet, config, language)
    print(*lines(sheet, language, written, ascii_only=style_of(sys.stdout, os.environ).ascii_only), sep="\n")
    return ExitStatus.OK


def _read_survey(path: Path) -> SurveyResult:
    try:
        return read_csv(path)
    except OSError as error:
        raise ConfigError(str(path), [Problem("", None, f"cannot be read: {error.strerror}")]) from error
    except SurveyFileError as error:
        remedy = "no survey: give what candelabre watch --survey --csv FILE wrote"
        raise ConfigError(str(path), [Problem("", None, remedy)]) from error


def _surveyed(config: Config, minutes: float, language: Language) -> SurveyResult | None:
    """What the running gateway heard meanwhile; None where none runs, or nobody wants to know."""
    told = PROGRESS[language]
    if not minutes:
        return None
    print(told.surveying.format(minutes=f"{minutes:g}"), file=sys.stderr)
    try:
        with StopRequest() as stop:
            return survey(console_paths(config.gateway.state_dir), minutes * MINUTE_S, is_stopped=lambda: stop.asked)
    except ConsoleError as error:
        for text in (error.in_words(language), told.without_survey):
            print(textwrap.fill(text, WIDTH, break_on_hyphens=False), file=sys.stderr)
        return None


def _sheet(
    config: Config,
    policy: Policy | None,
    site: Site,
    *,
    examination: Examination,
    heard: SurveyResult | None,
    language: Language,
) -> Sheet:
    agreement = Agreement(host=site.gateway.owner or "", timezone=DEFAULT_TIMEZONE)
    if policy is not None:
        agreement = Agreement(policy.convention.host, policy.convention.identity, policy.timezone)
    facts = _facts(config, examination)
    if heard is not None and heard.gateway_eui not in {None, "", facts.eui}:
        raise ConfigError("survey", [Problem("gateway_eui", heard.gateway_eui, f"must be this gateway's: {facts.eui}")])
    tables = tables_of_site(KeptSite(facts, site), agreement.host, ANNEX_WORDS[language])
    return make_sheet(site, facts, agreement, tables, examination=examination, survey=heard, made_unix_s=sure_unix_s())


def _facts(config: Config, examination: Examination) -> GatewayFacts:
    kept = remembered_eui(Path(config.gateway.state_dir))
    remembered = "" if kept is None else f"{kept:016X}"
    return GatewayFacts(
        name=config.gateway.name or "",
        eui=(config.gateway.eui or examination.gateway_eui or remembered).upper(),
        region_plan=config.radio.region_plan or "",
        antenna_gain_dbi=config.radio.antenna_gain_dbi,
        reset_pin=config.radio.reset_pin,
        servers=tuple(server.name for server in config.servers),
        program=f"candelabre {__version__}",
    )


def _check_output(output: Path | None) -> None:
    """Whether the sheet can be written, before anybody waits for a survey. Raises ConfigError."""
    for suffix in SUFFIXES:
        path = _path(output or _base(""), suffix)
        if (in_the_way := hindrance(path)) is not None:
            raise _unwritable(path, in_the_way)


def _write(sheet: Sheet, output: Path | None, language: Language) -> list[Path]:
    base = output or _base(sheet.gateway.eui)
    forms = zip(SUFFIXES, (html_sheet(sheet, language), sheet_json(sheet)), strict=True)
    written = []
    for suffix, content in forms:
        path = _path(base, suffix)
        try:
            write_for_owner_of_directory(path, content.encode())
        except OSError as error:
            raise _unwritable(path, error) from error
        written.append(path)
    return written


def _base(eui: str) -> Path:
    return Path(f"commissioning-{eui or 'gateway'}")


def _path(base: Path, suffix: str) -> Path:
    if not base.name:
        raise ConfigError(f"--output {base}", [Problem("", None, "must be the name of a file, without its ending")])
    return base.with_name(f"{base.name}{suffix}")


def _unwritable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(str(path), [Problem("", None, f"cannot be written: {error.strerror}")])


def _keep(sheet: Sheet, config: Config, language: Language) -> None:
    """For the next commissioning and for annexe 1; the sheet is good without."""
    try:
        save_site(Path(config.gateway.state_dir), KeptSite(sheet.gateway, sheet.site))
    except OSError as error:
        print(PROGRESS[language].not_kept.format(reason=error.strerror), file=sys.stderr)


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = -1.0
    if not 0 <= minutes <= LONGEST_MINUTES:
        raise argparse.ArgumentTypeError(f"{text!r}: a number of minutes from 0 to {LONGEST_MINUTES:g}")
    return minutes
