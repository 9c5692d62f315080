"""Sample logs of openmmlab: the curves are those of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training import Config, Training
from writing import write, write_lines

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


_ITERS = 12
"""Iterations of an epoch: 800 points in batches of 64."""


def mmengine(root: Path, expected: Expected) -> None:
    """A work folder: rows of validation have their epoch as step, and two files are the same."""
    start = "20260528_202640"
    run = f"formats/openmmlab/mmengine/{start}"
    folder = root / run / "vis_data"
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for epoch, record in enumerate(Training(Config(seed=33, steps=5 * _ITERS)).records[11::12], 1):
        times = {"data_time": 0.004, "time": 0.25}
        counters = {"epoch": epoch, "iter": record.step, "step": record.step}
        rows.append({"lr": record.lr, **times, "loss": record.loss, **counters})
        rows.append({"accuracy/top1": record.acc, "data_time": 0.001, "time": 0.1, "step": epoch})
    for name in ("scalars.json", f"{start}.json"):
        write_lines(folder / name, rows)
    expected.file(folder / "scalars.json", sum(len(row) - 1 for row in rows))
    for row in rows:
        for name in row.keys() - {"step"}:
            shared = "lr" not in row and name in {"time", "data_time"}
            expected.scalar(run, f"val/{name}" if shared else name, row["step"], row[name])
    told = "".join(f"Epoch(train) [{row['step']}] loss: {row.get('loss', 0):.4f}\n" for row in rows)
    write(root / run / f"{start}.log", told)


def mmcv(root: Path, expected: Expected) -> None:
    """`<time>.log.json`: the first line is about the machine, `iter` begins anew every epoch."""
    run = "formats/openmmlab/mmcv"
    folder = root / run
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = [{"env_info": "GPU 0", "seed": 34, "exp_name": "spirals.py"}]
    records = Training(Config(seed=34, steps=4 * _ITERS)).records
    for record in records[5::6]:
        epoch, number = divmod(record.step - 1, _ITERS)
        row = {"epoch": epoch + 1, "iter": number + 1, "lr": round(record.lr, 5)}
        loss = round(record.loss, 5)
        rows.append({"mode": "train", **row, "memory": 120, "loss": loss, "time": 0.25})
        expected.scalar(run, "learning_rate", record.step, row["lr"])
        for name in ("memory", "loss", "time"):
            expected.scalar(run, f"train/{name}", record.step, rows[-1][name])
        if number + 1 == _ITERS:
            rows.append({"mode": "val", **row, "iter": 7, "acc": round(record.acc, 4)})
            expected.scalar(run, "learning_rate", record.step + 1, row["lr"])
            expected.scalar(run, "val/acc", record.step + 1, rows[-1]["acc"])
    path = folder / "20260528_202640.log.json"
    write_lines(path, rows)
    short = {"seed": 34.0, "exp_name": "spirals.py"}
    expected.point(run, "_hparams_/session_start_info", "hparams", 0, short)
    expected.file(path, sum(len(row) - 3 for row in rows[1:]) + 1)


MAKERS = (mmengine, mmcv)
