"""trackio's SQLite database: one for a project, a row of JSON for each call of `log`.

metrics(id, timestamp, run_name, step, metrics)    {"loss": 0.9, "val": {"acc": 0.5}}
configs(id, run_name, config, created_at)          {"lr": 0.01}

A run of trackio is a run; nested values are flattened. What is no number (tables, images, text) is
not shown.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.json_values import JsonError, parse_json
from tbingest.formats.readers.records import flatten, group_records, is_number, plain_hparams
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import HParams
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from tbingest.model.rows import Column


def read(connection: sqlite3.Connection) -> Iterator[tuple[str, Rows | Problem]]:
    """The runs' metrics in the order in which they were logged, then their configs."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    records: list[dict[str, Any]] = []
    query = "SELECT run_name, step, timestamp, metrics FROM metrics ORDER BY id"
    for run, step, stamp, text in connection.execute(query):
        values = _parsed(text)
        if values is None:
            yield (
                "",
                Problem("", None, None, f"a record of run {run!r} is not valid JSON", values=1),
            )
            continue
        record = {name: item for name, item in flatten(values) if is_number(item)}
        if record:
            records.append({"run": str(run), "step": step, "time": _seconds(stamp), **record})
    yield from group_records(records, range(1, len(records) + 1))
    if "configs" in tables:
        yield from _configs(connection)


def _configs(connection: sqlite3.Connection) -> Iterator[tuple[str, Rows | Problem]]:
    for run, text in connection.execute("SELECT run_name, config FROM configs ORDER BY id"):
        values = _parsed(text)
        # Names that begin with `_` are trackio's own: the user, the group, when it was made.
        known = plain_hparams({k: v for k, v in (values or {}).items() if k[:1] != "_"})
        if known:
            columns: dict[str, Column] = {"run": [str(run)], "config": [HParams(known)]}
            yield f"config of {run}", Rows(columns, np.ones(1, np.int64))


def _parsed(text: object) -> dict[str, Any] | None:
    data = text if isinstance(text, bytes) else str(text).encode("utf-8", "replace")
    try:
        value = parse_json(data)
    except JsonError:
        return None
    return value if isinstance(value, dict) else None


def _seconds(stamp: object) -> float | None:
    """Unix seconds of an ISO time, which trackio writes in UTC."""
    try:
        time = datetime.fromisoformat(str(stamp))
    except ValueError:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def detect(head: Head) -> Evidence:
    """An SQLite database with trackio's table of metrics."""
    if {"metrics", "configs"} <= set(head.tables) and "runs" not in head.tables:
        return Evidence(0.9, "a database with the tables metrics and configs")
    return Evidence(0.0, "no database with metrics and configs")


FORMAT = Format(
    name="trackio",
    about="trackio's database",
    sample='metrics(run_name, step, timestamp, metrics)  {"loss": 0.9}',
    detect=detect,
    database=read,
    fields=Fields(step=("step",), time=("time",), run=("run",)),
)
