"""Folders and databases of MLflow and Optuna."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from training import START, Config, Training

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from expectation import Expected

_HPARAMS = "_hparams_/session_start_info"
_RUN = "1f0e5c9b2d7a4b3c8e6f1a2b3c4d5e6f"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _database(path: Path, statements: Sequence[tuple[str, Sequence[Sequence[object]]]]) -> None:
    """A database whose bytes do not tell which version of SQLite wrote it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    for statement, rows in statements:
        if rows:
            connection.executemany(statement, rows)
        else:
            connection.execute(statement)
    connection.commit()
    connection.close()
    data = bytearray(path.read_bytes())
    data[96:100] = bytes(4)
    path.write_bytes(data)


def mlflow(root: Path, expected: Expected) -> None:
    """A run of the file store, a deleted one, and NaN."""
    run = f"formats/mlflow-metric/mlruns/0/{_RUN}"
    folder = root / run
    records = Training(Config(seed=23, steps=60)).records[9::10]
    stamps = [int(START * 1000) + 200 * record.step for record in records]
    lines = [f"{at} {r.loss!r} {r.step}\n" for at, r in zip(stamps, records, strict=True)]
    _write(folder / "metrics" / "train" / "loss", "".join(lines))
    expected.file(folder / "metrics" / "train" / "loss", len(records))
    for record in records:
        expected.scalar(run, "train/loss", record.step, record.loss)
    _write(folder / "metrics" / "bad", f"{stamps[0]} nan 0\n{stamps[1]} inf 1\n")
    expected.file(folder / "metrics" / "bad", 2)
    expected.scalar(run, "bad", 0, float("nan"))
    expected.scalar(run, "bad", 1, float("inf"))
    params = {"lr": "0.02", "layers": "[16, 8]", "shuffle": "True"}
    for name, value in params.items():
        _write(folder / "params" / name, value)
        expected.file(folder / "params" / name, 1)
    known = {"lr": 0.02, "layers": "[16, 8]", "shuffle": True}
    expected.point(run, _HPARAMS, "hparams", 0, known)
    _write(folder / "tags" / "mlflow.runName", "brave-otter")
    expected.file(folder / "tags" / "mlflow.runName", 1)
    expected.point(run, "tags/mlflow.runName", "text", 0, "brave-otter")
    _write(folder / "tags" / "mlflow.user", "somebody")
    times = f"start_time: {stamps[0]}\nend_time: {stamps[-1]}\nstatus: 3\n"
    meta = f"experiment_id: '0'\nrun_id: {_RUN}\nrun_name: brave-otter\n{times}"
    _write(folder / "meta.yaml", meta)
    expected.file(folder / "meta.yaml", 0)
    _write(folder.parent / "meta.yaml", "experiment_id: '0'\nname: Default\n")


def mlflow_db(root: Path, expected: Expected) -> None:
    """The tables of `mlflow.db` that matter."""
    run = f"formats/mlflow-db/spirals/{_RUN}"
    records = Training(Config(seed=24, steps=60)).records[9::10]
    rows = [
        ("loss", r.loss, int(START * 1000) + 200 * r.step, _RUN, r.step, 0) for r in records
    ] + [("bad", 0.0, int(START * 1000), _RUN, 0, 1)]
    for record in records:
        expected.scalar(run, "loss", record.step, record.loss)
    expected.scalar(run, "bad", 0, float("nan"))
    path = root / "formats" / "mlflow-db" / "mlflow.db"
    _database(
        path,
        [
            ("CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY, name TEXT)", ()),
            (
                (
                    "CREATE TABLE runs (run_uuid TEXT PRIMARY KEY, name TEXT,"
                    " experiment_id INTEGER, status TEXT, start_time BIGINT, end_time BIGINT)"
                ),
                (),
            ),
            (
                (
                    "CREATE TABLE metrics (key TEXT, value FLOAT, timestamp BIGINT, run_uuid TEXT,"
                    " step BIGINT, is_nan BOOLEAN)"
                ),
                (),
            ),
            ("CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT)", ()),
            ("INSERT INTO experiments VALUES (?, ?)", [(1, "spirals")]),
            (
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)",
                [(_RUN, "brave-otter", 1, "FAILED", int(START * 1000), None)],
            ),
            ("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", rows),
            ("INSERT INTO params VALUES (?, ?, ?)", [("lr", "0.02", _RUN)]),
        ],
    )
    expected.point(run, _HPARAMS, "hparams", 0, {"lr": 0.02})
    expected.file(path, len(rows) + 1)


