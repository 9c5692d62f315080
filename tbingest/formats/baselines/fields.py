"""What the loggers of Stable-Baselines3 and OpenAI Baselines share: names of fields, step, clock.

The same rows stand in `progress.csv`, `progress.json` and, rounded, in the boxes of `log.txt`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from tbingest.formats.readers.running import SECONDS
from tbingest.model.contracts import Fields
from tbingest.model.rows import Rows
from tbingest.names.tags import as_is

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tbingest.model.rows import Column

SB3_STEP = "time/total_timesteps"
ROW = "number of the row"
STEPS = (
    SB3_STEP,
    "total_timesteps",
    "misc/total_timesteps",
    "total timesteps",
    "TimestepsSoFar",
    "total/steps",
    "steps",
    "step",
    "epoch",
    "Epoch",
    "iteration",
    "Iteration",
)
CLOCKS = (
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


def numbered(rows: Rows, before_first: int) -> Rows:
    """The same with the number of each row, from 1, as Baselines' TensorBoard logger counts."""
    number: Column = np.asarray(rows.order - before_first, np.int64)
    return Rows({**rows.columns, ROW: number}, rows.order)


FIELDS = Fields(step=(*STEPS, ROW), elapsed=(SECONDS,), rename=as_is)
