"""Notes: Markdown and free text, shown under the Text tab as they are.

# Second try
Lowered the learning rate; **no more spikes**.

Any text may be one, so this is the last resort: whatever holds numbers in a known form is a log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tbingest.formats.readers.documents import DocumentReader
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 200_000


@dataclass
class Notes(DocumentReader):
    """Gives the whole text as one value."""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """One record with the text."""
        text, problem = note(data)
        if problem:
            yield "", problem
        if text.strip():
            yield "text", Rows({"": [text]}, np.ones(1, np.int64))


def note(data: bytes) -> tuple[str, Problem | None]:
    """The text as it is shown, and a problem where that is not all of it."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\0", "")
    if len(text) <= _LONGEST:
        return text, None
    what = f"only the first {_LONGEST:,} of {len(text):,} characters are shown"
    return text[:_LONGEST], Problem("", None, None, what)


def detect(head: Head) -> Evidence:
    """Text by its name, where nothing surer claims it."""
    if head.binary:
        return Evidence(0.0, "binary")
    if head.basename.lower().endswith((".md", ".markdown")):
        return Evidence(0.9, "Markdown")
    if head.basename.lower().endswith((".txt", ".rst")):
        if not head.complete:
            return Evidence(0.2, "too long to be a note, and no log format knows it")
        return Evidence(0.55, "free text")
    return Evidence(0.0, "not called .md or .txt")


FORMAT = Format(
    name="notes",
    about="notes in Markdown or free text (.md, .txt)",
    sample="# Second try\nLowered the learning rate.",
    detect=detect,
    reader=lambda _: Notes(),
    rewritten=True,
    fields=Fields(step_from_name=True),
)
