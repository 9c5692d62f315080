"""Ray Tune's and RLlib's `progress.csv`: the results of a trial, nested ones as Python writes them.

episode_reward_mean,training_iteration,time_total_s,info
1.01,1,31.3,"{'sample_throughput': 1297.4}"
1.13,2,62.1,"{'sample_throughput': 1310.2}"

It is written in blocks of 4 KiB: of a trial that was killed the last row may end inside a quote.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.generic.table import sniff
from tbingest.formats.ray.fields import CONFIG, FIELDS, has_config, left_out, results, sureness
from tbingest.formats.readers.table import TableReader
from tbingest.model.contracts import Evidence, Format, Head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Column, Problem, Rows

_MAX_CELL = 100_000
_NOT_FINITE = re.compile(r"(?<![\w'\"])(nan|inf)(?![\w'\"])")


@dataclass
class ResultTable(TableReader):
    """Reads results. `configured` says that the config was given."""

    booleans: bool = True

    configured: bool = False

    def records(self, rows: Rows) -> Iterator[Rows | Problem]:
        """The values of the results, with those of nested cells."""
        columns = {name: self._values(name, column) for name, column in rows.columns.items()}
        records = [
            {name: column[place] for name, column in columns.items()}
            for place in range(len(rows.order))
        ]
        for name, count in left_out(records):
            self.set_aside(name, count, "Ray's own")
        yield from results(records, rows.order.tolist(), configured=self.configured)
        self.configured = self.configured or has_config(records)

    def _values(self, name: str, column: Column) -> list[Any]:
        if isinstance(column, np.ndarray):
            return list(column.tolist())
        if name == CONFIG and self.configured:
            return [None] * len(column)
        return [nested(cell) for cell in column]


def nested(cell: str) -> Any:
    """The dict or list that a cell writes in Python's way; any other cell as it is."""
    text = cell.strip()
    if text[:1] not in {"{", "["} or len(text) > _MAX_CELL:
        return cell
    try:
        # Literals only: nothing is executed. There is none for nan.
        value = ast.literal_eval(_NOT_FINITE.sub("None", text))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return cell
    return value if isinstance(value, dict | list) else cell


def detect(head: Head) -> Evidence:
    """A comma separated table with the columns of a result."""
    layout = sniff(head)
    if not layout or layout.delimiter != ",":
        return Evidence(0.0, "no comma separated table")
    return Evidence(*sureness(layout.names))


FORMAT = Format(
    name="ray-csv",
    about="progress.csv of Ray Tune and RLlib",
    sample="episode_reward_mean,training_iteration,time_total_s\n1.01,1,31.3",
    detect=detect,
    reader=lambda head: ResultTable(layout=sniff(head)),
    fields=FIELDS,
)
