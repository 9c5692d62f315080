"""Logs as libraries for computer vision write them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from training import START, Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected

_ITERS = 12
"""Iterations of an epoch: 800 points in batches of 64."""


def ultralytics(root: Path, expected: Expected) -> None:
    """`results.csv` with six digits and the seconds since the start, `args.yaml` beside it."""
    run = "formats/ultralytics/train2"
    folder = root / run
    folder.mkdir(parents=True)
    columns = ("train/cls_loss", "metrics/accuracy_top1", "val/cls_loss", "lr/pg0")
    lines = [",".join(("epoch", "time", *columns))]
    for epoch, record in enumerate(Training(Config(seed=31, steps=80)).records[9::10], 1):
        values = (record.loss, record.val_acc, record.val_loss, record.lr)
        shown = [f"{value:.6g}" for value in values]
        lines.append(",".join((str(epoch), f"{record.time - START:.6g}", *shown)))
        for name, text in zip(columns, shown, strict=True):
            expected.scalar(run, name, epoch, float(text))
    _write(folder / "results.csv", "\n".join(lines) + "\n")
    expected.file(folder / "results.csv", (len(lines) - 1) * len(columns))
    _write(folder / "args.yaml", "task: classify\nepochs: 8\nlr0: 0.02\ncos_lr: true\n")
    expected.file(folder / "args.yaml", 2)
    flat = {"task": "classify", "epochs": 8.0, "lr0": 0.02, "cos_lr": True}
    expected.point(run, "_hparams_/session_start_info", "hparams", 0, flat)


def detectron2(root: Path, expected: Expected) -> None:
    """`metrics.json` is JSON lines; an evaluation adds its results to a row."""
    run = "formats/detectron2"
    folder = root / run
    folder.mkdir(parents=True)
    rows = []
    for record in Training(Config(seed=32, steps=120)).records[19::20]:
        row = {
            "data_time": 0.002,
            "eta_seconds": 0.25 * (120 - record.step),
            "iteration": record.step - 1,
            "lr": record.lr,
            "total_loss": record.loss,
        }
        if record.step % 60 == 0:
            row |= {"bbox/AP": 50 * (record.val_acc or 0), "bbox/AP-arm": float("nan")}
        rows.append(row)
    _lines(folder / "metrics.json", rows)
    values = 0
    for row in rows:
        for name in row.keys() - {"iteration"}:
            expected.scalar(run, name, int(row["iteration"]), row[name])
            values += 1
    expected.file(folder / "metrics.json", values)


def mmengine(root: Path, expected: Expected) -> None:
    """A work folder: rows of validation have their epoch as step, and two files are the same."""
    start = "20260528_202640"
    run = f"formats/mmengine/{start}"
    folder = root / run / "vis_data"
    folder.mkdir(parents=True)
    rows: list[dict[str, Any]] = []
    for epoch, record in enumerate(Training(Config(seed=33, steps=5 * _ITERS)).records[11::12], 1):
        times = {"data_time": 0.004, "time": 0.25}
        counters = {"epoch": epoch, "iter": record.step, "step": record.step}
        rows.append({"lr": record.lr, **times, "loss": record.loss, **counters})
        rows.append({"accuracy/top1": record.acc, "data_time": 0.001, "time": 0.1, "step": epoch})
    for name in ("scalars.json", f"{start}.json"):
        _lines(folder / name, rows)
    expected.file(folder / "scalars.json", sum(len(row) - 1 for row in rows))
    for row in rows:
        for name in row.keys() - {"step"}:
            shared = "lr" not in row and name in {"time", "data_time"}
            expected.scalar(run, f"val/{name}" if shared else name, row["step"], row[name])
    told = "".join(f"Epoch(train) [{row['step']}] loss: {row.get('loss', 0):.4f}\n" for row in rows)
    _write(root / run / f"{start}.log", told)


def mmcv(root: Path, expected: Expected) -> None:
    """`<time>.log.json`: the first line is about the machine, `iter` begins anew every epoch."""
    run = "formats/mmcv"
    folder = root / run
    folder.mkdir(parents=True)
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
    _lines(path, rows)
    short = {"seed": 34.0, "exp_name": "spirals.py"}
    expected.point(run, "_hparams_/session_start_info", "hparams", 0, short)
    expected.file(path, sum(len(row) - 3 for row in rows[1:]) + 1)


def _lines(path: Path, rows: list[dict[str, Any]]) -> None:
    _write(path, "".join(json.dumps(row) + "\n" for row in rows))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


MAKERS = (
    (ultralytics, "formats/ultralytics"),
    (detectron2, "formats/detectron2"),
    (mmengine, "formats/mmengine"),
    (mmcv, "formats/mmcv"),
)
