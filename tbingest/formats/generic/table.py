"""Delimited tables: comma, tab, semicolon, pipe or blanks; one header line.

step,train_loss,val_loss
10,0.91,
20,0.74,0.80

A blank cell is missing and gives nothing; `nan` is a value, `true` is 1. A row with another number
of cells than the header is reported.
"""

from __future__ import annotations

import re

from tbingest.axis.numbers import with_spread
from tbingest.formats.readers.lines import one_line_end
from tbingest.formats.readers.table import TableReader
from tbingest.formats.readers.table_layout import (
    CONSOLE,
    Layout,
    cell_number,
    has_values,
    sniff,
    split_rows,
)
from tbingest.formats.readers.vocabulary import NO_TRAINING, tells_of_training
from tbingest.model.contracts import Evidence, Format, Head
from tbingest.names.words import plural

__all__ = ["FORMAT", "NO_ROWS", "TableReader", "sniff"]

NO_ROWS = "but no rows yet"
"""Why a table with only a header is not read."""
_LOG = re.compile(r"loss|accurac|curve|reward|return|histor|metric|progress|(?<![a-z])log")
_MOST_UNNAMED = 8
_LEAST_ROWS = 10
_SERIES = re.compile(r"loss|acc|curve|reward|return|score|metric|histor|error|train|val|log")


def detect(head: Head) -> Evidence:
    """Rows of equal width with numbers in them, under a header."""
    layout = sniff(head)
    if not layout or CONSOLE in head.data or has_values(layout.names):
        return Evidence(0.0, "no table")
    columns = plural(len(layout.names), "column")
    reason = f"{columns} separated by {layout.said} in {layout.agree:.0%} of the rows"
    if not layout.has_header and len(layout.names) == 1 and _SERIES.search(head.basename.lower()):
        return Evidence(
            0.7, f"{plural(layout.row_count, 'number')}, one a line, and named like a curve"
        )
    if not layout.has_header and _are_curves(head, layout):
        width = plural(len(layout.names), "number")
        return Evidence(0.82, f"rows of {width} without a header, in a file named like a log")
    if not layout.has_header:
        return Evidence(0.2, f"{reason}, but no header: a matrix?")
    if not layout.row_count:
        return Evidence(0.3, f"{reason}, {NO_ROWS}")
    if not has_numeric_column(head, layout):
        return Evidence(0.1, f"{reason}, but no column of numbers")
    if not tells_of_training(layout.names):
        return Evidence(0.3, f"{reason}, but {NO_TRAINING}")
    named = head.basename.lower().split(".")
    suffix = 0.2 if {"csv", "tsv"} & set(named[1:]) else 0.0
    sure = 0.4 + 0.25 * layout.agree * (len(layout.names) > 1) + suffix
    return Evidence(round(min(0.85, sure), 2), reason)


def _are_curves(head: Head, layout: Layout) -> bool:
    """True for a few columns of bare numbers, many rows of them, in a file that is called like a
    log: no weight matrix.
    """
    width = len(layout.names)
    few = width <= _MOST_UNNAMED and layout.row_count >= max(_LEAST_ROWS, 3 * width)
    named = bool(_LOG.search(head.basename.lower()))
    return few and named and layout.agree == 1 and all(_numeric_columns(head, layout))


def has_numeric_column(head: Head, layout: Layout) -> bool:
    """True where a third of some column's first cells are numbers."""
    return any(_numeric_columns(head, layout))


def _numeric_columns(head: Head, layout: Layout) -> list[bool]:
    """Of each column, whether a third of its first cells are numbers, also with how far they vary,
    as `0.71 +/- 0.02`.
    """
    text = one_line_end(head.data).decode("utf-8", "replace")
    lines = text.split("\n")[layout.header_lines :][:50]
    rows = split_rows("\n".join(lines), layout.delimiter)
    whole = [row for row in rows if len(row) == len(layout.names)]
    return [
        sum(_says_number(row[place], layout.decimal) for row in whole) > len(whole) / 3
        for place in range(len(layout.names))
    ]


def _says_number(cell: str, decimal: str) -> bool:
    return cell_number(cell, decimal) is not None or with_spread(cell) is not None


FORMAT = Format(
    name="table",
    about="delimited tables: comma, tab, semicolon, pipe or blanks, with a header",
    sample="step,train_loss,val_loss\n10,0.91,\n20,0.74,0.80",
    detect=detect,
    reader=lambda head: TableReader(layout=sniff(head), booleans=True),
)
