"""Sample logs of generic: the curves are those of a small network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from training import Config, Training, epochs
from writing import HPARAMS, made, write

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


CODE = """\
import torch

for step in range(100):
    loss = model(x, y)
    if step % 10 == 0:
        print(f"step:{step}/100 loss:{loss.item():.4f}")
====================================================
"""


def text(root: Path, expected: Expected) -> None:
    """A tutorial's loop, nanoGPT's two kinds of lines after its own source, and a timed log."""
    folder = root / "formats" / "generic/text"
    records = Training(Config(seed=13, steps=80)).records
    _tutorial(folder / "tutorial.log", records, expected)
    lines = [CODE]
    run = "formats/generic/text/nanogpt"
    for record in records[::4]:
        lines.append(f"step:{record.step}/80 train_loss:{record.loss:.4f} step_avg:1.25ms\\n")
        expected.scalar(run, "train/loss", record.step, float(f"{record.loss:.4f}"))
        expected.scalar(run, "step_avg", record.step, 1.25)
    write(folder / "nanogpt.txt", "".join(lines).replace("\\n", "\n"))
    expected.file(folder / "nanogpt.txt", 2 * len(records[::4]))
    lines, run = [], "formats/generic/text/timed"
    for place, record in enumerate(records[9::10]):
        stamp = f"2026-05-01 08:00:{place:02d},250"
        lines.append(f"{stamp} trainer INFO: Epoch[1], Iter[{record.step}] Loss: {record.loss:.4f}")
        expected.scalar(run, "Loss", record.step, float(f"{record.loss:.4f}"))
    lines.append(
        "2026-05-01 08:01:00,000 trainer INFO: Validation Results - Epoch: 1  Avg loss: 0.5"
    )
    expected.scalar(run, "validation/Avg loss", 1, 0.5)
    write(folder / "timed.log", "\n".join(lines) + "\n")
    expected.file(folder / "timed.log", len(lines))


def _tutorial(path: Path, records: list, expected: Expected) -> None:  # type: ignore[type-arg]
    """Steps start again with each epoch of 40; values of an epoch stand on lines of their own."""
    lines, run, count = (
        ["Using device: cpu", "Model has 1234 parameters"],
        "formats/generic/text/tutorial",
        0,
    )
    for record in records[9::10]:
        epoch, step = divmod(record.step - 1, 40)
        lines.append(
            f"Epoch [{epoch + 1}/2], Step [{step + 1}/40], Loss: {record.loss:.4f}, Time: 12.5ms"
        )
        expected.scalar(run, "Loss", record.step, float(f"{record.loss:.4f}"))
        expected.scalar(run, "Time", record.step, 12.5)
        count += 2
        if step + 1 == 40:
            lines.append(f"Test accuracy: {record.acc:.4f}")
            expected.scalar(run, "test/accuracy", record.step, float(f"{record.acc:.4f}"))
            count += 1
    write(path, "\n".join(lines) + "\n")
    expected.file(path, count)


def tidy_jsonl(root: Path, expected: Expected) -> None:
    """A value a line, of two runs."""
    path = made(root, "generic/tidy-jsonl") / "metrics.jsonl"
    lines = []
    for run, seed in (("small", 45), ("large", 46)):
        for record in epochs(seed):
            for name, value in (("loss", record.loss), ("val_acc", record.val_acc)):
                row = {"run": run, "step": record.step, "metric": name, "value": value}
                lines.append(json.dumps({**row, "timestamp": record.time}))
                tag = name.replace("val_", "val/")
                expected.scalar(f"formats/generic/tidy-jsonl/{run}", tag, record.step, value or 0)
    write(path, "\n".join(lines) + "\n")
    expected.file(path, len(lines))


def rows(root: Path, expected: Expected) -> None:
    """Two algorithms with two seeds each in one table: a run for each."""
    path = made(root, "generic/rows") / "results.csv"
    lines = ["algo,seed,epoch,loss"]
    for algo, first in (("sgd", 61), ("adam", 63)):
        for seed in (1, 2):
            for epoch, record in enumerate(epochs(first + seed), 1):
                lines.append(f"{algo},{seed},{epoch},{record.loss}")
                run = f"formats/generic/rows/{algo}/seed={seed}"
                expected.scalar(run, "loss", epoch, record.loss)
    write(path, "\n".join(lines) + "\n")
    expected.file(path, len(lines) - 1)


def json_tree(root: Path, expected: Expected) -> None:
    """Lists of two lengths, and a final score beside them."""
    path = made(root, "generic/json-tree") / "history.json"
    records = list(epochs(67))
    run = "formats/generic/json-tree"
    losses = [record.loss for record in records]
    tested = [record.val_acc or 0.0 for record in records[::2]]
    for place, loss in enumerate(losses):
        expected.scalar(run, "train/loss", place, loss)
    for place, accuracy in enumerate(tested):
        expected.scalar(run, "test/acc", place, accuracy)
    best = {"best_acc": max(tested)}
    expected.scalar(run, "best_acc", len(losses) - 1, best["best_acc"])
    write(path, json.dumps({"train": {"loss": losses}, "test": {"acc": tested}, **best}) + "\n")
    expected.file(path, len(losses) + len(tested) + 1)


def yaml_tree(root: Path, expected: Expected) -> None:
    """The scores of two models: a run for each."""
    path = made(root, "generic/yaml-tree") / "results.yaml"
    lines = []
    for name, seed in (("cnn", 73), ("mlp", 75)):
        *_, last = epochs(seed)
        lines += [f"{name}:", f"  accuracy: {last.val_acc}", f"  loss: {last.loss}"]
        expected.scalar(f"formats/generic/yaml-tree/{name}", "accuracy", 0, last.val_acc or 0.0)
        expected.scalar(f"formats/generic/yaml-tree/{name}", "loss", 0, last.loss)
    write(path, "\n".join(lines) + "\n")
    expected.file(path, 4)


def steps(root: Path, expected: Expected) -> None:
    """A file of scores in the folder of each checkpoint: one run over their steps."""
    run = "formats/generic/steps"
    for step, record in zip((1000, 2000, 3000), epochs(71), strict=False):
        path = made(root, f"generic/steps/checkpoint-{step}") / "metrics.json"
        scores = {"test_loss": record.loss, "test_acc": record.val_acc or 0.0}
        for name, value in scores.items():
            expected.scalar(run, name.replace("_", "/"), step, value)
        write(path, json.dumps(scores) + "\n")
        expected.file(path, 2)


def origins(root: Path, expected: Expected) -> None:
    """A `loss.csv`, the command that wrote it and the state of its code."""
    run = "formats/generic/origin"
    folder = root / run
    folder.mkdir(parents=True, exist_ok=True)
    for name, kind, text in (
        ("command.txt", "command", "python train.py --lr 0.02 --password ***"),
        ("git_info.txt", "commit", "4f1c0de9 on main\n M train.py"),
    ):
        path = folder / name
        path.write_text(text.replace("***", "hunter2") + "\n", encoding="utf-8", newline="\n")
        expected.point(run, f"source/{kind}", "text", 0, f"```\n{text}\n```")
        expected.file(path, 1)
    path = folder / "loss.csv"
    path.write_text("step,loss\n1,0.5\n2,0.25\n", encoding="utf-8", newline="\n")
    for step, loss in ((1, 0.5), (2, 0.25)):
        expected.scalar(run, "loss", step, loss)
    expected.file(path, 2)


def finals(root: Path, expected: Expected) -> None:
    """What came of a course beside it: at the step that holds it, and what else did there, too."""
    folder, run = made(root, "generic/finals"), "formats/generic/finals"
    lines = ["epoch,train_loss,val_loss"]
    tested = []
    for epoch, record in enumerate(epochs(81), 1):
        lines.append(f"{epoch},{record.loss},{1 - (record.val_acc or 0.0)}")
        tested.append(1 - (record.val_acc or 0.0))
        expected.scalar(run, "train/loss", epoch, record.loss)
        expected.scalar(run, "val/loss", epoch, tested[-1])
    write(folder / "log.csv", "\n".join(lines) + "\n")
    expected.file(folder / "log.csv", 2 * len(tested))
    best = max(at for at, loss in enumerate(tested, 1) if loss == min(tested))
    expected.scalar(run, "test/acc", best, 0.8125)
    write(
        folder / "results.json",
        json.dumps({"val_loss": min(tested), "test_acc": 0.8125}) + "\n",
    )
    expected.file(folder / "results.json", 2)


def trainings(root: Path, expected: Expected) -> None:
    """A training in each line, with its course as a list."""
    path = made(root, "generic/trainings") / "results.jsonl"
    lines = []
    for seed in (83, 84):
        losses = [record.loss for record in epochs(seed)]
        row = {"run": f"seed-{seed}", "lr": 0.02, "loss_per_epoch": losses, "best_acc": 0.8125}
        lines.append(json.dumps(row))
        run = f"formats/generic/trainings/seed-{seed}"
        for at, loss in enumerate(losses):
            expected.scalar(run, "loss_per_epoch", at, loss)
        expected.scalar(run, "best_acc", len(losses) - 1, 0.8125)
        known = {"run": f"seed-{seed}", "lr": 0.02}
        expected.point(run, HPARAMS, "hparams", 0, known)
    write(path, "\n".join(lines) + "\n")
    expected.file(path, 2 * (len(losses) + 2))


def spreads(root: Path, expected: Expected) -> None:
    """Two models, each with settings of its own that stay; values with their deviations."""
    path = made(root, "generic/spreads") / "curves.csv"
    lines = ["model,batch_size,epoch,acc"]
    for model, size, seed in (("cnn", 32, 87), ("mlp", 64, 89)):
        run = f"formats/generic/spreads/{model}"
        expected.point(run, HPARAMS, "hparams", 0, {"batch_size": float(size)})
        for epoch, record in enumerate(epochs(seed), 1):
            accuracy = round(record.val_acc or 0.0, 3)
            lines.append(f"{model},{size},{epoch},{accuracy} +/- 0.02")
            expected.scalar(run, "acc", epoch, accuracy)
            expected.scalar(run, "acc_std", epoch, 0.02)
    write(path, "\n".join(lines) + "\n")
    expected.file(path, 2 * (len(lines) - 1) + 2)


MAKERS = (text, tidy_jsonl, rows, json_tree, yaml_tree, steps, origins, finals, trainings, spreads)
