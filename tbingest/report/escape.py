"""Text from logs, made harmless for every page it goes to."""

from __future__ import annotations

import re
from html import escape

from tbingest.names.escape import printable

_MARKS = re.compile(
    r"[\\`*{}\[\]<>()#!|~@&]|(?<![^\W_])_|_(?![^\W_])|:(?!\d+$|\s)|(?<=www)\.", re.IGNORECASE
)
"""Not the lines within a word, nor what is markup at the start of a line only."""
_CALLS = re.compile(r"(?<!\w)@(?=\w)|#(?=\d)")
"""What GitHub takes for people and issues after all markup is gone, escapes with it."""


def shortened(text: str, most: int = 600) -> str:
    """`text`, or as much of it as fits, with how long it is."""
    return text if len(text) <= most else f"{text[:most]}... ({len(text):,} characters)"


def quoted(text: str) -> str:
    """`text` with a quote before what a spreadsheet would compute."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def markup(text: str) -> str:
    """`text` for HTML and XML, in an element or a quoted attribute."""
    return escape(printable(text), quote=True)


def markdown(text: str) -> str:
    """`text` for the midst of a line of Markdown: nothing in it is markup, a link or a mention.

    A long one is cut, so that it leaves room for the others.
    """
    apart = _CALLS.sub("\\g<0>\u200b", printable(shortened(text)))
    return _MARKS.sub(lambda match: f"&#{ord(match[0])};", apart)
