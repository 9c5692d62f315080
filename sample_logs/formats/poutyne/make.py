"""Sample logs of poutyne: the curves are those of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training import epochs
from writing import made, write

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def poutyne(root: Path, expected: Expected) -> None:
    """`log.tsv`, whose columns are runs."""
    path = made(root, "poutyne") / "log.tsv"
    names = ("epoch", "time", "lr", "loss", "acc", "val_loss", "val_acc")
    lines = ["\t".join(names)]
    for epoch, record in enumerate(epochs(42), 1):
        scores = (record.loss, record.acc, record.val_loss, record.val_acc)
        row = (epoch, 2.5, record.lr, *scores)
        lines.append("\t".join(map(str, row)))
        for name, value in zip(names, row, strict=True):
            tag = name.removeprefix("val_")
            expected.scalar(f"formats/poutyne/{tag}_{name}", tag, epoch, value or 0)
    write(path, "\n".join(lines) + "\n")
    expected.file(path, len(names) * (len(lines) - 1))


MAKERS = (poutyne,)
