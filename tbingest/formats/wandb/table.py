"""W&B's tables: what `wandb.Table` logs, as a table of text at its step.

{"columns": ["prompt", "answer", "score"], "data": [["2 + 2 =", "4", 1.0]], "ncols": 3, "nrows": 1}

Step and tag come from the file's name, `media/table/samples_100_1c0f3a5b.table.json`. The first 100
rows and 20 columns are shown; of pictures and the like in a cell, what they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.axis.shapes import numbers_in
from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_documents import JsonDocumentReader
from tbingest.formats.readers.records import is_number
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import Table
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_ROWS, _MOST_COLUMNS = 100, 20
_MOST_LETTERS = 1_000  # a cell shows 500, and how many there are


@dataclass
class WandbTable(JsonDocumentReader):
    """Gives the table as one value."""

    def series(self, value: Any) -> Iterator[tuple[str, Rows | Problem]]:
        """One record with the table, or what is wrong with it."""
        columns, rows = _parts(value)
        if not columns:
            yield "", Problem("", None, None, "a table without columns", values=1)
            return
        if len(columns) > _MOST_COLUMNS:
            what = f"the first {_MOST_COLUMNS} of {len(columns):,} columns are shown"
            yield "", Problem("", None, None, what)
        header = tuple(str(name)[:_MOST_LETTERS] for name in columns[:_MOST_COLUMNS])
        shown = tuple(_row(row, len(header)) for row in rows[:_MOST_ROWS])
        self._left_out(value, rows, len(header))
        table = Table(header, shown, len(rows) - len(shown))
        yield "table", Rows({"": [table]}, np.ones(1, np.int64))

    def _left_out(self, value: dict[str, Any], rows: list[Any], width: int) -> None:
        self.set_aside_but({"columns", "data"}, value, "how large the table is")
        for at, row in enumerate(rows):
            cells = row if isinstance(row, list) else []
            shown = cells[:width] if at < _MOST_ROWS else []
            count = numbers_in(cells) - sum(map(is_number, shown))
            self.set_aside("data", count, "in lists, or beyond what a table of text shows")


def _parts(value: Any) -> tuple[list[Any], list[Any]]:
    """(columns, rows), as far as it has them."""
    found = value if isinstance(value, dict) else {}
    columns, rows = found.get("columns"), found.get("data")
    return (columns if isinstance(columns, list) else []), (rows if isinstance(rows, list) else [])


def _row(row: Any, width: int) -> tuple[str, ...]:
    cells = row[:width] if isinstance(row, list) else []
    return tuple(map(_cell, [*cells, *[None] * (width - len(cells))]))


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value[:_MOST_LETTERS]
    if isinstance(value, dict):
        return str(value.get("path") or value.get("_type") or "an object")[:_MOST_LETTERS]
    if isinstance(value, list):
        return f"a list of {len(value):,}"
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)[:50]


def detect(head: Head) -> Evidence:
    """Columns and data, and W&B's counts of both or its suffix."""
    value = document(head)
    if not isinstance(value, dict) or "columns" not in value or "data" not in value:
        return Evidence(0.0, "no columns and data")
    named = head.basename.lower().endswith(".table.json")
    if named or {"ncols", "nrows"} <= value.keys():
        return Evidence(0.96, "a table of W&B")
    return Evidence(0.0, "no table of W&B")


FORMAT = Format(
    name="wandb-table",
    about="W&B's tables, as text",
    sample='{"columns": ["prompt", "answer"], "data": [["2 + 2 =", "4"]], "ncols": 2, "nrows": 1}',
    detect=detect,
    reader=lambda _: WandbTable(),
    rewritten=True,
    fields=Fields(step_from_name=True),
)
