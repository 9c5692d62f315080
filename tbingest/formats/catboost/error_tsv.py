"""CatBoost's `learn_error.tsv`, `test_error.tsv` and `time_left.tsv`, in `catboost_info`.

iter	RMSE:0	MAE:0	RMSE	MAE
0	1.08	0.87	0.90	0.69
1	1.16	0.92	0.96	0.72

Only the file's name says whether the metrics are of the training set or of evaluation sets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tbingest.formats.catboost.names import column, split_metrics, tag, test_run
from tbingest.formats.generic.table import sniff
from tbingest.formats.readers.table import TableReader
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Problem

STEP = "iter"
_TIMES = ("Passed", "Remaining")


@dataclass
class CatBoostTable(TableReader):
    """Reads a table of metrics; `test` says that they are of evaluation sets."""

    test: bool = False

    def records(self, rows: Rows) -> Iterator[Rows | Problem]:
        """The rows, with the run before the name of every metric."""
        names = [name for name in self._table.names if name != STEP]
        if self.test:
            named = {
                name: column(test_run(place), metric)
                for name, (place, metric) in zip(names, split_metrics(names), strict=True)
            }
        elif tuple(names) == _TIMES:
            named = {}
        else:
            named = {name: column("learn", name) for name in names}
        renamed = {named.get(name, name): cells for name, cells in rows.columns.items()}
        yield Rows(renamed, rows.order)


def detect(head: Head) -> Evidence:
    """Columns separated by tabs, `iter` first, in a file of one of the three kinds of names."""
    layout = sniff(head)
    if not layout or layout.delimiter != "\t" or layout.names[0] != STEP:
        return Evidence(0.0, "not separated by tabs, with iter first")
    if layout.names[1:] == _TIMES:
        return Evidence(0.95, "iter, Passed and Remaining")
    if any(name in head.basename for name in ("learn_error", "test_error")):
        return Evidence(0.95, "a table of iter and metrics, named as CatBoost does")
    return Evidence(0.2, "iter is first, but the name says no set")


def make_reader(head: Head) -> CatBoostTable:
    """A reader that knows the sets by the file's name."""
    return CatBoostTable(layout=sniff(head), test="test_error" in head.basename)


FORMAT = Format(
    name="catboost-tsv",
    about="CatBoost's learn_error.tsv, test_error.tsv and time_left.tsv",
    sample="iter\tPassed\tRemaining\n0\t47\t2801\n1\t49\t1387",
    detect=detect,
    reader=make_reader,
    fields=Fields(step=(STEP,), rename=tag),
)
