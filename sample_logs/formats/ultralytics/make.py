"""Sample logs of ultralytics: the curves are those of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training import START, Config, Training
from writing import write

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def ultralytics(root: Path, expected: Expected) -> None:
    """`results.csv` with six digits and the seconds since the start, `args.yaml` beside it."""
    run = "formats/ultralytics/train2"
    folder = root / run
    folder.mkdir(parents=True, exist_ok=True)
    columns = ("train/cls_loss", "metrics/accuracy_top1", "val/cls_loss", "lr/pg0")
    lines = [",".join(("epoch", "time", *columns))]
    for epoch, record in enumerate(Training(Config(seed=31, steps=80)).records[9::10], 1):
        values = (record.loss, record.val_acc, record.val_loss, record.lr)
        shown = [f"{value:.6g}" for value in values]
        lines.append(",".join((str(epoch), f"{record.time - START:.6g}", *shown)))
        for name, text in zip(columns, shown, strict=True):
            expected.scalar(run, name, epoch, float(text))
    write(folder / "results.csv", "\n".join(lines) + "\n")
    expected.file(folder / "results.csv", (len(lines) - 1) * len(columns))
    write(folder / "args.yaml", "task: classify\nepochs: 8\nlr0: 0.02\ncos_lr: true\n")
    expected.file(folder / "args.yaml", 2)
    flat = {"task": "classify", "epochs": 8.0, "lr0": 0.02, "cos_lr": True}
    expected.point(run, "_hparams_/session_start_info", "hparams", 0, flat)


MAKERS = (ultralytics,)
