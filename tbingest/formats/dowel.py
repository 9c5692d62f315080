"""dowel's `progress.csv`, as garage writes it: one row an iteration, columns under their prefixes.

Evaluation/AverageReturn,TotalEnvSteps,GaussianMLPPolicy/LossBefore
0.84,1000,0.75
2.42,2000,0.25

Steps are those of dowel's TensorBoardOutput: the number of the row from 0, or TotalEnvSteps where
garage set it up (it notes `Evaluation/Iteration` as well).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tbingest.formats.generic.table import sniff
from tbingest.formats.readers.table import TableReader
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Rows
from tbingest.names.tags import as_is

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.model.rows import Problem

ROW, TOTAL = "number of the row", "TotalEnvSteps"


@dataclass
class Tabular(TableReader):
    """Reads the table."""

    def records(self, rows: Rows) -> Iterator[Rows | Problem]:
        """The rows, with their numbers where no column is the step."""
        if is_garage(self._table.names):
            yield rows
            return
        number = np.asarray(rows.order - self._table.header_lines - 1, np.int64)
        yield Rows({**rows.columns, ROW: number}, rows.order)


def is_garage(names: Sequence[str]) -> bool:
    """True where the whole of garage wrote the table, not dowel alone."""
    return TOTAL in names and any(name.endswith("/Iteration") for name in names)


def detect(head: Head) -> Evidence:
    """A comma separated table with TotalEnvSteps or returns under a prefix."""
    layout = sniff(head)
    if not layout or layout.delimiter != "," or not layout.has_header:
        return Evidence(0.0, "no comma separated table with a header")
    returns = any(name.endswith("/AverageReturn") for name in layout.names)
    if TOTAL in layout.names or returns:
        return Evidence(0.92, "has TotalEnvSteps, or returns under a prefix")
    return Evidence(0.0, "has neither TotalEnvSteps nor returns under a prefix")


FORMAT = Format(
    name="dowel",
    about="progress.csv of dowel and garage",
    sample="Evaluation/AverageReturn,TotalEnvSteps,Policy/Entropy\n0.84,1000,1.4",
    detect=detect,
    reader=lambda head: Tabular(layout=sniff(head)),
    fields=Fields(step=(ROW, TOTAL), rename=as_is),
)
