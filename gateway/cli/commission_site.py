"""Where `candelabre commission` has the site's facts from: a file, the last time, or whoever sits at the terminal."""

import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from gateway.commission.questions import OWNER, POSITION, Question, answered, objection, to_ask
from gateway.commission.site import PositionTable, Site
from gateway.commission.site_reading import LARGEST_SITE_BYTES, site_of, site_tables
from gateway.commission.site_store import FILE, load_site
from gateway.commission.terminal import PROGRESS, WIDTH
from gateway.config import Config, ConfigError
from gateway.config.problems import Problem
from gateway.language import Language
from gateway.policy.source.policy_file import UnreadableError, read_regular_file

MOST_ATTEMPTS = 3
# Each key that is missing in a table is told, but not in a table that is missing itself.
EMPTY: Mapping[str, object] = {"candelabre_site": 1, "support": {}, "gateway": {}}


def find_site(path: Path | None, config: Config, language: Language, *, host_known: bool) -> Site:
    """The site; its position is gateway.toml's where it has none itself, its gateway the host's if there is a policy.

    Raises:
        ConfigError: the file has mistakes, or something is missing and nobody is there to ask.
    """
    kept = None if path is not None else load_site(Path(config.gateway.state_dir) / FILE)
    if kept is not None:
        return _with_position(kept.site, config)
    tables = EMPTY if path is None else _read(path)
    source = "site" if path is None else str(path)
    if sys.stdin.isatty() and sys.stderr.isatty():
        known = {*([OWNER] if host_known else []), *([POSITION] if config.position is not None else [])}
        tables = _ask(tables, to_ask(tables, only_required=path is not None, known=known), language)
    try:
        site = _with_position(site_of(tables, source), config)
    except ConfigError as error:
        if path is not None:
            raise
        remedy = (
            "give the site's facts with --site FILE (config/site.example.toml), or answer the questions on a terminal"
        )
        raise ConfigError(source, [*error.problems, Problem("", None, remedy)]) from error
    if not (host_known or site.gateway.owner):
        remedy = "missing; give whose the gateway is, for no policy is in force that would name the host"
        raise ConfigError(source, [Problem("gateway.owner", None, remedy)])
    return site


def _read(path: Path) -> Mapping[str, object]:
    try:
        content = read_regular_file(path, LARGEST_SITE_BYTES, follow_links=True)
    except UnreadableError as error:
        raise ConfigError(str(path), [Problem("", None, str(error))]) from error
    if content is None:
        raise ConfigError(str(path), [Problem("", None, "there is no such file")])
    return site_tables(content, str(path))


def _ask(tables: Mapping[str, object], questions: Sequence[Question], language: Language) -> Mapping[str, object]:
    if questions:
        print(textwrap.fill(PROGRESS[language].asking, WIDTH), file=sys.stderr)
    for question in questions:
        told = _answer(tables, question, language)
        if told is None:
            print(file=sys.stderr)
            break
        tables = told
    return tables


def _answer(tables: Mapping[str, object], question: Question, language: Language) -> Mapping[str, object] | None:
    """The tables with an answer that will do; as they were after too many that will not; None at the input's end."""
    prompt = f"{question.text(language)}{' *' if question.required else ''}{PROGRESS[language].colon}"
    for _ in range(MOST_ATTEMPTS):
        print(prompt, end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            return None
        tried = answered(tables, question, line)
        wrong = objection(tried, question, language)
        if wrong is None and (line.strip() or not question.required):
            return tried
        print(f"  {wrong or PROGRESS[language].nothing}", file=sys.stderr)
    return tables


def _with_position(site: Site, config: Config) -> Site:
    position = config.position
    if site.position is not None or position is None:
        return site
    told = PositionTable(position.latitude_deg, position.longitude_deg, position.altitude_m)
    return msgspec.structs.replace(site, position=told)
