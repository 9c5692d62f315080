"""Optuna's `trials_dataframe()` as CSV: a row for each trial.

number,value,datetime_start,datetime_complete,duration,params_lr,params_opt,state
0,0.011,2026-11-23 03:05:09.43,2026-11-23 03:05:09.87,0 days 00:00:00.44,0.00047,adam,COMPLETE
1,0.162,2026-11-23 03:05:09.97,2026-11-23 03:05:09.98,0 days 00:00:00.01,0.00056,sgd,PRUNED

Runs, tags and steps are those of Optuna's TensorBoard callback: run `trial-<number>`, the value at
the trial's number, the params as hyperparameters. Of a trial that did not complete, the value has
the state before its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.generic.table import sniff
from tbingest.formats.readers.records import session, typed
from tbingest.formats.readers.table import TableReader
from tbingest.formats.readers.table_layout import to_number
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import HParams
from tbingest.model.rows import Problem, Rows
from tbingest.names.tags import as_is

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Column

_PARAMS = "params_"
_MOST = 2**53
_STATES = frozenset({"COMPLETE", "PRUNED", "FAIL", "RUNNING", "WAITING"})
_DROPPED = ("duration", "state", "datetime_start", "datetime_complete", "index")


@dataclass
class OptunaTrials(TableReader):
    """Reads trials."""

    def records(self, rows: Rows) -> Iterator[Rows | Problem]:
        """A run for each trial."""
        columns = {name: list(column) for name, column in rows.columns.items()}
        numbers = columns.get("number")
        if not numbers:
            yield rows
            return
        for place, number in enumerate(numbers):
            record = {name: column[place] for name, column in columns.items()}
            state = str(record.get("state", "COMPLETE"))
            trial = to_number(str(number), ".")
            what = "" if state in _STATES else f"{state!r} is not a state of a trial"
            if trial is None or not abs(trial) < _MOST:
                what = f"{number!r} is not the number of a trial"
            if what:
                line = int(rows.order[place])
                yield Problem("", line, None, what, "is the file still growing?", values=1)
            elif trial is not None:
                yield Rows(_trial(int(trial), record), rows.order[place : place + 1])


def _trial(number: int, record: dict[str, Any]) -> dict[str, Column]:
    state = str(record.get("state", "COMPLETE"))
    found: dict[str, Column] = {"run": [f"trial-{number}"], "number": np.asarray([number])}
    stamp = record.get("datetime_complete") or record.get("datetime_start")
    if isinstance(stamp, str) and stamp:
        found["time"] = [stamp]
    params: dict[str, bool | float | str] = {}
    for name, value in record.items():
        if name.startswith(_PARAMS):
            key = name.removeprefix(_PARAMS)
            params[key] = typed(value) if isinstance(value, str) else float(value)
        elif name not in found and name not in _DROPPED and not isinstance(value, str):
            tag = name if state == "COMPLETE" else f"{state.lower()}_{name}"
            found[tag] = np.asarray([float(value)])
    if params:
        found["hparams"] = [HParams(params, session(state))]
    return found


def detect(head: Head) -> Evidence:
    """The columns of a trials_dataframe."""
    layout = sniff(head)
    names = set(layout.names) if layout else set()
    if {"number", "state"} <= names and {"value", "values_0", "datetime_start"} & names:
        return Evidence(0.96, "columns number, value and state, as trials_dataframe() has them")
    return Evidence(0.0, "no columns number, value and state")


FORMAT = Format(
    name="optuna-csv",
    about="Optuna's trials_dataframe() as CSV",
    sample="number,value,params_lr,state\n0,0.011,0.00047,COMPLETE\n1,0.162,0.00056,PRUNED",
    detect=detect,
    reader=lambda head: OptunaTrials(layout=sniff(head)),
    fields=Fields(step=("number",), time=("time",), run=("run",), rename=as_is),
)
