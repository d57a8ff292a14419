"""What the command says on a terminal of 80 columns: what goes on, then the criteria and where the sheet is. Pure."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from gateway.commission.criteria import Criterion, State
from gateway.commission.findings import WORDS, counted, finding, requirement
from gateway.commission.sheet import Sheet
from gateway.language import Language
from gateway.notices.layout import one_line, with_spaces
from gateway.report.formats import Formats

WIDTH = 80
NARROW_NO_BREAK = "\N{NARROW NO-BREAK SPACE}"
SYMBOLS: Mapping[State, str] = {State.MET: "✓", State.NOT_MET: "✗", State.NOT_EXAMINED: "·"}
PLAIN_SYMBOLS: Mapping[State, str] = {State.MET: "+", State.NOT_MET: "X", State.NOT_EXAMINED: "-"}


class ProgressTexts(msgspec.Struct, frozen=True):
    """What is said meanwhile, in a language."""

    examining: str
    surveying: str
    without_survey: str
    asking: str
    colon: str
    nothing: str
    written: str
    not_kept: str


PROGRESS: Mapping[Language, ProgressTexts] = {
    "fr": ProgressTexts(
        examining="Contrôle de la passerelle : une minute environ...",
        surveying="Relevé radio : {minutes} min. Ctrl-C l'arrête plus tôt et garde ce qui a été entendu.",
        without_survey="Pas de relevé radio : les critères qui en dépendent restent non examinés.",
        asking="Quelques questions sur le site. Entrée seule : passer, si la question n'est pas marquée d'un *.",
        colon=" : ",
        nothing="Il faut une réponse.",
        written="Fiche écrite : {path}",
        not_kept="Les données du site n'ont pas pu être conservées pour la prochaine fois : {reason}",
    ),
    "en": ProgressTexts(
        examining="Examining the gateway: about a minute...",
        surveying="Radio survey: {minutes} min. Ctrl-C ends it earlier and keeps what was heard.",
        without_survey="No radio survey: the criteria that need one stay not examined.",
        asking="A few questions about the site. Enter alone skips one that is not marked with *.",
        colon=": ",
        nothing="An answer is needed.",
        written="Sheet written: {path}",
        not_kept="The site's facts could not be kept for the next time: {reason}",
    ),
}


def lines(sheet: Sheet, language: Language, written: Sequence[Path], *, ascii_only: bool = False) -> list[str]:
    """The criteria, what they come to, and the files."""
    formats = Formats(language, sheet.agreement.timezone)
    words = WORDS[language].criteria
    told = [
        line for criterion in sheet.criteria for line in _criterion(criterion, sheet, formats, ascii_only=ascii_only)
    ]
    told += ["", words.conclusions[sheet.conclusion], counted(sheet, formats), ""]
    told += [PROGRESS[language].written.format(path=path) for path in written]
    shown = [with_spaces(line, formats.words.spaced) for line in told]
    return [line.replace(NARROW_NO_BREAK, " ") for line in shown] if ascii_only else shown


def _criterion(criterion: Criterion, sheet: Sheet, formats: Formats, *, ascii_only: bool) -> Iterator[str]:
    symbol = (PLAIN_SYMBOLS if ascii_only else SYMBOLS)[criterion.state]
    found = finding(criterion, sheet, formats)
    state = "" if criterion.state is State.MET else WORDS[formats.language].criteria.states[criterion.state]
    said = one_line(". ".join(filter(None, (requirement(criterion, formats), state.capitalize()))))
    whole = f" {symbol} {said} - {one_line(found)}"
    if not found or len(whole) <= WIDTH:
        yield whole if found else f" {symbol} {said}"
        return
    for text, first, below in ((said, f" {symbol} ", "   "), (one_line(found), "     ", "     ")):
        yield from textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=below, break_on_hyphens=False)
