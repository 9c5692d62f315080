"""Sample logs of detectron2: the curves are those of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training import Config, Training
from writing import write_lines

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def detectron2(root: Path, expected: Expected) -> None:
    """`metrics.json` is JSON lines; an evaluation adds its results to a row."""
    run = "formats/detectron2"
    folder = root / run
    folder.mkdir(parents=True, exist_ok=True)
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
    write_lines(folder / "metrics.json", rows)
    values = 0
    for row in rows:
        for name in row.keys() - {"iteration"}:
            expected.scalar(run, name, int(row["iteration"]), row[name])
            values += 1
    expected.file(folder / "metrics.json", values)


MAKERS = (detectron2,)
