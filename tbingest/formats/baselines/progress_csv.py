"""`progress.csv` of Stable-Baselines3 and OpenAI Baselines: wide, blanks, columns in any order.

time/iterations,rollout/ep_rew_mean,time/total_timesteps,time/time_elapsed,train/loss
1,-20.2,2048,0,
2,-18.1,4096,3,0.41

A new column makes the logger write the file anew, under a wider header. Tags are the columns as
they are; counters that the native TensorBoard logger leaves out are tags too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tbingest.formats.baselines.fields import CLOCKS, FIELDS, numbered, step_of, sureness
from tbingest.formats.generic.table import sniff
from tbingest.formats.readers.running import clocked
from tbingest.formats.readers.table import TableReader
from tbingest.model.contracts import Evidence, Format, Head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Problem, Rows


@dataclass
class ProgressTable(TableReader):
    """Reads the table. `clock` is what `never_falling` remembers."""

    clock: list[float] = field(default_factory=lambda: [0.0, 0.0])

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """The rows of one block, with the seconds since the start."""
        yield from clocked(list(super().lines(block, final=final)), CLOCKS, self.clock)

    def records(self, rows: Rows) -> Iterator[Rows | Problem]:
        """The rows, with their numbers where no column is the step."""
        named = self.layout and step_of(self._table.names)
        yield rows if named else numbered(rows, self._table.header_lines)


def detect(head: Head) -> Evidence:
    """A comma separated table with the loggers' columns."""
    layout = sniff(head)
    if not layout or layout.delimiter != "," or not layout.has_header:
        return Evidence(0.0, "no comma separated table with a header")
    return Evidence(*sureness(layout.names, head.basename))


FORMAT = Format(
    name="baselines-csv",
    about="progress.csv of Stable-Baselines3 and OpenAI Baselines",
    sample="time/total_timesteps,rollout/ep_rew_mean,train/loss\n2048,-20.2,\n4096,-18.1,0.41",
    detect=detect,
    reader=lambda head: ProgressTable(layout=sniff(head)),
    fields=FIELDS,
)
