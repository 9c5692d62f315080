"""Logs as gradient boosting libraries write them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected

_ROUNDS = 12
_SETS = (("learn", ""), ("test", ":0"), ("test1", ""))


def _boosted(seed: int, sets: int) -> np.ndarray:
    """Root mean squared error and mean error by (round, set, metric), of stumps on a sine."""
    rng = np.random.default_rng(seed)
    points = [rng.uniform(-3, 3, 120) for _ in range(sets)]
    truth = [np.sin(x) + rng.normal(0, 0.1, x.shape) for x in points]
    fitted = [np.zeros_like(x) for x in points]
    errors = np.empty((_ROUNDS, sets, 2))
    for number in range(_ROUNDS):
        cut = rng.uniform(-2.5, 2.5)
        rest = truth[0] - fitted[0]
        left = points[0] < cut
        for place, x in enumerate(points):
            fitted[place] += 0.6 * np.where(x < cut, rest[left].mean(), rest[~left].mean())
        for place, (guess, y) in enumerate(zip(fitted, truth, strict=True)):
            errors[number, place] = np.sqrt(np.mean((guess - y) ** 2)), np.abs(guess - y).mean()
    return errors.round(9)


def catboost(root: Path, expected: Expected) -> None:
    """`catboost_info` with two evaluation sets: the document and the tables say the same."""
    folder = root / "formats" / "catboost" / "catboost_info"
    folder.mkdir(parents=True)
    errors = _boosted(3, 3).tolist()
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
    _write(folder / "catboost_training.json", text)
    expected.file(folder / "catboost_training.json", _ROUNDS * 6)
    learn_rows = [learn for learn, _, _ in errors]
    test_rows = [[*test, *test1] for _, test, test1 in errors]
    _tsv(folder / "learn_error.tsv", metrics, learn_rows, expected)
    _tsv(folder / "test_error.tsv", ("RMSE:0", "MAE:0", "RMSE", "MAE"), test_rows, expected)
    times = [[250 * (number + 1), 250 * (11 - number)] for number in range(_ROUNDS)]
    _tsv(folder / "time_left.tsv", ("Passed", "Remaining"), times)
    run = "formats/catboost/catboost_info"
    for number, sets in enumerate(errors):
        for (below, suffix), values in zip(_SETS, sets, strict=True):
            for name, value in zip(metrics, values, strict=True):
                expected.scalar(f"{run}/{below}", f"{name}{suffix}", number, value)


def evals_result(root: Path, expected: Expected) -> None:
    """What a booster gathered, saved as JSON; the model itself beside it is no log."""
    run = "formats/evals-result"
    folder = root / run
    folder.mkdir(parents=True)
    errors = _boosted(5, 2)
    result = {
        name: {
            metric: errors[:, place, kind].tolist() for kind, metric in enumerate(("rmse", "mae"))
        }
        for place, name in enumerate(("train", "valid_0"))
    }
    _write(folder / "evals_result.json", json.dumps(result))
    _write(folder / "model.txt", "tree\nversion=v4\nnum_class=1\n\nTree=0\nleaf_value=0.1 0.2\n")
    expected.file(folder / "evals_result.json", _ROUNDS * 4)
    for name, metrics in result.items():
        for metric, values in metrics.items():
            for number, value in enumerate(values):
                expected.scalar(run, f"{name}/{metric}", number, value)


def _tsv(
    path: Path,
    names: tuple[str, ...],
    rows: list[list[float]],
    expected: Expected | None = None,
) -> None:
    lines = ["\t".join(("iter", *names))]
    lines += ["\t".join(map(str, (number, *row))) for number, row in enumerate(rows)]
    _write(path, "\n".join(lines) + "\n")
    if expected:
        expected.file(path, len(rows) * len(names))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


MAKERS = ((catboost, "formats/catboost"), (evals_result, "formats/evals-result"))
