"""The table that `spacy train` prints: epoch, step, losses and scores, set off by blanks.

E    #       LOSS TOK2VEC  LOSS NER  ENTS_F  SCORE
---  ------  ------------  --------  ------  ------
  0       0          0.00     35.10    0.00    0.00
  0     200         11.44   1234.56   50.12    0.50

Names have blanks in them: the dashes say where a column ends. The step is `#`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tbingest.formats.readers.head import text_lines
from tbingest.formats.readers.lines import LineReader
from tbingest.formats.readers.records import group_records
from tbingest.formats.readers.table_layout import to_number
from tbingest.formats.readers.terminal import shown
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Rows

_HEADER = re.compile(r"\s*E\s{2,}#\s{2,}\S.*")
_DASHES = re.compile(r"\s*-{3,}(?:\s{2,}-{3,})+\s*")
_GAP = re.compile(r"\s{2,}")


@dataclass
class SpacyTrain(LineReader):
    """Reads the rows below a header. `names` are its columns."""

    names: list[str] = field(default_factory=list)

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """The rows of a block."""
        records: list[dict[str, Any]] = []
        places: list[int] = []
        lines = block.decode("utf-8", "replace").split("\n")
        for number, line in enumerate(lines, self.line + 1):
            text = shown(line).rstrip()
            if _HEADER.fullmatch(text):
                self.names = _GAP.split(text.strip())
                continue
            cells = text.split()
            values = [to_number(cell, ".") for cell in cells]
            if not self.names or not cells or None in values or _DASHES.fullmatch(text):
                continue
            if len(values) != len(self.names):
                cut = final and number == self.line + len(lines)
                what = "cut off" if cut else f"expected {len(self.names)} columns"
                yield Problem("", number, None, f"{what}, got {len(values)}", values=len(values))
                continue
            records.append(dict(zip(self.names, values, strict=True)))
            places.append(number)
        for _, rows in group_records(records, places):
            yield rows


def tag(name: str) -> tuple[str, str] | None:
    """`LOSS NER` is `loss/NER`, `E` the epoch."""
    if name == "E":
        return "", "epoch"
    first, _, rest = name.partition(" ")
    return "", f"loss/{rest}" if first == "LOSS" and rest else name


def detect(head: Head) -> Evidence:
    """The header over a line of dashes."""
    lines = [shown(line).rstrip() for line in text_lines(head)[:2000]] if b"#" in head.data else []
    for header, dashes in pairwise(lines):
        if _HEADER.fullmatch(header) and _DASHES.fullmatch(dashes):
            return Evidence(0.96, f"a header {' '.join(header.split())[:60]!r} over dashes")
    return Evidence(0.0, "no header E # over dashes")


FORMAT = Format(
    name="spacy-train",
    about="the table that spacy train prints",
    sample="E    #    LOSS NER  SCORE\n---  ---  --------  -----\n  0  200     34.56   0.50",
    detect=detect,
    reader=lambda _: SpacyTrain(),
    rounded=True,
    fields=Fields(step=("#",), time=("@time",), elapsed=("@elapsed",), rename=tag),
)
