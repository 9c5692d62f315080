"""Episodes as the Monitor of Stable-Baselines3 and OpenAI Baselines writes them: reward, length, t.

#{"t_start": 1708870919.15, "env_id": "Hopper-v4"}
r,l,t
72.1,44,0.21

The step is the sum of the lengths so far, the wall time `t_start + t`. A resumed training goes on
in the same file: with a header of its own, or with a `t` that begins at zero again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.head import text_lines
from tbingest.formats.readers.json_values import JsonError, parse_json
from tbingest.formats.readers.running import SECONDS, Woven, never_falling, summed
from tbingest.formats.readers.table import TableReader
from tbingest.formats.readers.table_layout import Layout, split_rows, unique_names
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Problem

STEP, WALL = "sum of l", "t_start + t"
_COLUMNS = ("r", "l", "t")
_EARLIEST, _LATEST = 1e8, 1e11  # unix seconds; some write a start of 0


@dataclass
class Monitor(TableReader):
    """Reads episodes. `steps` is the sum of lengths, `last` the last `t`, `earlier` the seconds of
    trainings that were resumed without a header of their own.
    """

    booleans: bool = True

    start: float | None = None
    steps: float = 0
    last: float = 0.0
    earlier: float = 0.0

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """The episodes of one block; a comment says when those after it began."""
        before = self.line
        parts = list(_parts(block))
        for part in parts:
            if part.startswith(b"#"):
                self._begin(part)
            else:
                yield from self._placed(
                    list(super().lines(part, final=final and part is parts[-1]))
                )
            self.line += part.count(b"\n")
        self.line = before

    def _begin(self, comment: bytes) -> None:
        start = header_of(comment.decode("utf-8", "replace")).get("t_start")
        if isinstance(start, int | float) and _EARLIEST < start < _LATEST:
            self.start, self.last, self.earlier = float(start), 0.0, 0.0

    def _placed(self, found: list[Rows | Problem]) -> Iterator[Rows | Problem]:
        """The same with steps and wall times, which are sums over all records in their order."""
        groups = [item for item in found if isinstance(item, Rows)]
        yield from (item for item in found if not isinstance(item, Rows))
        if not groups:
            return
        woven = Woven(groups)
        steps = summed(self.steps, np.nan_to_num(woven.column("l")))
        seconds, self.last, self.earlier = never_falling(woven.column("t"), self.last, self.earlier)
        self.steps = float(steps[-1])
        placed = zip(groups, woven.parts(steps), woven.parts(seconds), strict=True)
        for rows, step, second in placed:
            values = {name: column for name, column in rows.columns.items() if name != "t"}
            values[STEP] = step.astype(np.int64)
            name, start = (SECONDS, 0.0) if self.start is None else (WALL, self.start)
            values[name] = start + second
            yield Rows(values, rows.order)


def _parts(block: bytes) -> Iterator[bytes]:
    """The block, cut before and after each comment line."""
    start = 0
    while start < len(block):
        if block.startswith(b"#", start):
            stop = block.find(b"\n", start) + 1 or len(block)
        else:
            stop = block.find(b"\n#", start) + 1 or len(block)
        yield block[start:stop]
        start = stop


def header_of(comment: str) -> dict[str, Any]:
    """What the comment above the columns says; empty where it is no JSON object."""
    try:
        value = parse_json(comment.strip().lstrip("# ").encode())
    except JsonError:
        return {}
    return value if isinstance(value, dict) else {}


def columns_of(head: Head) -> tuple[int, tuple[str, ...]]:
    """(the number of lines before the first episode, the columns)."""
    for place, line in enumerate(text_lines(head)[:20]):
        if line.strip() and not line.startswith("#"):
            return place + 1, unique_names(split_rows(line, ",")[0])
    return len(text_lines(head)) + 1, _COLUMNS


def detect(head: Head) -> Evidence:
    """A comment with `t_start`, then the columns r, l and t."""
    lines = text_lines(head)
    if not lines or not (lines[0].startswith("#") or "monitor" in head.basename.lower()):
        return Evidence(0.0, "no comment above the columns")
    said = "t_start" in header_of(lines[0]) if lines[0].startswith("#") else False
    if said and len(lines) == 1:
        return Evidence(0.4, "a comment with t_start, and no columns yet")
    names = set(columns_of(head)[1])
    if said and {"l", "t"} <= names:
        return Evidence(0.97, "a comment with t_start above the columns l and t")
    if set(_COLUMNS) <= names and not lines[0].startswith("#"):
        return Evidence(0.92, "called monitor, with the columns r, l and t")
    return Evidence(0.2, "begins with a comment, but not with t_start, r, l and t")


def reader(head: Head) -> Monitor:
    """A reader for these columns."""
    header_lines, names = columns_of(head)
    return Monitor(layout=Layout(",", names, header_lines))


FORMAT = Format(
    name="monitor",
    about="episodes of a Monitor: Stable-Baselines3, OpenAI Baselines, rl-zoo",
    sample='#{"t_start": 1708870919.15, "env_id": "Hopper-v4"}\nr,l,t\n72.1,44,0.21',
    detect=detect,
    reader=reader,
    fields=Fields(step=(STEP,), time=(WALL,), elapsed=(SECONDS,)),
)
