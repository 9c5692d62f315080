"""Sample logs of evals_result: the curves are those of a small network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from boosting import ROUNDS, boosted
from writing import write

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def evals_result(root: Path, expected: Expected) -> None:
    """What a booster gathered, saved as JSON; the model itself beside it is no log."""
    run = "formats/evals_result"
    folder = root / run
    folder.mkdir(parents=True, exist_ok=True)
    errors = boosted(5, 2)
    result = {
        name: {
            metric: errors[:, place, kind].tolist() for kind, metric in enumerate(("rmse", "mae"))
        }
        for place, name in enumerate(("train", "valid_0"))
    }
    write(folder / "evals_result.json", json.dumps(result))
    write(folder / "model.txt", "tree\nversion=v4\nnum_class=1\n\nTree=0\nleaf_value=0.1 0.2\n")
    expected.file(folder / "evals_result.json", ROUNDS * 4)
    for name, metrics in result.items():
        for metric, values in metrics.items():
            for number, value in enumerate(values):
                expected.scalar(run, f"{name}/{metric}", number, value)


MAKERS = (evals_result,)
