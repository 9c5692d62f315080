"""Optuna's SQLite storage.

trials(trial_id, number, study_id, state, datetime_complete)
trial_values(trial_id, objective, value)    trial_params(trial_id, param_name, param_value)
trial_intermediate_values(trial_id, step, intermediate_value)

Runs and tags are those of Optuna's TensorBoard callback: run `trial-<number>`, the value at the
trial's number; several studies are told apart by name. Intermediate values have a tag of their own,
at their steps. A categorical param is the place of its choice. An empty study holds nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.json_values import JsonError, parse_json
from tbingest.formats.readers.records import number_column, plain, session
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import HParams, Session
from tbingest.model.rows import Problem, Rows
from tbingest.names.tags import as_is
from tbingest.names.words import plural

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_NOT_FINITE = {"INF_POS": float("inf"), "INF_NEG": float("-inf"), "NAN": float("nan")}


def read(connection: sqlite3.Connection) -> Iterator[tuple[str, Rows | Problem]]:
    """Each trial's value, intermediate values and params."""
    studies = dict(connection.execute("SELECT study_id, study_name FROM studies"))
    query = (
        "SELECT trial_id, number, study_id, state,"
        " strftime('%s', datetime_start, 'utc'), strftime('%s', datetime_complete, 'utc')"
        " FROM trials"
        " ORDER BY trial_id"
    )
    trials = connection.execute(query).fetchall()
    if not trials:
        said = f"{plural(len(studies), 'study')} without a trial" if studies else "holds no study"
        yield "", Problem("", None, None, said)
    for trial, number, study, state, *times in trials:
        name = f"trial-{trial if number is None else number}"
        run = name if len(studies) < 2 else f"{studies.get(study, study)}/{name}"
        start, end = (float(one or 0) for one in times)
        stamps = {"run": [run], "time": np.asarray([end or start])}
        yield from _values(connection, trial, int(number or 0), str(state), stamps)
        yield from _intermediate(connection, trial, stamps)
        yield from _params(connection, trial, stamps, session(state, start, end))


def _values(
    connection: sqlite3.Connection, trial: int, number: int, state: str, stamps: dict[str, Any]
) -> Iterator[tuple[str, Rows | Problem]]:
    rows = _rows(connection, "trial_values", "objective", "value", trial)
    for objective, value in rows:
        name = "value" if len(rows) == 1 else f"values_{objective}"
        tag = name if state == "COMPLETE" else f"{state.lower()}_{name}"
        columns = {**stamps, "step": np.asarray([number]), tag: np.asarray([value])}
        yield f"{trial} {name}", Rows(columns, np.ones(1, np.int64))


def _intermediate(
    connection: sqlite3.Connection, trial: int, stamps: dict[str, Any]
) -> Iterator[tuple[str, Rows | Problem]]:
    rows = _rows(connection, "trial_intermediate_values", "step", "intermediate_value", trial)
    if rows:
        count = len(rows)
        columns = {
            "run": stamps["run"] * count,
            "time": np.repeat(stamps["time"], count),
            "step": number_column([step for step, _ in rows]),
            "intermediate_value": np.asarray([value for _, value in rows]),
        }
        yield f"{trial} intermediate", Rows(columns, np.arange(1, count + 1, dtype=np.int64))


def _rows(
    connection: sqlite3.Connection, table: str, place: str, value: str, trial: int
) -> list[tuple[int, float]]:
    """(step or objective, value) of a trial; NaN and infinities stand in a column of their own.

    The names in the queries are this module's own.
    """
    columns = connection.execute(f"SELECT * FROM {table} LIMIT 0").description  # noqa: S608
    kind = f"{value}_type" if f"{value}_type" in {column[0] for column in columns} else "NULL"
    query = f"SELECT {place}, {value}, {kind} FROM {table} WHERE trial_id = ? ORDER BY {place}"  # noqa: S608
    found = []
    for at, number, said in connection.execute(query, (trial,)):
        known = _NOT_FINITE.get(str(said), float("nan") if number is None else number)
        if isinstance(at, int) and isinstance(known, int | float):
            found.append((at, float(known)))
    return found


def _params(
    connection: sqlite3.Connection, trial: int, stamps: dict[str, Any], went: Session
) -> Iterator[tuple[str, Rows | Problem]]:
    query = (
        "SELECT param_name, param_value, distribution_json FROM trial_params"
        " WHERE trial_id = ? ORDER BY param_id"
    )
    known = {
        str(name): _choice(value, distribution)
        for name, value, distribution in connection.execute(query, (trial,))
    }
    if known:
        columns = {**stamps, "step": np.zeros(1, np.int64), "hparams": [HParams(known, went)]}
        yield f"{trial} params", Rows(columns, np.ones(1, np.int64))


def _choice(value: Any, distribution: Any) -> bool | float | str:
    try:
        said = parse_json(str(distribution).encode("utf-8", "replace"))
        choices = said["attributes"]["choices"]
        return plain(choices[int(value)])
    except (JsonError, KeyError, TypeError, IndexError, ValueError):
        return plain(value)


def detect(head: Head) -> Evidence:
    """An SQLite database with Optuna's tables."""
    if {"studies", "trials", "trial_params"} <= set(head.tables):
        return Evidence(0.95, "a database with studies and trials")
    return Evidence(0.0, "no database with studies and trials")


FORMAT = Format(
    name="optuna-db",
    about="Optuna's SQLite storage",
    sample="trials(trial_id, number, study_id, state)  trial_values(trial_id, objective, value)",
    detect=detect,
    database=read,
    fields=Fields(step=("step",), time=("time",), run=("run",), rename=as_is),
)
