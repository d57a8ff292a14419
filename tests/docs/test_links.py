"""Links between pages lead somewhere, and every page can be found from the index."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, PAGES, ROOT, anchors, links, name_of, spans, text_of

# A file or folder of the repository, and what stands for one that is to be made.
PLACE = re.compile(r"(radio|forwarder|gateway|tests|bench|config|systemd|packaging|docs|requirements)/[\w./*-]+")
EXAMPLE = re.compile("NAME|PATH")
INDEX = DOCS / "README.md"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    broken = []
    for link in links(text_of(page)):
        path, _, anchor = link.partition("#")
        if path.startswith(("http://", "https://")):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(text_of(target))):
            broken.append(link)
    assert not broken


def test_every_page_is_in_the_index() -> None:
    told = {(DOCS / link.partition("#")[0]).resolve() for link in links(text_of(INDEX))}
    assert set(DOCS.glob("*.md")) - {INDEX} <= told


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_files_that_a_page_names_by_their_place_exist(page: Path) -> None:
    places = [span for span in spans(text_of(page)) if PLACE.fullmatch(span) and not EXAMPLE.search(span)]
    assert [place for place in places if not any(ROOT.glob(place))] == []
