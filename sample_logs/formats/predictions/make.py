"""Sample logs of predictions: the curves are those of a small network."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
from training import Config, Training, spirals

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from expectation import Expected


_ARMS = ("left", "right")


_BINS = 10


def predictions(root: Path, expected: Expected) -> None:
    """The arms of 60 points after every 20 steps of a training; and a regression by files."""
    folder = root / "formats" / "predictions/predictions"
    folder.mkdir(parents=True, exist_ok=True)
    points, arms = spirals(np.random.default_rng(71), 60)
    lines = ["epoch,file,y_true,y_pred,prob_left,prob_right"]
    scores: dict[str, float] = {}
    for epoch in range(1, 4):
        training = Training(Config(seed=70, steps=20 * epoch))
        right = [round(float(one), 4) for one in training.predict(points)]
        guessed = [int(one > 0.5) for one in right]
        for place, (arm, guess, one) in enumerate(zip(arms, guessed, right, strict=True)):
            shown = f"{_ARMS[arm]},{_ARMS[guess]},{1 - one:.4f},{one:.4f}"
            lines.append(f"{epoch},point_{place:02d}.png,{shown}")
        scores = _classified(arms.tolist(), guessed, right)
        for name, value in scores.items():
            expected.scalar(
                "formats/predictions/predictions", f"val_predictions/{name}", epoch, value
            )
    path = folder / "val_predictions.csv"
    path.write_text("\n".join(lines) + "\n", newline="\n")
    expected.file(path, 3 * (len(scores) + len(_ARMS)))  # and a PR curve for each arm
    noise = np.random.default_rng(72).normal(0, 1, (2, 40))
    for epoch, width in ((2, 0.5), (10, 0.1)):
        true = [round(float(one), 3) for one in points[:40, 0] * 10]
        pred = [round(one + width * float(off), 3) for one, off in zip(true, noise[0], strict=True)]
        lines = ["target,prediction", *(f"{a},{b}" for a, b in zip(true, pred, strict=True))]
        path = folder / f"radius_epoch_{epoch}.csv"
        path.write_text("\n".join(lines) + "\n", newline="\n")
        found = _regressed(true, pred)
        for name, value in found.items():
            expected.scalar("formats/predictions/predictions", f"radius/{name}", epoch, value)
        expected.file(path, len(found))


def _classified(true: Sequence[int], guessed: Sequence[int], said: Sequence[float]) -> dict:
    pairs = list(zip(true, guessed, strict=True))
    recall, precision, f1 = [], [], []
    for one in (0, 1):
        both = sum(pair == (one, one) for pair in pairs)
        recall.append(both / sum(a == one for a, _ in pairs))
        precision.append(both / max(1, sum(b == one for _, b in pairs)))
        f1.append(2 * both / sum((a == one) + (b == one) for a, b in pairs))
    found = {"accuracy": sum(a == b for a, b in pairs) / len(pairs)}
    found |= {"balanced_accuracy": sum(recall) / 2, "f1_macro": sum(f1) / 2}
    found |= {"precision": precision[1], "recall": recall[1], "f1": f1[1]}
    high = [p for p, arm in zip(said, true, strict=True) if arm]
    low = [p for p, arm in zip(said, true, strict=True) if not arm]
    wins = sum((a > b) + (a == b) / 2 for a in high for b in low)
    found["roc_auc"] = wins / len(high) / len(low)
    found["average_precision"] = _average_precision(high, low)
    truth = [p if arm else round(1 - p, 4) for p, arm in zip(said, true, strict=True)]
    found["log_loss"] = -sum(map(math.log, truth)) / len(truth)
    found["brier"] = sum((p - arm) ** 2 for p, arm in zip(said, true, strict=True)) / len(true)
    error = 0.0
    for place in range(_BINS):
        inside = [
            (p, arm)
            for p, arm in zip(said, true, strict=True)
            if (place == 0 or p > place / _BINS) and (p <= (place + 1) / _BINS)
        ]
        error += abs(sum(p - arm for p, arm in inside)) / len(true)
    found["ece"] = error
    return found


def _average_precision(high: Sequence[float], low: Sequence[float]) -> float:
    """The mean over the positives of the precision at their own score."""
    total = 0.0
    for score in high:
        right = sum(one >= score for one in high)
        total += right / (right + sum(one >= score for one in low))
    return total / len(high)


def _regressed(true: Sequence[float], pred: Sequence[float]) -> dict[str, float]:
    errors = [b - a for a, b in zip(true, pred, strict=True)]
    mean = sum(true) / len(true)
    squares = sum(one**2 for one in errors)
    return {
        "mae": sum(map(abs, errors)) / len(errors),
        "rmse": math.sqrt(squares / len(errors)),
        "r2": 1 - squares / sum((one - mean) ** 2 for one in true),
    }


def evaluation_plots(root: Path, expected: Expected) -> None:
    """A ROC curve as DVCLive writes it, and a confusion matrix by itself."""
    folder = root / "formats" / "predictions/plots"
    folder.mkdir(parents=True, exist_ok=True)
    corners = [(0.0, 0.0, math.inf), (0.0, 0.5, 0.8), (0.5, 0.5, 0.4), (0.5, 1.0, 0.35)]
    corners.append((1.0, 1.0, 0.1))
    roc = [{"fpr": fpr, "tpr": tpr, "threshold": t} for fpr, tpr, t in corners]
    path = folder / "roc.json"
    path.write_text(json.dumps({"roc": roc}, indent=4), newline="\n")
    expected.file(path, 1)
    run = "formats/predictions/plots"
    expected.scalar(run, "roc/roc_auc", 0, 0.75)
    path = folder / "confusion_matrix_epoch_3.json"
    matrix = {"confusion_matrix": [[8, 2], [1, 9]], "labels": ["cat", "dog"]}
    path.write_text(json.dumps(matrix), newline="\n")
    recall, precision, f1 = 9 / 10, 9 / 11, 18 / 21
    found = {"accuracy": 17 / 20, "balanced_accuracy": (0.8 + recall) / 2}
    found |= {"f1_macro": (16 / 19 + f1) / 2, "precision": precision, "recall": recall, "f1": f1}
    for name, value in found.items():
        expected.scalar(run, f"confusion_matrix/{name}", 3, value)
    expected.file(path, len(found))


MAKERS = (predictions, evaluation_plots)
