"""Logs as Lightning, the Hugging Face Trainer and Keras write them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from training import Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected

HPARAMS = """\
batch_size: {batch}
hidden: {hidden}
lr: {lr}
optimizer:
  betas:
  - 0.9
  - 0.999
  name: adam
  weight_decay: 1e-3
shuffle: true
warmup: null
"""


def lightning(root: Path, expected: Expected) -> None:
    """CSVLogger: a row for each call of `log`, blanks where it logged something else."""
    for version, (hidden, lr) in enumerate(((24, 0.02), (8, 0.005))):
        config = Config(seed=version, hidden=hidden, lr=lr)
        run = f"spirals/lightning_logs/version_{version}"
        folder = root / run
        folder.mkdir(parents=True)
        text = HPARAMS.format(batch=config.batch, hidden=hidden, lr=lr)
        (folder / "hparams.yaml").write_text(text, encoding="utf-8", newline="\n")
        flat = {
            "batch_size": 64.0,
            "hidden": float(hidden),
            "lr": lr,
            "optimizer/betas": "[0.9, 0.999]",
            "optimizer/name": "adam",
            "optimizer/weight_decay": 0.001,
            "shuffle": True,
        }
        expected.point(run, "_hparams_/session_start_info", "hparams", 0, flat)
        _lightning_metrics(folder / "metrics.csv", run, Training(config), expected)


def _lightning_metrics(path: Path, run: str, training: Training, expected: Expected) -> None:
    columns = ("epoch", "lr-Adam", "step", "train_acc", "train_loss", "val_acc", "val_loss")
    rows: list[dict[str, Any]] = []
    for record in training.records:
        step, epoch = record.step - 1, int(record.epoch)
        if record.step % 5 == 0:
            rows.append({"step": step, "lr-Adam": record.lr})
            metrics = {"train_acc": record.acc, "train_loss": record.loss}
            rows.append({"step": step, "epoch": epoch, **metrics})
        if record.val_loss is not None and record.step % 50 == 0:
            metrics = {"val_acc": record.val_acc, "val_loss": record.val_loss}
            rows.append({"step": step, "epoch": epoch, **metrics})
    lines = [",".join(columns)]
    lines += [",".join(str(row.get(name, "")) for name in columns) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\r\n")
    for row in rows:
        for name, value in row.items():
            if name != "step":
                expected.scalar(run, name, row["step"], float(value))
    expected.file(path, sum(len(row) - 1 for row in rows))


def hf_finetune(root: Path, expected: Expected) -> None:
    """`trainer_state.json`: training rows, evaluation rows and a last summary row."""
    training = Training(Config(seed=2, lr=0.01))
    history: list[dict[str, Any]] = []
    for record in training.records:
        base = {"epoch": record.epoch, "step": record.step}
        if record.step % 10 == 0:
            row = {"grad_norm": record.grad_norm, "learning_rate": record.lr, "loss": record.loss}
            history.append({**base, **row})
        if record.step % 100 == 0:
            row = {"eval_accuracy": record.val_acc, "eval_loss": record.val_loss}
            history.append({**base, **row, "eval_runtime": 0.0125})
    last = training.records[-1]
    mean = sum(record.loss for record in training.records) / len(training.records)
    summary = {"total_flos": 123456789.0, "train_loss": mean, "train_runtime": 75.0}
    history.append({"epoch": last.epoch, "step": last.step, **summary})
    folder = root / "hf_finetune"
    folder.mkdir(parents=True)
    path = folder / "trainer_state.json"
    state = {
        "best_metric": None,
        "epoch": last.epoch,
        "global_step": last.step,
        "is_world_process_zero": True,
        "log_history": history,
        "max_steps": last.step,
    }
    path.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8", newline="\n")
    for row in history:
        for name, value in row.items():
            tag = name.replace("eval_", "eval/") if name.startswith("eval_") else f"train/{name}"
            if name != "step":
                expected.scalar("hf_finetune", tag, row["step"], float(value))
    expected.file(path, sum(len(row) - 1 for row in history))


def keras(root: Path, expected: Expected) -> None:
    """CSVLogger's `training.log`, and a `History.history` saved as JSON."""
    for seed, name in ((3, "keras_cnn"), (4, "keras_history")):
        training = Training(Config(seed=seed, steps=200))
        epochs = [record for record in training.records if record.val_loss is not None]
        history = {
            "accuracy": [record.acc for record in epochs],
            "loss": [record.loss for record in epochs],
            "val_accuracy": [record.val_acc for record in epochs],
            "val_loss": [record.val_loss for record in epochs],
        }
        folder = root / name
        folder.mkdir(parents=True)
        if name == "keras_cnn":
            path = folder / "training.log"
            lines = [",".join(("epoch", *history))]
            for epoch in range(len(epochs)):
                cells = (epoch, *(values[epoch] for values in history.values()))
                lines += [",".join(map(str, cells))]
            text = "\n".join(lines) + "\n"
        else:
            path = folder / "history.json"
            history["learning_rate"] = [record.lr for record in epochs]
            text = json.dumps(history)
        path.write_text(text, encoding="utf-8", newline="\n")
        expected.file(path, len(history) * len(epochs))
        for key, values in history.items():
            side = "validation" if key.startswith("val_") else "train"
            for epoch, value in enumerate(values):
                tag = f"epoch_{key.removeprefix('val_')}"
                expected.scalar(f"{name}/{side}", tag, epoch, value or 0.0)


MAKERS = (
    (lightning, "spirals"),
    (hf_finetune, "hf_finetune"),
    (keras, "keras_cnn", "keras_history"),
)
