"""Nothing gets into the page unescaped."""

import html
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.report.markup import Html, element, joined, text


class Reader(HTMLParser):
    """What a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(markup: Html) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


# What stands for something that cannot be shown is no text either.
VISIBLE = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="\ufffc\ufffd"), max_size=50
)


@given(VISIBLE)
def test_any_text_stays_text(content: str) -> None:
    reader = read(element("p", {}, text(content)))
    assert reader.elements == [("p", {})]
    assert "".join(reader.texts) == content


@given(VISIBLE)
def test_any_value_stays_within_its_attribute(content: str) -> None:
    assert read(element("p", {"title": content})).elements == [("p", {"title": content})]


@given(st.text(max_size=50))
def test_no_control_and_no_surrogate_is_left(content: str) -> None:
    told = html.unescape(text(content))
    assert all(character.isprintable() or character.isspace() for character in told if ord(character) < 0xA0)
    told.encode()


def test_what_turns_the_direction_of_text_is_taken_out() -> None:
    assert text("a\N{RIGHT-TO-LEFT OVERRIDE}b\x00c") == "a b c"


@pytest.mark.parametrize("name", ["p onclick=x", "", "p>", "1p"])
def test_names_are_names(name: str) -> None:
    with pytest.raises(ValueError, match="no name of HTML"):
        element(name)
    with pytest.raises(ValueError, match="no name of HTML"):
        element("p", {name: "x"})


def test_lengths_are_short() -> None:
    assert element("rect", {"x": 1 / 3, "y": 2.0, "width": 7}) == '<rect x="0.33" y="2" width="7"></rect>'


def test_what_has_no_content_has_no_end() -> None:
    assert element("br") == "<br>"
    assert joined([element("br"), text("a")], text(" ")) == "<br> a"
