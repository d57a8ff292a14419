"""docs/commission/, an invented site: `python -m gateway.commission.example`."""

from pathlib import Path

from gateway.annex.page import WORDS, html_annexes
from gateway.annex.tables import annexes, tables_of_site
from gateway.annex.text import text_annexes
from gateway.commission.example_examination import example_examination, example_survey
from gateway.commission.page import html_sheet
from gateway.commission.schema import schema_text
from gateway.commission.sheet import Agreement, Sheet, make_sheet, sheet_json
from gateway.commission.site import GatewayFacts, KeptSite
from gateway.commission.site_reading import read_site
from gateway.language import Language
from gateway.policy.text.reading import read_policy

DIRECTORY = Path("docs/commission")
CONFIG = Path(__file__).parents[2] / "config"
MADE_UNIX_S = 1_774_360_800
"""24 March 2026, 15:00 in Paris."""


def example_kept() -> KeptSite:
    """The site of config/site.example.toml with an invented gateway."""
    facts = GatewayFacts(
        name="hauterive-tilleuls",
        eui="AA555A0000000101",
        region_plan="EU868",
        antenna_gain_dbi=5.0,
        reset_pin=23,
        servers=("chirpstack-ville", "lns-metropole"),
        program="candelabre 0.1.0",
    )
    path = CONFIG / "site.example.toml"
    return KeptSite(facts, read_site(path.read_bytes(), path.name))


def example_sheet(language: Language) -> Sheet:
    """Its sheet."""
    kept = example_kept()
    policy = read_policy((CONFIG / "policy.example.toml").read_bytes())
    agreement = Agreement(policy.convention.host, policy.convention.identity, policy.timezone)
    return make_sheet(
        kept.site,
        kept.gateway,
        agreement,
        tables_of_site(kept, agreement.host, WORDS[language]),
        examination=example_examination(MADE_UNIX_S),
        survey=example_survey(MADE_UNIX_S),
        made_unix_s=MADE_UNIX_S,
    )


def documents() -> dict[str, str]:
    """The text of each file, by its name."""
    policy = read_policy((CONFIG / "policy.example.toml").read_bytes())
    made = {language: annexes(policy, [example_kept()], WORDS[language]) for language in ("fr", "en")}
    return {
        "exemple.fr.html": html_sheet(example_sheet("fr"), "fr"),
        "example.en.html": html_sheet(example_sheet("en"), "en"),
        "example.json": sheet_json(example_sheet("fr")),
        "sheet.schema.json": schema_text(),
        "annexe1.fr.html": html_annexes(made["fr"], "fr", policy.timezone, MADE_UNIX_S),
        "annexe1.en.html": html_annexes(made["en"], "en", policy.timezone, MADE_UNIX_S),
        "annexe1.fr.txt": text_annexes(made["fr"], "fr"),
    }


if __name__ == "__main__":
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for name, content in documents().items():
        (DIRECTORY / name).write_text(content)
