"""The elements and attributes of an HTML page."""

from __future__ import annotations

from html.parser import HTMLParser

ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "p", "div", "wbr", "svg", "path"),
    *("table", "thead", "tbody", "tr", "th", "td"),
    *("section", "figure", "figcaption", "text"),
}


ATTRIBUTES = {
    *("lang", "charset", "name", "content", "class", "aria-hidden"),
    *("width", "height", "viewbox", "d", "x", "y", "text-anchor"),
}


class Elements(HTMLParser):
    """Every element and attribute of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
