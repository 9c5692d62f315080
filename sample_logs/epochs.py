"""Logs of trainers that keep a history epoch by epoch, and of fine-tuning."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from training import START, Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected
    from training import Record


def _epochs(seed: int) -> list[Record]:
    """Six epochs, as what was measured at their ends."""
    return Training(Config(seed=seed, steps=60)).records[9::10]


def _folder(root: Path, name: str) -> Path:
    folder = root / "formats" / name
    folder.mkdir(parents=True)
    return folder


def fastai(root: Path, expected: Expected) -> None:
    """`history.csv`: the duration of an epoch in minutes and seconds."""
    path = _folder(root, "fastai") / "history.csv"
    lines = ["epoch,train_loss,valid_loss,accuracy,time"]
    for epoch, record in enumerate(_epochs(41)):
        values = {"train_loss": record.loss, "valid_loss": record.val_loss}
        values["accuracy"] = record.val_acc
        lines.append(",".join(map(str, (epoch, *values.values(), f"01:{epoch + 5:02d}"))))
        for name, value in {**values, "time": 65 + epoch}.items():
            expected.scalar("formats/fastai", name, epoch, value or 0)
    _write(path, "\n".join(lines) + "\n")
    expected.file(path, 4 * (len(lines) - 1))


def poutyne(root: Path, expected: Expected) -> None:
    """`log.tsv`, whose columns are runs."""
    path = _folder(root, "poutyne") / "log.tsv"
    names = ("epoch", "time", "lr", "loss", "acc", "val_loss", "val_acc")
    lines = ["\t".join(names)]
    for epoch, record in enumerate(_epochs(42), 1):
        scores = (record.loss, record.acc, record.val_loss, record.val_acc)
        row = (epoch, 2.5, record.lr, *scores)
        lines.append("\t".join(map(str, row)))
        for name, value in zip(names, row, strict=True):
            tag = name.removeprefix("val_")
            expected.scalar(f"formats/poutyne/{tag}_{name}", tag, epoch, value or 0)
    _write(path, "\n".join(lines) + "\n")
    expected.file(path, len(names) * (len(lines) - 1))


def skorch(root: Path, expected: Expected) -> None:
    """`history.json`: epochs with their batches."""
    path = _folder(root, "skorch") / "history.json"
    run = "formats/skorch"
    training = Training(Config(seed=43, steps=60)).records
    history: list[dict[str, Any]] = []
    for epoch, record in enumerate(training[9::10], 1):
        trained = [one.loss for one in training[10 * epoch - 2 : 10 * epoch]]
        scores = {"train_loss": record.loss, "valid_loss": record.val_loss}
        history.append(
            {
                "batches": [
                    *({"train_loss": loss, "train_batch_size": 64} for loss in trained),
                    {"valid_loss": record.val_loss, "valid_batch_size": 400},
                ],
                "epoch": epoch,
                "train_batch_count": 2,
                "dur": 2.5,
                **scores,
                "train_loss_best": epoch == 1,
            }
        )
        expected.scalar(run, "dur", epoch, 2.5)
        expected.scalar(run, "train_batch_count", epoch, 2)
        for name, value in scores.items():
            expected.scalar(run, f"Loss/{name}", epoch, value or 0)
        for place, loss in enumerate(trained):
            expected.scalar(run, "batch/train_loss", 2 * epoch - 1 + place, loss)
            expected.scalar(run, "batch/train_batch_size", 2 * epoch - 1 + place, 64)
        expected.scalar(run, "batch/valid_loss", epoch, record.val_loss or 0)
        expected.scalar(run, "batch/valid_batch_size", epoch, 400)
    _write(path, json.dumps(history))
    expected.file(path, 10 * len(history))


def llamafactory(root: Path, expected: Expected) -> None:
    """`trainer_log.jsonl` beside the Trainer's own state, which has more digits."""
    folder = _folder(root, "llamafactory")
    run = "formats/llamafactory"
    rows, history = [], []
    for record in _epochs(44):
        seconds = int(record.time - START)
        told = {"loss": record.loss, "learning_rate": record.lr, "epoch": record.epoch}
        shown = {"loss": round(record.loss, 4), "lr": record.lr, "epoch": round(record.epoch, 2)}
        progress = {"percentage": round(record.step / 0.6, 2), "total_steps": 60}
        clock = {"elapsed_time": f"0:00:{seconds:02d}", "remaining_time": "0:00:09"}
        rows.append({"current_steps": record.step, **progress, **shown, **clock})
        history.append({**told, "step": record.step})
        for name, value in told.items():
            expected.scalar(run, f"train/{name}", record.step, value)
        for name, number in progress.items():
            expected.scalar(run, name, record.step, number)
    _write(folder / "trainer_log.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    _write(folder / "trainer_state.json", json.dumps({"global_step": 60, "log_history": history}))
    expected.file(folder / "trainer_log.jsonl", 5 * len(rows))
    expected.file(folder / "trainer_state.json", 3 * len(rows))


def timm(root: Path, expected: Expected) -> None:
    """`summary.csv`, with the metrics of training and evaluation side by side."""
    path = _folder(root, "timm") / "summary.csv"
    lines = ["epoch,train_loss,eval_loss,eval_top1,lr"]
    for epoch, record in enumerate(_epochs(47)):
        values = {"train/loss": record.loss, "eval/loss": record.val_loss}
        values |= {"eval/top1": 100 * (record.val_acc or 0), "lr": record.lr}
        lines.append(",".join(map(str, (epoch, *values.values()))))
        for tag, value in values.items():
            expected.scalar("formats/timm", tag, epoch, value or 0)
    _write(path, "\n".join(lines) + "\n")
    expected.file(path, 4 * (len(lines) - 1))


def tidy_jsonl(root: Path, expected: Expected) -> None:
    """A value a line, of two runs."""
    path = _folder(root, "tidy-jsonl") / "metrics.jsonl"
    lines = []
    for run, seed in (("small", 45), ("large", 46)):
        for record in _epochs(seed):
            for name, value in (("loss", record.loss), ("val_acc", record.val_acc)):
                row = {"run": run, "step": record.step, "metric": name, "value": value}
                lines.append(json.dumps({**row, "timestamp": record.time}))
                tag = name.replace("val_", "val/")
                expected.scalar(f"formats/tidy-jsonl/{run}", tag, record.step, value or 0)
    _write(path, "\n".join(lines) + "\n")
    expected.file(path, len(lines))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


MAKERS = (
    (fastai, "formats/fastai"),
    (poutyne, "formats/poutyne"),
    (skorch, "formats/skorch"),
    (llamafactory, "formats/llamafactory"),
    (tidy_jsonl, "formats/tidy-jsonl"),
    (timm, "formats/timm"),
)
