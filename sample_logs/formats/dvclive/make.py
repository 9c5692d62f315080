"""Sample logs of dvclive: the curves are those of a small network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from training import Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def dvclive(root: Path, expected: Expected) -> None:
    """A TSV for each metric, the last values beside them, and what is no log."""
    run = "formats/dvclive"
    folder = root / run
    (folder / "plots" / "sklearn").mkdir(parents=True, exist_ok=True)
    records = Training(Config(seed=41, steps=60)).records[4::5]
    curves = {
        "train/loss": [(record.step, record.loss) for record in records],
        "val_acc": [(record.step, record.val_acc or 0.0) for record in records[1::2]],
    }
    summary = {"train": {"loss": curves["train/loss"][-1][1]}, "val_acc": curves["val_acc"][-1][1]}
    for name, curve in curves.items():
        path = folder / "plots" / "metrics" / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"step\t{path.stem}", *(f"{step}\t{value}" for step, value in curve), ""]
        path.write_text("\n".join(lines), encoding="utf-8", newline="\n")
        expected.file(path, len(curve))
        for step, value in curve:
            expected.scalar(run, name, step, value)
    text = json.dumps({**summary, "best": 0.25, "step": 60}, indent=4)
    (folder / "metrics.json").write_text(text, encoding="utf-8")
    expected.file(folder / "metrics.json", 4)
    expected.scalar(run, "best", 60, 0.25)
    expected.scalar(run, "step", 60, 60)
    (folder / "dvc.yaml").write_text("metrics:\n- metrics.json\n", encoding="utf-8")
    (folder / "report.md").write_text("# DVCLive Report\n", encoding="utf-8")
    pairs = [("0", "1"), ("0", "0"), ("1", "1"), ("1", "1")]
    matrix = [{"actual": actual, "predicted": predicted} for actual, predicted in pairs]
    path = folder / "plots" / "sklearn" / "cm.json"
    path.write_text(json.dumps(matrix), encoding="utf-8")
    found = {"accuracy": 0.75, "balanced_accuracy": 0.75, "f1_macro": (2 / 3 + 0.8) / 2}
    found |= {"precision": 2 / 3, "recall": 1.0, "f1": 0.8}
    for name, value in found.items():
        expected.scalar(run, f"plots/sklearn/cm/{name}", 0, value)
    expected.file(path, len(found))


MAKERS = (dvclive,)