def optuna(root: Path, expected: Expected) -> None:
    """Three trials as a database, and as CSV."""
    losses = [Training(Config(seed=25 + n, steps=30)).records[-1].loss for n in range(3)]
    states = ("COMPLETE", "COMPLETE", "PRUNED")
    stamps = [f"2026-05-01 08:00:0{n}.250000" for n in range(3)]
    lines = ["number,value,datetime_start,datetime_complete,duration,params_lr,params_opt,state"]
    for number, (loss, state, stamp) in enumerate(zip(losses, states, stamps, strict=True)):
        options = (0.5 / (number + 1), "adam" if number else "sgd")
        lines.append(
            f"{number},{loss},{stamp},{stamp},0 days 00:00:00.25,{options[0]},{options[1]},{state}"
        )
        tag = "value" if state == "COMPLETE" else "pruned_value"
        for form in ("optuna-csv", "optuna-db"):
            run = f"formats/{form}/trial-{number}"
            expected.scalar(run, tag, number, loss)
            known = {"lr": options[0], "opt": options[1]}
            expected.point(run, _HPARAMS, "hparams", 0, known)
        expected.scalar(f"formats/optuna-db/trial-{number}", "intermediate_value", 0, loss + 1)
    table = root / "formats" / "optuna-csv" / "trials.csv"
    _write(table, "\n".join(lines) + "\n")
    expected.file(table, 6)
    path = root / "formats" / "optuna-db" / "study.db"
    choices = '{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}'
    spread = '{"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0}}'
    params = [(n + 1, "lr", 0.5 / (n + 1), spread) for n in range(3)]
    params += [(n + 1, "opt", 0.0 if n else 1.0, choices) for n in range(3)]
    trials = [(n + 1, n, 1, states[n], stamps[n], stamps[n]) for n in range(3)]
    values = [(n + 1, 0, losses[n], "FINITE") for n in range(3)]
    between = [(n + 1, 0, losses[n] + 1, "FINITE") for n in range(3)]
    _database(
        path,
        [
            ("CREATE TABLE studies (study_id INTEGER PRIMARY KEY, study_name TEXT)", ()),
            (
                (
                    "CREATE TABLE trials (trial_id INTEGER PRIMARY KEY, number INTEGER,"
                    " study_id INTEGER, state TEXT, datetime_start DATETIME,"
                    " datetime_complete DATETIME)"
                ),
                (),
            ),
            (
                (
                    "CREATE TABLE trial_params (param_id INTEGER PRIMARY KEY, trial_id INTEGER,"
                    " param_name TEXT, param_value FLOAT, distribution_json TEXT)"
                ),
                (),
            ),
            (
                (
                    "CREATE TABLE trial_values (trial_value_id INTEGER PRIMARY KEY,"
                    " trial_id INTEGER,"
                    " objective INTEGER, value FLOAT, value_type TEXT)"
                ),
                (),
            ),
            (
                (
                    "CREATE TABLE trial_intermediate_values (trial_intermediate_value_id INTEGER"
                    " PRIMARY KEY, trial_id INTEGER, step INTEGER, intermediate_value FLOAT,"
                    " intermediate_value_type TEXT)"
                ),
                (),
            ),
            ("INSERT INTO studies VALUES (?, ?)", [(1, "spirals")]),
            ("INSERT INTO trials VALUES (?, ?, ?, ?, ?, ?)", trials),
            (
                (
                    "INSERT INTO trial_params (trial_id, param_name, param_value,"
                    " distribution_json)"
                    " VALUES (?, ?, ?, ?)"
                ),
                params,
            ),
            (
                (
                    "INSERT INTO trial_values (trial_id, objective, value, value_type)"
                    " VALUES (?, ?, ?, ?)"
                ),
                values,
            ),
            (
                (
                    "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value,"
                    " intermediate_value_type) VALUES (?, ?, ?, ?)"
                ),
                between,
            ),
        ],
    )
    expected.file(path, 9)


MAKERS = (
    (mlflow, "formats/mlflow-metric"),
    (mlflow_db, "formats/mlflow-db"),
    (optuna, "formats/optuna-csv", "formats/optuna-db"),
)
