"""Characters of names and texts from files that are never shown as they are."""

from __future__ import annotations

import re

RAW = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""They could move the cursor, turn the text, or are no characters at all."""


def printable(text: str) -> str:
    """`text` with control and direction characters written as escapes."""
    return RAW.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
