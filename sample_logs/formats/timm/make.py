"""Sample logs of timm: the curves are those of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training import epochs
from writing import made, write

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def timm(root: Path, expected: Expected) -> None:
    """`summary.csv`, with the metrics of training and evaluation side by side."""
    path = made(root, "timm") / "summary.csv"
    lines = ["epoch,train_loss,eval_loss,eval_top1,lr"]
    for epoch, record in enumerate(epochs(47)):
        values = {"train/loss": record.loss, "eval/loss": record.val_loss}
        values |= {"eval/top1": 100 * (record.val_acc or 0), "lr": record.lr}
        lines.append(",".join(map(str, (epoch, *values.values()))))
        for tag, value in values.items():
            expected.scalar("formats/timm", tag, epoch, value or 0)
    write(path, "\n".join(lines) + "\n")
    expected.file(path, 4 * (len(lines) - 1))


MAKERS = (timm,)
