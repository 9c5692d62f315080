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

from tbingest.formats.generic.table import sniff
from tbingest.formats.readers.table import TableReader, shorten
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem
from tbingest.names.tags import as_is
from tbingest.names.times import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tbingest.formats.readers.table import Columns
    from tbingest.model.rows import Rows

DURATION, ELAPSED = "time", "elapsed"


@dataclass
class FastaiHistory(TableReader):
    """Reads the table; `elapsed` sums up the epochs, in seconds."""

    elapsed: float = 0.0

    def _rows(self, columns: Columns, order: NDArray[np.int64]) -> Iterator[Rows | Problem]:
        """The rows, with durations in seconds and when their epoch ended."""
        cells, _ = columns.get(DURATION, ((), None))
        if cells and not isinstance(cells, np.ndarray):
            found = [parse_duration(str(cell)) for cell in cells]
            for cell, seconds, line in zip(cells, found, order.tolist(), strict=True):
                if seconds is None and cell.strip():
                    what = f"{shorten(cell)!r} is not a duration such as 01:05"
                    yield Problem("", line, None, what, values=1)
            passed = np.array([seconds or 0.0 for seconds in found])
            known = np.array([seconds is not None for seconds in found])
            times = self.elapsed + np.cumsum(passed)
            self.elapsed = float(times[-1])
            columns = {**columns, DURATION: (passed, known), ELAPSED: (times, None)}
        yield from super()._rows(columns, order)


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
    fields=Fields(step=("epoch",), elapsed=(ELAPSED,), rename=as_is),
)
