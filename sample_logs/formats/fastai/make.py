"""Sample logs of fastai: the curves are those of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training import epochs
from writing import made, write

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def fastai(root: Path, expected: Expected) -> None:
    """`history.csv`: the duration of an epoch in minutes and seconds."""
    path = made(root, "fastai") / "history.csv"
    lines = ["epoch,train_loss,valid_loss,accuracy,time"]
    for epoch, record in enumerate(epochs(41)):
        values = {"train_loss": record.loss, "valid_loss": record.val_loss}
        values["accuracy"] = record.val_acc
        lines.append(",".join(map(str, (epoch, *values.values(), f"01:{epoch + 5:02d}"))))
        for name, value in {**values, "time": 65 + epoch}.items():
            expected.scalar("formats/fastai", name, epoch, value or 0)
    write(path, "\n".join(lines) + "\n")
    expected.file(path, 4 * (len(lines) - 1))


MAKERS = (fastai,)
