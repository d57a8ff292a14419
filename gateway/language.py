"""Which of the two languages a person reads: French or English, by the locale."""

import argparse
from collections.abc import Mapping
from typing import Literal

Language = Literal["fr", "en"]
# POSIX: the first of these that is set and not empty decides.
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def language_of(environment: Mapping[str, str]) -> Language:
    """French where the locale is French, else English."""
    locale = next((environment[name] for name in VARIABLES if environment.get(name)), "")
    return "fr" if locale.lower().startswith("fr") else "en"


def add_language_argument(parser: argparse.ArgumentParser) -> None:
    """Declare `--language`; without it `options.language` is None, and the locale decides."""
    parser.add_argument("--language", choices=("fr", "en"), help="default: by the locale (LC_ALL, LC_MESSAGES, LANG)")
