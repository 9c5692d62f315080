"""Tables and texts as Markdown."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tbingest.model.points import (
        Table,
    )


_MAX_ROWS = 2_000


_MAX_CELL = 500


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


_MARKDOWN = re.compile(r"([\\`*_{}\[\]()>#|!])")  # TensorBoard's Markdown knows no other escapes


def markdown(table: Table) -> str:
    """The text that shows a table."""
    shown = text_rows(table.header, table.rows)
    return f"{shown}\n\n{table.more:,} more are not shown" if table.more else shown


def text_table(values: Mapping[str, object]) -> str:
    """A Markdown table of names and values; at most 2,000 rows and 500 characters a cell."""
    rows = text_rows(("name", "value"), islice(values.items(), _MAX_ROWS))
    more = len(values) - _MAX_ROWS
    return f"{rows}\n\n{more:,} more are not shown" if more > 0 else rows


def text_rows(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; at most 500 characters a cell."""
    cells = [[_cell(value) for value in row] for row in (header, *rows)]
    head, *lines = (f"| {' | '.join(row)} |" for row in cells)
    return "\n".join((head, "|---" * len(header) + "|", *lines))


def _cell(value: object) -> str:
    text = value if isinstance(value, str) else _shown(value)
    if len(text) > _MAX_CELL:
        text = f"{text[:_MAX_CELL]}... ({len(text):,} characters)"
    text = _CONTROL.sub(" ", text).replace("&", "&amp;").replace("<", "&lt;")
    return _MARKDOWN.sub(r"\\\1", text)


def _shown(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # a whole number with more digits than Python writes
        return "a very large number"
