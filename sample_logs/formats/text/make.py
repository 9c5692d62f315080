"""Sample text logs, one of each kind that people print: the curves are those of small networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training import START, epochs
from writing import made, write

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from expectation import Expected

EPOCHS = range(1, 7)
BATCHES = (10, 20)
"""Of twenty batches in an epoch, those that print a line."""


def _log(
    root: Path,
    expected: Expected,
    name: str,
    lines: Iterable[str],
    points: Iterable[tuple[str, int, str]],
    *,
    run: str = "",
) -> None:
    """A log and its points: tags, steps, and values as they are printed."""
    path = made(root, "text") / f"{name}.log"
    write(path, "".join(lines))
    told = list(points)
    for named, step, value in told:
        below, _, tag = named.rpartition("#")
        expected.scalar(f"formats/text/{run or name}{below}", tag, step, float(value))
    expected.file(path, len(told))


def splits(root: Path, expected: Expected) -> None:
    """The counter is in a title, a line for each split below it."""
    lines, points = ["Using device: cuda:0\n"], []
    for epoch, one in enumerate(epochs(31)):
        lines.append(f"Epoch {epoch}/5\n----------\n")
        for split, more in (("train", 0.0), ("val", 0.1)):
            loss, acc = f"{one.loss + more:.4f}", f"{one.acc:.4f}"
            lines.append(f"{split} Loss: {loss} Acc: {acc}\n")
            points += [(f"{split}/Loss", epoch, loss), (f"{split}/Acc", epoch, acc)]
        lines.append("\n")
    lines.append("Training complete in 1m 12s\n")
    _log(root, expected, "splits", lines, points)


def nested(root: Path, expected: Expected) -> None:
    """Batches begin anew with each epoch, and count on over all of them."""
    lines, points = [], []
    for epoch, one in zip(EPOCHS, epochs(32), strict=True):
        for batch in BATCHES:
            loss = f"{one.loss + (20 - batch) / 100:.4f}"
            lines.append(f"Epoch [{epoch}/6], Step [{batch}/20], Loss: {loss}, {batch}.5 img/s\n")
            points.append(("Loss", (epoch - 1) * 20 + batch, loss))
    _log(root, expected, "nested", lines, points)


def bars(root: Path, expected: Expected) -> None:
    """A bar that is overwritten counts where its epoch ends."""
    lines, points = [], []
    for epoch, one in zip(EPOCHS, epochs(33), strict=True):
        for batch, drawn in ((5, "█████     "), (10, "██████████")):
            loss = f"{one.loss + (10 - batch) / 50:.4f}"
            lines.append(
                f"\rEpoch {epoch}: {10 * batch:3}%|{drawn}| {batch}/10 "
                f"[00:0{batch // 5}<00:00, 20.13it/s, loss={loss}]"
            )
        lines.append("\n")
        points.append(("loss", epoch, loss))
    _log(root, expected, "bars", lines, points)


def table(root: Path, expected: Expected) -> None:
    """A header, and a row for each epoch."""
    lines, points = ["epoch   train_loss  valid_loss  accuracy\n"], []
    for epoch, one in enumerate(epochs(34)):
        cells = (f"{one.loss:.6f}", f"{one.loss + 0.1:.6f}", f"{one.acc:.6f}")
        lines.append(f"{epoch:<7} {cells[0]}    {cells[1]}    {cells[2]}\n")
        names = ("train/loss", "valid/loss", "accuracy")
        points += [(name, epoch, cell) for name, cell in zip(names, cells, strict=True)]
    _log(root, expected, "table", lines, points)


def boxes(root: Path, expected: Expected) -> None:
    """A box for each iteration, whose counter is one of its rows."""
    lines, points = [], []
    for number, one in zip(EPOCHS, epochs(35), strict=True):
        reward, loss = f"{one.acc * 100:.2f}", f"{one.loss:.4f}"
        rows = (("mean_reward", reward), ("policy_loss", loss), ("iteration", f"{number}"))
        lines.append("-" * 32 + "\n")
        lines += [f"| {name:<16} | {value:<9} |\n" for name, value in rows]
        lines.append("-" * 32 + "\n")
        points += [("mean_reward", number, reward), ("policy_loss", number, loss)]
    _log(root, expected, "boxes", lines, points)


def twice(root: Path, expected: Expected) -> None:
    """Two trainings that were appended to one file are two runs."""
    lines, points = [], []
    for number, seed in enumerate((36, 37)):
        lines.append("Start training\n")
        below = f"/{number + 1}#" if number else ""
        for epoch, one in zip(EPOCHS, epochs(seed), strict=True):
            loss = f"{one.loss:.4f}"
            lines.append(f"epoch {epoch} | loss {loss}\n")
            points.append((f"{below}loss", epoch, loss))
    _log(root, expected, "twice", lines, points)


def scores(root: Path, expected: Expected) -> None:
    """Final scores without a counter stand at the end of the training."""
    lines, points = [], []
    for epoch, one in zip(EPOCHS, epochs(38), strict=True):
        loss = f"{one.loss:.4f}"
        lines.append(f"epoch {epoch}: loss = {loss}\n")
        points.append(("loss", epoch, loss))
    accuracy = f"{one.acc:.4f}"
    lines.append(f"Training finished.\nTest accuracy: {accuracy}\nF1-Score: 0.9125\n")
    points += [("test/accuracy", 6, accuracy), ("F1-Score", 6, "0.9125")]
    _log(root, expected, "scores", lines, points)


def logger(root: Path, expected: Expected) -> None:
    """What a logger puts before a message is taken off."""
    lines, points = [], []
    for one in epochs(39):
        loss, second = f"{one.loss:.4f}", int(one.time - START)
        front = f"2026-05-28 20:26:{40 + second:02},123 - trainer.loop - INFO"
        lines.append(f"{front} - step: {one.step}, loss: {loss}, lr: {one.lr:.2e}\n")
        points += [("loss", one.step, loss), ("lr", one.step, f"{one.lr:.2e}")]
    _log(root, expected, "logger", lines, points)


def ranks(root: Path, expected: Expected) -> None:
    """Before a message stands which process said it."""
    lines, points = [], []
    for one in epochs(40):
        loss = f"{one.loss:.4f}"
        lines.append(f"[rank0]: iter {one.step}/60 loss={loss} grad_norm={one.grad_norm:.3f}\n")
        points += [("loss", one.step, loss), ("grad_norm", one.step, f"{one.grad_norm:.3f}")]
    _log(root, expected, "ranks", lines, points)


def chinese(root: Path, expected: Expected) -> None:
    """Names are in any script."""
    lines, points = ["开始训练\n"], []
    for epoch, one in zip(EPOCHS, epochs(41), strict=True):
        loss, accuracy = f"{one.loss:.4f}", f"{one.acc:.4f}"
        lines.append(f"轮次 {epoch}: 损失={loss}, 准确率={accuracy}\n")
        points += [("损失", epoch, loss), ("准确率", epoch, accuracy)]
    _log(root, expected, "chinese", lines, points)


def trainer(root: Path, expected: Expected) -> None:
    """The dicts of Hugging Face's Trainer between the states of its bar."""
    lines, points = [], []
    for one in epochs(42):
        done = f"{100 * one.step // 60:3}%|███       | {one.step}/60"
        lines.append(f"\r{done} [00:0{one.step // 10}<00:01, 9.87it/s]")
        values = {"loss": f"{one.loss:.4f}", "grad_norm": f"{one.grad_norm:.4f}"}
        told = ", ".join(f"'{name}': {value}" for name, value in values.items())
        lines.append(f"\n{{{told}, 'epoch': {one.step / 20:.2f}}}\n")
        points += [(f"train/{name}", one.step, value) for name, value in values.items()]
    _log(root, expected, "trainer", lines, points)


MAKERS = (
    *(splits, nested, bars, table, boxes, twice),
    *(scores, logger, ranks, chinese, trainer),
)
