"""MLflow's database `mlflow.db`, the default store of MLflow 3.

metrics(key, value, timestamp, run_uuid, step, is_nan)    params(key, value, run_uuid)
runs(run_uuid, experiment_id, status, start_time, end_time)   experiments(experiment_id, name)

A run is `<experiment>/<its name and the start of its id>`. NaN is written as 0 with `is_nan`;
infinities are clamped to the largest float by MLflow.
"""

from __future__ import annotations

import math
import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.generic.origin import shown
from tbingest.formats.mlflow.param import given
from tbingest.formats.mlflow.run import called_by
from tbingest.formats.readers.records import number_column, session
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import HParams, Session
from tbingest.model.rows import Problem, Rows
from tbingest.names.tags import as_is

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_LARGEST = 1.7976931348623157e308


def read(connection: sqlite3.Connection) -> Iterator[tuple[str, Rows | Problem]]:
    """A series for each metric of each run, and the runs' params."""
    names = _names(connection)
    query = (
        "SELECT run_uuid, key, step, timestamp, value, is_nan FROM metrics"
        " ORDER BY run_uuid, key, step, timestamp"
    )
    for (run, key), group in groupby(connection.execute(query), key=lambda row: row[:2]):
        yield from _series(str(names.get(run, run)), str(key), list(group))
    yield from _origins(connection, names)
    query = "SELECT run_uuid, status, start_time / 1000.0, end_time / 1000.0 FROM runs"
    sessions = {run: session(*said) for run, *said in connection.execute(query)}
    query = "SELECT run_uuid, key, value FROM params ORDER BY run_uuid, key"
    for run, group in groupby(connection.execute(query), key=lambda row: row[0]):
        known = given((str(key), str(value)) for _, key, value in group)
        params = HParams(known, sessions.get(run, Session()))
        columns: dict[str, Any] = {"run": [str(names.get(run, run))], "params": [params]}
        yield f"params of {run}", Rows(columns, np.ones(1, np.int64))


def _names(connection: sqlite3.Connection) -> dict[str, str]:
    (made,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'runs'").fetchone()
    own = "runs.name" if re.search(r"\bname\b", str(made)) else "''"
    query = (
        f"SELECT run_uuid, coalesce(e.name, ''), coalesce({own}, '') FROM runs"  # noqa: S608
        " LEFT JOIN experiments e ON e.experiment_id = runs.experiment_id"
    )
    found = {
        run: (said, called_by(str(name), str(run))) for run, said, name in connection.execute(query)
    }
    return {run: f"{said}/{name or run}" for run, (said, name) in found.items()}


def _origins(
    connection: sqlite3.Connection, names: dict[str, str]
) -> Iterator[tuple[str, Rows | Problem]]:
    """The commit and the script of each run, where the database has tags."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'tags'").fetchone():
        return
    for kind, key in (("commit", "mlflow.source.git.commit"), ("command", "mlflow.source.name")):
        query = "SELECT run_uuid, value FROM tags WHERE key = ? ORDER BY run_uuid"
        for run, value in connection.execute(query, (key,)):
            name = str(names.get(run, run))
            columns: dict[str, Any] = {"run": [name], "step": np.zeros(1, np.int64)}
            if value:
                columns[f"source/{kind}"] = [shown(str(value))]
                yield f"{kind} of {run}", Rows(columns, np.ones(1, np.int64))


def _series(run: str, key: str, rows: list[Any]) -> Iterator[tuple[str, Rows | Problem]]:
    usable = [row for row in rows if isinstance(row[4], int | float) and isinstance(row[2], int)]
    if len(usable) < len(rows):
        what = f"{key!r} of {run!r} holds what is not a number"
        yield "", Problem("", None, None, what, values=len(rows) - len(usable))
    if usable:
        columns: dict[str, Any] = {
            "run": [run] * len(usable),
            "step": number_column([row[2] for row in usable]),
            "time": np.asarray([float(row[3] or 0) / 1000 for row in usable]),
            key: np.asarray([_value(row) for row in usable]),
        }
        yield f"{run}\n{key}", Rows(columns, np.arange(1, len(usable) + 1, dtype=np.int64))


def _value(row: Any) -> float:
    value = float("nan") if row[5] else float(row[4])
    clamped = abs(value) >= _LARGEST
    return math.copysign(math.inf, value) if clamped else value


def detect(head: Head) -> Evidence:
    """An SQLite database with MLflow's tables."""
    if {"metrics", "params", "runs", "experiments"} <= set(head.tables):
        return Evidence(0.95, "a database with MLflow's tables")
    return Evidence(0.0, "no database with MLflow's tables")


FORMAT = Format(
    name="mlflow-db",
    about="MLflow's database",
    sample="metrics(key, value, timestamp, run_uuid, step, is_nan)",
    detect=detect,
    database=read,
    fields=Fields(step=("step",), time=("time",), run=("run",), rename=as_is),
)
