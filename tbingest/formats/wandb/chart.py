"""A chart downloaded from W&B as CSV: one column for each run, with its extremes.

"Step","red-fox-1 - val/loss","red-fox-1 - val/loss__MIN","red-fox-1 - val/loss__MAX"
"10","0.91","0.91","0.91"
"20","0.74","0.74","0.74"

Each run is a run below the source's own; its name ends at the last ` - `. The extremes, which are
those of the points that the page drew as one, are left out. The first column is whatever the chart
had as its x axis: where that is no step, `<run> - _step` is it, if it was exported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tbingest.formats.readers.head import text_lines
from tbingest.formats.readers.records import RUN, beside
from tbingest.formats.readers.table import TableReader
from tbingest.formats.readers.table_layout import Layout, sniff, split_rows, to_number
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Rows
from tbingest.names.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.model.rows import Problem

_STEP, _TIME, _ELAPSED = "Step", "Wall time", "Relative time"
_OWN_STEP = "_step"
_EXTREMES = ("__MIN", "__MAX")
_REPEATED = re.compile(r"(.+)( \(\d{1,9}\))", re.DOTALL)
_LOOKED_AT = 200


class Curve(NamedTuple):
    """A column of the table, and the run and metric that it is of."""

    column: str
    run: str
    metric: str


def curves(names: Sequence[str]) -> list[Curve]:
    """What the columns behind the first hold, the extremes left out.

    Runs of the same name have columns of the same name, which carry a number: so does the run.
    """
    known = set(names)
    found = []
    for name in names[1:]:
        match = _REPEATED.fullmatch(name)
        plain, number = (match[1], match[2]) if match and match[1] in known else (name, "")
        if plain.endswith(_EXTREMES) and plain[: -len("__MIN")] in known:
            continue
        run, mark, metric = plain.rpartition(" - ")
        found.append(Curve(name, f"{run}{number}" if mark else number.strip(), metric))
    return found


@dataclass
class Chart(TableReader):
    """Reads the columns of a chart run by run. `axis` is what the first column is given as."""

    axis: str = _STEP

    def __post_init__(self) -> None:
        super().__post_init__()
        self._runs: dict[str, list[Curve]] = {}
        for curve in curves(self._table.names) if self.layout else ():
            self._runs.setdefault(curve.run, []).append(curve)

    def records(self, rows: Rows) -> Iterator[Rows | Problem]:
        """For each run its own records."""
        first = rows.columns.get(self._table.names[0])
        shown = {self._table.names[0], *(c.column for mine in self._runs.values() for c in mine)}
        for name in rows.columns.keys() - shown:
            self.set_aside(name, len(rows.order), "the least or most of what a point stands for")
        for run, mine in self._runs.items():
            columns = {
                beside(curve.metric, self.axis, RUN): rows.columns[curve.column]
                for curve in mine
                if curve.column in rows.columns
            }
            own_step = columns.pop(_OWN_STEP, None)
            if own_step is not None and (self.axis == _STEP or not columns):
                self.set_aside(f"{run} - {_OWN_STEP}", len(rows.order), "repeats the step")
            if not columns:
                continue
            if own_step is not None and self.axis != _STEP:
                columns = {_STEP: own_step, **columns}
            if first is not None:
                columns = {self.axis: first, **columns}
            yield Rows({**columns, RUN: [run] * len(rows.order)}, rows.order)


def axis(head: Head, layout: Layout) -> str:
    """What the first column is: steps where it holds whole numbers, a time, or else a value."""
    name = layout.names[0]
    plain = name.lower()
    if plain in {"_timestamp", "timestamp", "wall time"}:
        return _TIME
    if plain == "_runtime" or plain.startswith("relative time"):
        return _ELAPSED
    rows = split_rows("\n".join(text_lines(head)[1 : _LOOKED_AT + 1]), layout.delimiter)
    numbers = [to_number(row[0], layout.decimal) for row in rows if row]
    whole = all(number is None or float(number).is_integer() for number in numbers)
    return _STEP if whole else name


def reader(head: Head) -> Chart:
    """A reader that knows what the first column is."""
    layout = sniff(head)
    return Chart(layout=layout, axis=axis(head, layout) if layout else _STEP)


def detect(head: Head) -> Evidence:
    """Columns called `<run> - <metric>`, each with its extremes behind it."""
    layout = sniff(head)
    if not layout or not layout.row_count or len(layout.names) < 2:
        return Evidence(0.0, "no table with a header and rows")
    names = set(layout.names)
    drawn = [name for name in names if all(f"{name}{mark}" in names for mark in _EXTREMES)]
    if any(" - " in name for name in drawn):
        return Evidence(
            0.97, f"a chart of W&B: {plural(len(drawn), 'column')} with __MIN and __MAX"
        )
    quoted = head.data.startswith(b'"')
    if quoted and all(" - " in name for name in layout.names[1:]):
        return Evidence(0.91, "every column but the first is called <run> - <metric>")
    return Evidence(0.0, "no columns called <run> - <metric>")


FORMAT = Format(
    name="wandb-chart",
    about="a chart downloaded from W&B as CSV (wandb_export_....csv)",
    sample='"Step","red-fox-1 - loss","red-fox-1 - loss__MIN","red-fox-1 - loss__MAX"\n'
    '"10","0.91","0.91","0.91"',
    detect=detect,
    reader=reader,
    fields=Fields(step=(_STEP,), time=(_TIME,), elapsed=(_ELAPSED,), run=(RUN,)),
)
