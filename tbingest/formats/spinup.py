"""Spinning Up's `progress.txt`: tabs, one row an epoch, means and deviations of its episodes.

Epoch	AverageEpRet	StdEpRet	EpLen	TotalEnvInteracts	LossPi	Time
0	-430.1	12.4	550.0	1000	0.27	228.3
1	-390.7	10.9	550.0	2000	0.21	441.9

The step is TotalEnvInteracts, else the epoch; `Time` is seconds since the start, and a value too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tbingest.formats.readers.running import SECONDS, clocked
from tbingest.formats.readers.table import TableReader
from tbingest.formats.readers.table_layout import sniff
from tbingest.model.contracts import Evidence, Fields, Format, Head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Problem, Rows

_MARKS = frozenset(
    {"AverageEpRet", "StdEpRet", "EpLen", "EpRet", "TotalEnvInteracts", "AverageTestEpRet"}
)


@dataclass
class Progress(TableReader):
    """Reads the table. `clock` is what `never_falling` remembers."""

    clock: list[float] = field(default_factory=lambda: [0.0, 0.0])

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """The rows of one block, with the seconds since the start."""
        yield from clocked(list(super().lines(block, final=final)), ("Time",), self.clock)


def detect(head: Head) -> Evidence:
    """Tabs, and Spinning Up's columns or its name for the file."""
    layout = sniff(head)
    if not layout or layout.delimiter != "\t" or not layout.has_header:
        return Evidence(0.0, "no table with tabs and a header")
    found = sorted(_MARKS & set(layout.names))
    if len(found) >= 2:
        return Evidence(0.93, f"tabs, with the columns {found[0]} and {found[1]}")
    epoch = "epoch" in {name.lower() for name in layout.names}
    if epoch and head.basename.lower().startswith("progress.txt"):
        return Evidence(0.92, "called progress.txt, with tabs and a column of epochs")
    return Evidence(0.1, "tabs, but none of Spinning Up's columns")


FORMAT = Format(
    name="spinup",
    about="Spinning Up's progress.txt",
    sample="Epoch\tAverageEpRet\tTotalEnvInteracts\n0\t-430.1\t1000",
    detect=detect,
    reader=lambda head: Progress(layout=sniff(head)),
    fields=Fields(step=("TotalEnvInteracts", "epoch"), elapsed=(SECONDS,)),
)
