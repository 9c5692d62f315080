"""fastai's CSVLogger: `history.csv`, a row an epoch, the last column its duration.

epoch,train_loss,valid_loss,accuracy,time
0,3.7262,4.4524,0.61,00:12
1,3.4634,3.8691,0.68,00:11

A training that is resumed appends to it, with or without another header. Tags are the columns as
they are, as in its own TensorBoard events, whose steps count batches: the log does not say them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tbingest.durations import parse_duration
from tbingest.formats.lightning import tag
from tbingest.formats.table import TableReader, sniff
from tbingest.formats.weave import Woven, summed
from tbingest.model import Evidence, Fields, Format, Head, Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model import Column

DURATION, ELAPSED = "time", "elapsed"


@dataclass
class FastaiHistory(TableReader):
    """Reads the table; `elapsed` sums up the epochs, in seconds."""

    elapsed: float = 0.0

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """The rows, with durations in seconds and when their epoch ended."""
        parts = [part for item in super().lines(block, final=final) for part in _timed(item)]
        timed = [part for part in parts if isinstance(part, Rows) and _is_timed(part)]
        yield from (part for part in parts if not any(part is one for one in timed))
        if timed:
            woven = Woven(timed)
            times = summed(self.elapsed, woven.column(DURATION))
            self.elapsed = float(times[-1])
            for rows, ends in zip(timed, woven.parts(times), strict=True):
                yield Rows({**rows.columns, ELAPSED: ends}, rows.order)


def _is_timed(rows: Rows) -> bool:
    return isinstance(rows.columns.get(DURATION), np.ndarray)


def _timed(item: Rows | Problem) -> Iterator[Rows | Problem]:
    """The records that have a duration, in seconds; and those that have none, as they are."""
    cells = item.columns.get(DURATION) if isinstance(item, Rows) else None
    if isinstance(item, Problem) or cells is None:
        yield item
        return
    seconds = [parse_duration(cell) if isinstance(cell, str) else None for cell in cells]
    known = [place for place, value in enumerate(seconds) if value is not None]
    others = [place for place, value in enumerate(seconds) if value is None]
    if known:
        part = _chosen(item, known)
        found = np.asarray([seconds[place] for place in known], np.float64)
        yield Rows({**part.columns, DURATION: found}, part.order)
    if others:
        yield _chosen(item, others)


def _chosen(rows: Rows, places: list[int]) -> Rows:
    columns: dict[str, Column] = {}
    for name, column in rows.columns.items():
        if isinstance(column, np.ndarray):
            columns[name] = column[places]
        else:
            columns[name] = [column[place] for place in places]
    return Rows(columns, rows.order[places])


def detect(head: Head) -> Evidence:
    """`epoch` and `train_loss` first, `time` last, with durations such as 00:12 in it."""
    layout = sniff(head)
    if not layout or layout.names[:2] != ("epoch", "train_loss") or layout.names[-1] != DURATION:
        return Evidence(0.0, "epoch and train_loss are not first, or time not last")
    if layout.first_row and parse_duration(layout.first_row[-1]) is not None:
        return Evidence(0.95, "epoch and train_loss first, a duration last")
    return Evidence(0.0, "the last column holds no durations")


FORMAT = Format(
    name="fastai",
    about="fastai CSVLogger's history.csv",
    sample="epoch,train_loss,valid_loss,accuracy,time\n0,3.7262,4.4524,0.61,00:12",
    detect=detect,
    reader=lambda head: FastaiHistory(layout=sniff(head)),
    fields=Fields(step=("epoch",), elapsed=(ELAPSED,), rename=tag),
)
