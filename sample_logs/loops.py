"""Logs as people's own training loops write them, with pictures, dumps and notes beside them."""

from __future__ import annotations

import io
import json
import math
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from dumps import note_dump, note_histogram
from PIL import Image
from training import Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected

NOTES = """\
# Second try

The first run diverged at step 150; **halving the learning rate** mended it.

| what | value |
|---|---|
| data | two spirals, 800 points |
| network | 2-24-24-2, tanh |
"""
CONFIG = {
    "data": {"name": "spirals", "noise": 0.03},
    "hidden": 24,
    "lr": 0.02,
    "seed": 5,
    "tags": ["demo", "numpy"],
}
HPARAMS = {
    "data/name": "spirals",
    "data/noise": 0.03,
    "hidden": 24.0,
    "lr": 0.02,
    "seed": 5.0,
    "tags": "['demo', 'numpy']",
}


def pytorch_loop(root: Path, expected: Expected) -> None:
    """`train.csv` with wall-clock times, a config, notes, pictures and weight dumps."""
    run = "pytorch_loop"
    folder = root / run
    (folder / "images").mkdir(parents=True)
    (folder / "checkpoints").mkdir()
    pictures: dict[int, np.ndarray] = {}
    for steps in (0, 100, 300):
        pictures[steps] = _boundary(Training(Config(seed=5, steps=max(steps, 1))))
    training = Training(Config(seed=5))
    _train_csv(folder / "train.csv", run, training, expected)
    text = json.dumps(CONFIG, indent=2)
    (folder / "config.json").write_text(text, encoding="utf-8", newline="\n")
    expected.point(run, "_hparams_/session_start_info", "hparams", 0, HPARAMS)
    (folder / "notes.md").write_text(NOTES, encoding="utf-8", newline="\n")
    expected.file(folder / "notes.md", 1)
    expected.point(run, "notes", "text", 0, NOTES)
    for step, pixels in pictures.items():
        path = folder / "images" / f"predictions_step_{step:06d}.png"
        _picture(path, pixels, "PNG", run, "images/predictions", step, expected)
    _picture(folder / "images" / "data.jpg", pictures[0], "JPEG", run, "images/data", 0, expected)
    _picture(folder / "images" / "last.gif", pictures[300], "GIF", run, "images/last", 0, expected)
    before = None
    for step, arrays in training.dumps.items():
        more = {
            "layer2.half": arrays["layer2.weight"].astype(np.float16),
            "updates": np.asarray(step, np.int64),
        }
        path = folder / "checkpoints" / f"weights_step_{step:06d}.npz"
        dumped = {**arrays, **more}
        _npz(path, dumped)
        named = {name.replace(".", "/"): array for name, array in dumped.items()}
        note_dump(expected, path, run, step, named, before)
        before = named
    path = folder / "checkpoints" / "embedding_step_000100.npy"
    values = training.dumps[100]["layer1.weight"].T.astype(np.float64)
    np.save(path, values)
    note_dump(expected, path, run, 100, {"embedding": values})


def _train_csv(path: Path, run: str, training: Training, expected: Expected) -> None:
    lines = ["timestamp,step,train_loss,val_loss,lr"]
    values = 0
    for record in training.records:
        loss = math.nan if record.step == 150 else record.loss
        val = "" if record.val_loss is None else str(record.val_loss)
        lines.append(f"{record.time},{record.step},{loss},{val},{record.lr}")
        expected.scalar(run, "train/loss", record.step, loss)
        expected.scalar(run, "lr", record.step, record.lr)
        if record.val_loss is not None:
            expected.scalar(run, "val/loss", record.step, record.val_loss)
        values += 2 + bool(val)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    expected.file(path, values)


def _boundary(training: Training) -> np.ndarray:
    """(128, 128, 3): where the network sees which arm, and the training points."""
    side = 128
    axis = np.linspace(-1.15, 1.15, side)
    grid = np.stack(np.meshgrid(axis, axis[::-1]), axis=-1).reshape(-1, 2)
    chance = training.predict(grid).reshape(side, side, 1)
    blue, orange = np.asarray([66, 133, 214]), np.asarray([240, 140, 40])
    pixels = 0.45 * (chance * orange + (1 - chance) * blue) + 0.55 * 255
    points, labels = training.train
    places = np.clip(((points[:400] * [1, -1] + 1.15) / 2.3 * (side - 1)).round(), 0, side - 1)
    for (column, row), label in zip(places.astype(int), labels, strict=False):
        pixels[row, column] = orange * 0.75 if label else blue * 0.75
    return pixels.round().astype(np.uint8)


