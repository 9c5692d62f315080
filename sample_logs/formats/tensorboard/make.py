"""Sample logs of tensorboard: the curves are those of a small network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from training import Config, Record, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def tensorboard_csv(root: Path, expected: Expected) -> None:
    """Two runs' curves as CSV; the first was downloaded again when there was more of it."""
    folder = root / "formats" / "tensorboard/csv"
    folder.mkdir(parents=True, exist_ok=True)
    records = Training(Config(seed=21, steps=60)).records[9::10]
    curves: dict[str, list[tuple[Record, float]]] = {
        "train-tag-epoch_loss": [(r, r.loss) for r in records[:4]],
        "train-tag-epoch_loss (1)": [(r, r.loss) for r in records],
        "validation-tag-epoch_loss": [(r, float(r.val_loss or 0)) for r in records],
        "validation-tag-diverged": [(r, float("nan")) for r in records[:2]],
    }
    for name, curve in curves.items():
        path = folder / f"run-{name}.csv"
        lines = [f"{record.time},{record.step},{value}" for record, value in curve]
        path.write_text("\r\n".join(["Wall time,Step,Value", *lines, ""]), newline="")
        expected.file(path, len(curve))
        run, _, tag = name.removesuffix(" (1)").partition("-tag-")
        for record, value in curve:
            expected.scalar(f"formats/tensorboard/csv/{run}", tag, record.step, value)


def tensorboard_json(root: Path, expected: Expected) -> None:
    """One curve as JSON, with values that are not finite as strings."""
    path = root / "formats" / "tensorboard/json" / "run-.-tag-lr.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    records = Training(Config(seed=22, steps=50)).records[9::10]
    triples: list[list[Any]] = [[record.time, record.step, record.lr] for record in records]
    triples[-2][2], triples[-1][2] = "NaN", "-Infinity"
    path.write_text(json.dumps(triples), encoding="utf-8")
    expected.file(path, len(triples))
    for _, step, value in triples:
        expected.scalar("formats/tensorboard/json", "lr", step, float(value))


MAKERS = (tensorboard_csv, tensorboard_json)
