"""The table of runs downloaded from W&B as CSV: one row for each run, its last values.

"Name","State","Notes","User","Tags","Created","Runtime","Sweep","batch_size","lr","iter","loss"
"red-fox-1","finished","-","","full","2026-05-25T14:08:33.000Z","732","","64","0.001","5000","0.71"

Behind W&B's own columns stand the configuration and then the summary, each in alphabetical order:
that is all that tells them apart. Every number is a value; the configuration makes the run's
hyperparameters, too. User names are not copied.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.records import RUN, session
from tbingest.formats.readers.table import TableReader
from tbingest.formats.readers.table_layout import sniff
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import HParams
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.model.rows import Column

_OWN = ("State", "Notes", "User", "Tags", "Created", "Runtime", "Sweep")
_SHOWN = ("State", "Notes", "Tags", "Sweep")
_STEPS = ("_step", "global_step", "trainer/global_step", "step", "iter", "iteration", "epoch")
_EMPTY = frozenset({"", "-"})


@dataclass
class RunsTable(TableReader):
    """Reads each row as a run. `seen` counts how often a run's name was there."""

    seen: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        names = self._table.names if self.layout else ()
        self._config = configuration(names)
        self._step = next((name for name in _STEPS if name in names), "")

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """One `Rows` for each run, in the order of the lines."""
        runs = []
        for found in super().lines(block, final=final):
            if isinstance(found, Problem):
                yield found
            else:
                runs += [(order, found, n) for n, order in enumerate(found.order.tolist())]
        for order, rows, place in sorted(runs, key=lambda one: one[0]):
            row = {name: column[place] for name, column in rows.columns.items()}
            yield Rows(self._columns(row), np.asarray([order], np.int64))

    def _columns(self, row: dict[str, Any]) -> dict[str, Column]:
        columns: dict[str, Column] = {RUN: [self._run(str(row.pop("Name", "run")))]}
        config: dict[str, bool | float | str] = {}
        for name, value in row.items():
            if isinstance(value, np.generic):
                columns[name] = np.asarray([value])
                number = value.item()
                config |= {name: number} if name in self._config else {}
            elif name == "Created" or (name in _SHOWN and value.strip() not in _EMPTY):
                columns[name] = [value]
            elif name in self._config and value.strip():
                config[name] = value
        if self._step:
            columns.setdefault(self._step, np.zeros(1, np.int64))
        return (
            {**columns, ":config": [HParams(config, session(row.get("State")))]}
            if config
            else columns
        )

    def _run(self, name: str) -> str:
        """The run's name, which another run may have too."""
        count = self.seen[name] = self.seen.get(name, 0) + 1
        return name if count == 1 else f"{name}-{count}"


def configuration(names: Sequence[str]) -> frozenset[str]:
    """The columns of the configuration: those before the one place where the alphabet begins anew.

    All of them where that is not just one place.
    """
    own = [name for name in names if name not in {"Name", *_OWN}]
    starts = [place for place, (a, b) in enumerate(pairwise(own), 1) if _falls(a, b)]
    return frozenset(own[: starts[0]] if len(starts) == 1 else own)


def _falls(first: str, second: str) -> bool:
    return second < first and second.casefold() < first.casefold()


def detect(head: Head) -> Evidence:
    """By W&B's own columns."""
    layout = sniff(head)
    names = set(layout.names) if layout and layout.row_count else set()
    own = names & set(_OWN)
    if {"Name", "State"} <= names and len(own) > 2:
        return Evidence(0.96, f"a table of runs with W&B's columns {', '.join(sorted(own))}")
    return Evidence(0.0, "has not W&B's columns Name, State, Created and the like")


FORMAT = Format(
    name="wandb-runs",
    about="the table of runs downloaded from W&B as CSV",
    sample='"Name","State","Created","Runtime","lr","loss"\n'
    '"red-fox-1","finished","2026-05-25T14:08:33.000Z","732","0.001","0.71"',
    detect=detect,
    reader=lambda head: RunsTable(layout=sniff(head)),
    fields=Fields(step=_STEPS, time=("created",), run=(RUN,)),
)