def _picture(
    path: Path,
    pixels: np.ndarray,
    form: str,
    run: str,
    tag: str,
    step: int,
    expected: Expected,
) -> None:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, form)
    path.write_bytes(stream.getvalue())
    height, width = pixels.shape[:2]
    value = {"bytes": len(stream.getvalue()), "width": width, "height": height}
    expected.point(run, tag, "image", step, value)
    expected.file(path, 1)


def _npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Like `np.savez`, but without the time of day."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            stream = io.BytesIO()
            np.save(stream, array)
            info = zipfile.ZipInfo(f"{name}.npy", (2026, 5, 28, 20, 26, 40))
            archive.writestr(info, stream.getvalue(), zipfile.ZIP_DEFLATED)


def jsonl_run(root: Path, expected: Expected) -> None:
    """JSON lines with nested groups, lists, notes, ISO times, NaN and Infinity."""
    run = "jsonl_run"
    folder = root / run
    folder.mkdir(parents=True)
    training = Training(Config(seed=6, lr=0.05))
    lines = []
    values = 0
    for record in training.records[4::5]:
        row: dict[str, Any] = {"step": record.step}
        row["time"] = datetime.fromtimestamp(record.time, UTC).isoformat()
        loss = {100: math.nan, 200: math.inf}.get(record.step, record.loss)
        row["train"] = {"loss": loss, "acc": record.acc}
        expected.scalar(run, "train/loss", record.step, loss)
        expected.scalar(run, "train/acc", record.step, record.acc)
        values += 2
        if record.step % 50 == 0:
            row["val"] = {"loss": record.val_loss, "acc": record.val_acc}
            expected.scalar(run, "val/loss", record.step, record.val_loss or 0.0)
            expected.scalar(run, "val/acc", record.step, record.val_acc or 0.0)
            row["grad_hist"] = record.gradients
            numbers = np.asarray(record.gradients)
            note_histogram(expected, run, "grad_hist", record.step, numbers)
            row["note"] = f"validated at step {record.step}"
            expected.point(run, "note", "text", record.step, row["note"])
            values += 4
        lines.append(json.dumps(row))
    path = folder / "metrics.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    expected.file(path, values)
    text = json.dumps({"lr": 0.05, "seed": 6, "hidden": 24})
    (folder / "params.json").write_text(text, encoding="utf-8", newline="\n")
    flat = {"lr": 0.05, "seed": 6.0, "hidden": 24.0}
    expected.point(run, "_hparams_/session_start_info", "hparams", 0, flat)


def documents(root: Path, expected: Expected) -> None:
    """The three shapes of JSON documents."""
    records = Training(Config(seed=7, steps=100)).records[9::10]
    rows = [{"step": r.step, "loss": r.loss, "acc": r.acc} for r in records]
    _document(root / "json_records" / "history_list.json", rows, 2 * len(rows), expected)
    lists = {
        "step": [r.step for r in records],
        "loss": [r.loss for r in records],
        "lr": [r.lr for r in records],
    }
    _document(root / "json_lists" / "curves.json", lists, 2 * len(rows), expected)
    pairs = {
        "loss/train": [[r.step, r.loss] for r in records],
        "loss/val": [[r.step, r.val_loss] for r in records[1::2]],
    }
    count = len(records) + len(records[1::2])
    _document(root / "json_pairs" / "scalars.json", pairs, count, expected)
    for r in records:
        expected.scalar("json_records", "loss", r.step, r.loss)
        expected.scalar("json_records", "acc", r.step, r.acc)
        expected.scalar("json_lists", "loss", r.step, r.loss)
        expected.scalar("json_lists", "lr", r.step, r.lr)
        expected.scalar("json_pairs", "loss/train", r.step, r.loss)
    for r in records[1::2]:
        expected.scalar("json_pairs", "loss/val", r.step, r.val_loss or 0.0)


def _document(path: Path, value: Any, values: int, expected: Expected) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(value), encoding="utf-8", newline="\n")
    expected.file(path, values)


MAKERS = (
    (pytorch_loop, "pytorch_loop"),
    (jsonl_run, "jsonl_run"),
    (documents, "json_lists", "json_pairs", "json_records"),
)
