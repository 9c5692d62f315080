"""What the loggers of Stable-Baselines3 and OpenAI Baselines share: names of fields, step, clock.

The same rows stand in `progress.csv`, `progress.json` and, rounded, in the boxes of `log.txt`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from tbingest.formats.weave import Woven, never_falling
from tbingest.model import Fields, Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tbingest.model import Column, Problem

SB3_STEP = "time/total_timesteps"
ROW, SECONDS = "number of the row", "seconds since the start"
STEPS = (
    SB3_STEP,
    "total_timesteps",
    "misc/total_timesteps",
    "total timesteps",
    "TimestepsSoFar",
    "total/steps",
    "steps",
    "step",
)
_CLOCKS = (
    "time/time_elapsed",
    "time_elapsed",
    "misc/time_elapsed",
    "TimeElapsed",
    "total/duration",
)
_MARK = re.compile(
    r"(misc/|time/)?(total_timesteps|serial_timesteps|nupdates|n_updates)|TimestepsSoFar|EpThisIter"
    r"|(rollout/)?(ep_?(rew|reward|len)_?mean|EpRewMean|EpLenMean)|total/(steps|epochs|duration)"
    r"|% time spent exploring|mean 100 episode reward|loss_q[0-3]|rollout/return|policy_entropy"
)
_FOREIGN = frozenset({"_step", "_timestamp", "Step", "training_iteration"})


def step_of(names: Iterable[str]) -> str:
    """The field that is the step, or an empty string: then the number of the row is."""
    there = set(names)
    return next((name for name in STEPS if name in there), "")


def sureness(names: Iterable[str], basename: str) -> tuple[float, str]:
    """How sure it is that a logger of this family wrote these fields, and why."""
    there = set(names)
    if there & _FOREIGN:
        return 0.0, "another logger's fields"
    if SB3_STEP in there:
        return 0.95, f"has the field {SB3_STEP}"
    if not basename.lower().startswith("progress"):
        return 0.0, "not called progress"
    found = next((name for name in there if _MARK.fullmatch(name)), "")
    return (0.93, f"called progress, with the field {found!r}") if found else (0.0, "no such field")


def tag(name: str) -> tuple[str, str] | None:
    """Every field is a tag under its own name."""
    return "", name


def clocked(found: list[Rows | Problem], clock: list[float]) -> Iterator[Rows | Problem]:
    """The same with the seconds since the start, where the rows say them.

    They are a copy: the loggers' own field stays a value. `clock` holds the last time and the
    seconds of the trainings before, and is changed.
    """
    groups = [item for item in found if isinstance(item, Rows)]
    names = {name for rows in groups for name in rows.columns}
    name = next((name for name in _CLOCKS if name in names), "")
    timed = [rows for rows in groups if name and name in rows.columns]
    yield from (item for item in found if not any(item is one for one in timed))
    if timed:
        woven = Woven(timed)
        seconds, *clock[:] = never_falling(woven.column(name), *clock)
        for rows, part in zip(timed, woven.parts(seconds), strict=True):
            yield Rows({**rows.columns, SECONDS: part}, rows.order)


def numbered(rows: Rows, before_first: int) -> Rows:
    """The same with the number of each row, from 1, as Baselines' TensorBoard logger counts."""
    number: Column = np.asarray(rows.order - before_first, np.int64)
    return Rows({**rows.columns, ROW: number}, rows.order)


FIELDS = Fields(step=(*STEPS, ROW), elapsed=(SECONDS,), rename=tag)
