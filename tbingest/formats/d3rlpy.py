"""d3rlpy's logs: a CSV for each metric, without a header, named like the metric.

1,20,0.474
2,40,0.442
3,60,0.479

The columns are epoch, step and value; the epoch is the step, as in d3rlpy's TensorBoard logger.
The files of gradients (`*_grad.csv`) have a header: epoch,step,min,max,mean,std.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from tbingest.formats.readers.head import text_lines
from tbingest.formats.readers.table import TableReader
from tbingest.formats.readers.table_layout import Layout, to_number
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Rows
from tbingest.names.files import stem_of
from tbingest.names.tags import as_is

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Problem

_VALUE = "value"
_COLUMNS = ("epoch", "step", _VALUE)
_GRADIENTS = ("epoch", "step", "min", "max", "mean", "std")


@dataclass
class Metric(TableReader):
    """Reads one metric, called `metric`."""

    metric: str = ""

    def records(self, rows: Rows) -> Iterator[Rows | Problem]:
        """The values under the name of their tag; the step of the environment is no value."""
        self.set_aside("step", len(rows.order), "counts the steps of the environment")
        columns = {self._tag(name): part for name, part in rows.columns.items() if name != "step"}
        yield Rows(columns, rows.order)

    def _tag(self, name: str) -> str:
        if name == "epoch":
            return name
        return f"metrics/{self.metric}" if name == _VALUE else f"gradients/{self.metric}/{name}"


def reader(head: Head) -> Metric:
    """A reader for a file with or without a header."""
    metric = stem_of(head.basename)
    if head.data.startswith(",".join(_GRADIENTS).encode()):
        return Metric(layout=Layout(",", _GRADIENTS, 1), metric=metric.removesuffix("_grad"))
    return Metric(layout=Layout(",", _COLUMNS, 0, has_header=False), metric=metric)


def detect(head: Head) -> Evidence:
    """Rows of an epoch, a growing step and a value, or the header of gradients."""
    if not head.basename.lower().endswith((".csv", ".csv.gz")):
        return Evidence(0.0, "not called .csv")
    lines = [line.split(",") for line in text_lines(head)[:200] if line.strip()]
    if lines and tuple(lines[0]) == _GRADIENTS:
        return Evidence(0.93, "the columns of d3rlpy's gradients")
    cells = [[to_number(cell, ".") for cell in line] for line in lines if len(line) == 3]
    if not cells or len(cells) < len(lines):
        return Evidence(0.0, "not three numbers a line")
    epochs, steps, values = ([row[place] for row in cells] for place in range(3))
    counted = all(type(number) is int for number in (*epochs, *steps)) and None not in values
    if counted and epochs[0] in {0, 1} and _grow(epochs, 1) and _grow(steps):
        return Evidence(0.91, "no header; the epoch from 1, a growing step and a value")
    return Evidence(0.0, "not an epoch, a step and a value")


def _grow(numbers: list[int | float | None], by: int = 0) -> bool:
    """True where each number is larger than the one before it, `by` so much where that is given."""
    steps = [(after or 0) - (before or 0) for before, after in pairwise(numbers)]
    return all(step == by if by else step > 0 for step in steps)


FORMAT = Format(
    name="d3rlpy",
    about="d3rlpy's CSV files, one for each metric",
    sample="1,20,0.474\n2,40,0.442\n3,60,0.479",
    detect=detect,
    reader=reader,
    joins=True,
    fields=Fields(step=("epoch",), rename=as_is),
)
