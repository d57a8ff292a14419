"""An HTML file as a browser reads it."""

from html.parser import HTMLParser

VOID = {"meta", "br", "col"}


class HtmlPage(HTMLParser):
    """Its elements, and its text without the style; an element that is closed in the wrong place fails."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.opened: list[str] = []
        self.text = ""
        self.feed(content)
        self.close()

    @property
    def tags(self) -> set[str]:
        """The names of its elements."""
        return {tag for tag, _ in self.elements}

    @property
    def attributes(self) -> set[str]:
        """The names of their attributes."""
        return {name for _, attributes in self.elements for name in attributes}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See `HTMLParser`."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """See `HTMLParser`."""
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        """See `HTMLParser`."""
        if self.opened[-1:] != ["style"]:
            self.text += data
