"""`candelabre annex`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gateway.annex.page import WORDS, html_annexes
from gateway.annex.tables import Annex, annexes
from gateway.annex.text import text_annexes
from gateway.cli.evidence_export import ID
from gateway.cli.policy_file import load_policy
from gateway.cli.policy_in_force import policy_in_force, sure_unix_s
from gateway.cli.policy_kept import NotPermittedError
from gateway.cli.run import DEFAULT_CONFIG
from gateway.commission.site import KeptSite
from gateway.commission.site_store import FILE, load_site, write_for_owner_of_directory
from gateway.config import ConfigError, load_config
from gateway.config.problems import Problem
from gateway.exit_status import ExitStatus
from gateway.language import Language, add_language_argument, language_of
from gateway.log import configure_logging
from gateway.policy.document import Policy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--config", type=Path, metavar="PATH", help=f"default: {DEFAULT_CONFIG}")
    parser.add_argument(
        "--policy", type=Path, metavar="FILE", help="this policy in the place of the one in force; needs no gateway"
    )
    parser.add_argument(
        "--sheet",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="the JSON file of another gateway's commissioning sheet; may be repeated",
    )
    parser.add_argument("--depositor", type=_depositor, metavar="ID", help="only this one's tables; default: all")
    parser.add_argument("--format", choices=("text", "html", "json"), default="text", help="default: text")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to write it; default: standard output")
    add_language_argument(parser)


def execute(options: argparse.Namespace) -> ExitStatus:
    """Print annexe 1 of the convention: one set of tables for each depositor."""
    configure_logging("warning", "text")
    language = options.language or language_of(os.environ)
    try:
        policy, sites = _sources(options.config, options.policy, options.sheet)
        made = annexes(policy, sites, WORDS[language], only=options.depositor)
        if not made:
            _refuse_depositor(policy, options.depositor)
        told = _told(made, options.format, language, policy.timezone)
        if options.output is not None:
            write_for_owner_of_directory(options.output, told.encode())
    except (ConfigError, NotPermittedError) as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    except OSError as error:
        if options.output is None:
            raise
        print(f"{options.output}: cannot be written: {error.strerror}", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    if options.output is None:
        print(told, end="")
    return ExitStatus.OK


def _sources(
    config_path: Path | None, policy_path: Path | None, sheets: Sequence[Path]
) -> tuple[Policy, list[KeptSite]]:
    sites = [_sheet(path) for path in sheets]
    if policy_path is not None and config_path is None:
        return load_policy(policy_path), sites
    path = config_path or DEFAULT_CONFIG
    config = load_config(path)
    policy = load_policy(policy_path) if policy_path is not None else policy_in_force(config)
    if policy is None:
        remedy = "no policy is in force here: see candelabre policy show, or give a policy with --policy FILE"
        raise ConfigError(str(path), [Problem("policy", None, remedy)])
    own = load_site(Path(config.gateway.state_dir) / FILE)
    if own is None:
        print(
            "this gateway's own site is left out: it was not commissioned yet (candelabre commission)", file=sys.stderr
        )
        return policy, sites
    is_among_them = any(site.gateway.eui == own.gateway.eui != "" for site in sites)
    return policy, sites if is_among_them else [own, *sites]


def _sheet(path: Path) -> KeptSite:
    kept = load_site(path)
    if kept is None:
        raise ConfigError(str(path), [Problem("", None, "there is no such file")])
    return kept


def _refuse_depositor(policy: Policy, depositor: str | None) -> None:
    known = ", ".join(each.id for each in policy.depositors) or "none"
    where = f"policy number {policy.serial}"
    if depositor is None:
        raise ConfigError(where, [Problem("depositor", None, "there is none: annexe 1 is between two parties")])
    raise ConfigError(where, [Problem("depositor", f'"{depositor}"', f"must be one of: {known}")])


def _told(made: Sequence[Annex], form: str, language: Language, timezone: str) -> str:
    match form:
        case "html":
            return html_annexes(made, language, timezone, sure_unix_s())
        case "json":
            return msgspec.json.format(msgspec.json.encode(made), indent=2).decode() + "\n"
        case _:
            return text_annexes(made, language)


def _depositor(text: str) -> str:
    if ID.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r}: 1 to 32 lower-case letters, digits and hyphens")
    return text
