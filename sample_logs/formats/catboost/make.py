"""Sample logs of catboost: the curves are those of a small network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from boosting import ROUNDS, boosted
from writing import write

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


_SETS = (("learn", ""), ("test", ":0"), ("test1", ""))


def catboost(root: Path, expected: Expected) -> None:
    """`catboost_info` with two evaluation sets: the document and the tables say the same."""
    folder = root / "formats" / "catboost" / "catboost_info"
    folder.mkdir(parents=True, exist_ok=True)
    errors = boosted(3, 3).tolist()
    metrics = ("RMSE", "MAE")
    named = [{"best_value": "Min", "name": name} for name in metrics]
    meta = {
        "test_sets": ["test", "test1"],
        "test_metrics": named,
        "learn_metrics": named,
        "learn_sets": ["learn"],
        "name": "experiment",
    }
    lines = []
    for number, (learn, test, test1) in enumerate(errors):
        times = {"passed_time": 0.25 * (number + 1), "remaining_time": 0.25 * (11 - number)}
        sets = {"learn": learn, "test": test, "test1": test1}
        lines.append(json.dumps({**sets, "iteration": number, **times}, separators=(",", ":")))
    text = f'{{\n"meta":{json.dumps(meta)},\n"iterations":[\n' + ",\n".join(lines) + "\n]}\n"
    write(folder / "catboost_training.json", text)
    expected.file(folder / "catboost_training.json", ROUNDS * 6)
    learn_rows = [learn for learn, _, _ in errors]
    test_rows = [[*test, *test1] for _, test, test1 in errors]
    _tsv(folder / "learn_error.tsv", metrics, learn_rows, expected)
    _tsv(folder / "test_error.tsv", ("RMSE:0", "MAE:0", "RMSE", "MAE"), test_rows, expected)
    times = [[250 * (number + 1), 250 * (11 - number)] for number in range(ROUNDS)]
    _tsv(folder / "time_left.tsv", ("Passed", "Remaining"), times)
    run = "formats/catboost/catboost_info"
    for number, sets in enumerate(errors):
        for (below, suffix), values in zip(_SETS, sets, strict=True):
            for name, value in zip(metrics, values, strict=True):
                expected.scalar(f"{run}/{below}", f"{name}{suffix}", number, value)


def _tsv(
    path: Path,
    names: tuple[str, ...],
    rows: list[list[float]],
    expected: Expected | None = None,
) -> None:
    lines = ["\t".join(("iter", *names))]
    lines += ["\t".join(map(str, (number, *row))) for number, row in enumerate(rows)]
    write(path, "\n".join(lines) + "\n")
    if expected:
        expected.file(path, len(rows) * len(names))


MAKERS = (catboost,)
