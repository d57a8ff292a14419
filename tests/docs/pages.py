"""The pages for readers, as a program reads them: code, links, tables."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = tuple(
    sorted([*DOCS.glob("*.md"), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"))])
)

_FENCE = re.compile(r"^[ \t]*```(\w*)\n(.*?)^[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_NO_PART_OF_AN_ANCHOR = re.compile(r"[^\w\- ]")


def name_of(page: Path) -> str:
    """For a test's name."""
    return page.relative_to(ROOT).as_posix()


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(text: str) -> list[str]:
    """What stands between fences."""
    return [body for _, body in _FENCE.findall(text)]


def joined(block: str) -> str:
    """A block with its long lines joined, as a shell joins them."""
    return block.replace("\\\n", " ")


def spans(text: str) -> list[str]:
    """Code within a line; in a table, `\\|` is a bar."""
    return [span.replace("\\|", "|") for span in _SPAN.findall(_FENCE.sub("", text))]


def links(text: str) -> list[str]:
    """Where links and pictures lead, outside of code."""
    return _LINK.findall(_SPAN.sub("", _FENCE.sub("", text)))


def anchors(text: str) -> set[str]:
    """What a link may name behind `#`: the headings, as GitHub writes them."""
    return {
        _NO_PART_OF_AN_ANCHOR.sub("", heading.strip().lower()).replace(" ", "-")
        for heading in _HEADING.findall(_FENCE.sub("", text))
    }


def rows(text: str) -> Iterator[list[str]]:
    """The rows of all tables, cell by cell, without heads."""
    head = True
    for line in _FENCE.sub("", text).splitlines():
        if not line.startswith("|"):
            head = True
        elif set(line) <= set("|-: "):
            head = False
        elif not head:
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
