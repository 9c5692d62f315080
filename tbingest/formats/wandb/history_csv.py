"""A run's history as W&B's API gives it: `run.history().to_csv(...)`.

_step,_runtime,_timestamp,train/loss,val/loss
0,1.5,1780000000.25,0.91,
10,4.0,1780000002.75,0.74,0.80

The columns come in any order. Pictures and tables stand in it as descriptions only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tbingest.formats.readers.table import TableReader
from tbingest.formats.readers.table_layout import sniff
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Column

_STEP, _TIME, _ELAPSED = "_step", "_timestamp", "_runtime"


@dataclass
class History(TableReader):
    """Reads the history without its second clock and without descriptions of media."""

    def records(self, rows: Rows) -> Iterator[Rows | Problem]:
        """The metrics."""
        columns: dict[str, Column] = {}
        for name, column in rows.columns.items():
            if name == _ELAPSED and _TIME in rows.columns:
                self.set_aside(name, len(column), "a second clock")
                continue
            if isinstance(column[0], str) and _is_media(column[0]):
                what = f"{name!r} describes pictures or tables that are not in this file"
                yield Problem("", int(rows.order[0]), None, what, values=len(column))
            else:
                columns[name] = column
        yield Rows(columns, rows.order)


def _is_media(cell: str) -> bool:
    return cell.lstrip().startswith("{") and "_type" in cell


def detect(head: Head) -> Evidence:
    """By the columns that W&B adds to each record."""
    layout = sniff(head)
    names = set(layout.names) if layout and layout.row_count else set()
    if _STEP in names and names & {_TIME, _ELAPSED}:
        return Evidence(0.95, "has W&B's _step and its clock")
    return Evidence(0.0, "has not W&B's _step and _timestamp")


FORMAT = Format(
    name="wandb-history-csv",
    about="a run's history as W&B's API exports it (run.history().to_csv)",
    sample="_step,_runtime,_timestamp,train/loss\n0,1.5,1780000000.25,0.91",
    detect=detect,
    reader=lambda head: History(layout=sniff(head)),
    fields=Fields(step=(_STEP,), time=(_TIME,), elapsed=(_ELAPSED,)),
)
