"""Sample logs of mlflow: the curves are those of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training import START, Config, Training
from writing import HPARAMS, database, write

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


_RUN = "1f0e5c9b2d7a4b3c8e6f1a2b3c4d5e6f"
_CALLED = "brave-otter-1f0e5c"


def mlflow(root: Path, expected: Expected) -> None:
    """A run of the file store, a deleted one, and NaN."""
    run = f"formats/mlflow/files/mlruns/0/{_CALLED}"
    folder = root / "formats" / "mlflow" / "files" / "mlruns" / "0" / _RUN
    records = Training(Config(seed=23, steps=60)).records[9::10]
    stamps = [int(START * 1000) + 200 * record.step for record in records]
    lines = [f"{at} {r.loss!r} {r.step}\n" for at, r in zip(stamps, records, strict=True)]
    write(folder / "metrics" / "train" / "loss", "".join(lines))
    expected.file(folder / "metrics" / "train" / "loss", len(records))
    for record in records:
        expected.scalar(run, "train/loss", record.step, record.loss)
    write(folder / "metrics" / "bad", f"{stamps[0]} nan 0\n{stamps[1]} inf 1\n")
    expected.file(folder / "metrics" / "bad", 2)
    expected.scalar(run, "bad", 0, float("nan"))
    expected.scalar(run, "bad", 1, float("inf"))
    params = {"lr": "0.02", "layers": "[16, 8]", "shuffle": "True"}
    for name, value in params.items():
        write(folder / "params" / name, value)
        expected.file(folder / "params" / name, 1)
    known = {"lr": 0.02, "layers": "[16, 8]", "shuffle": True}
    expected.point(run, HPARAMS, "hparams", 0, known)
    write(folder / "tags" / "mlflow.runName", "brave-otter")
    expected.file(folder / "tags" / "mlflow.runName", 1)
    expected.point(run, "tags/mlflow.runName", "text", 0, "brave-otter")
    write(folder / "tags" / "mlflow.user", "somebody")
    times = f"start_time: {stamps[0]}\nend_time: {stamps[-1]}\nstatus: 3\n"
    meta = f"experiment_id: '0'\nrun_id: {_RUN}\nrun_name: brave-otter\n{times}"
    write(folder / "meta.yaml", meta)
    expected.file(folder / "meta.yaml", 0)
    write(folder.parent / "meta.yaml", "experiment_id: '0'\nname: Default\n")


def mlflow_db(root: Path, expected: Expected) -> None:
    """The tables of `mlflow.db` that matter."""
    run = f"formats/mlflow/db/spirals/{_CALLED}"
    records = Training(Config(seed=24, steps=60)).records[9::10]
    rows = [
        ("loss", r.loss, int(START * 1000) + 200 * r.step, _RUN, r.step, 0) for r in records
    ] + [("bad", 0.0, int(START * 1000), _RUN, 0, 1)]
    for record in records:
        expected.scalar(run, "loss", record.step, record.loss)
    expected.scalar(run, "bad", 0, float("nan"))
    path = root / "formats" / "mlflow/db" / "mlflow.db"
    database(
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
    expected.point(run, HPARAMS, "hparams", 0, {"lr": 0.02})
    expected.file(path, len(rows) + 1)


MAKERS = (mlflow, mlflow_db)
