"""Poutyne's `log.tsv`, as its Experiment writes it: a row an epoch.

epoch	time	lr	loss	acc	val_loss	val_acc
1	0.041	0.1	0.759	53.5	0.566	69.0
2	0.011	0.1	0.504	83.0	0.419	88.0

Its own TensorBoard events have a run for every column: `loss_val_loss` holds the tag `loss`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tbingest.formats.generic.table import sniff
from tbingest.formats.readers.table import TableReader
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Problem

STEP = "step"
_FIRST = ("epoch", "time")


@dataclass
class PoutyneLog(TableReader):
    """Reads the table; the epoch is the step, and a value too."""

    def records(self, rows: Rows) -> Iterator[Rows | Problem]:
        """The rows, with the epoch once more as the step."""
        if "epoch" in rows.columns:
            rows = Rows({STEP: rows.columns["epoch"], **rows.columns}, rows.order)
        yield rows


def tag(name: str) -> tuple[str, str] | None:
    """The run and tag that `add_scalars` makes of a column: a column goes with its `val_` twin."""
    shared = name.removeprefix("val_")
    return f"{shared}_{name}", shared


def detect(head: Head) -> Evidence:
    """Columns separated by tabs: epoch, time, learning rates, then the loss."""
    layout = sniff(head)
    if not layout or layout.delimiter != "\t" or layout.names[:2] != _FIRST:
        return Evidence(0.0, "not separated by tabs, with epoch and time first")
    rest = [name for name in layout.names[2:] if not name.startswith("lr")]
    if rest[:1] == ["loss"]:
        return Evidence(0.95, "tabs, with epoch, time, learning rates and loss first")
    return Evidence(0.0, "no loss after epoch, time and learning rates")


FORMAT = Format(
    name="poutyne",
    about="Poutyne's log.tsv",
    sample="epoch\ttime\tlr\tloss\tacc\tval_loss\n1\t0.041\t0.1\t0.759\t53.5\t0.566",
    detect=detect,
    reader=lambda head: PoutyneLog(layout=sniff(head)),
    fields=Fields(step=(STEP,), rename=tag),
)
