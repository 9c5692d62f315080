"""Sample logs of skorch: the curves are those of a small network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from training import Config, Training
from writing import made, write

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def skorch(root: Path, expected: Expected) -> None:
    """`history.json`: epochs with their batches."""
    path = made(root, "skorch") / "history.json"
    run = "formats/skorch"
    training = Training(Config(seed=43, steps=60)).records
    history: list[dict[str, Any]] = []
    for epoch, record in enumerate(training[9::10], 1):
        trained = [one.loss for one in training[10 * epoch - 2 : 10 * epoch]]
        scores = {"train_loss": record.loss, "valid_loss": record.val_loss}
        history.append(
            {
                "batches": [
                    *({"train_loss": loss, "train_batch_size": 64} for loss in trained),
                    {"valid_loss": record.val_loss, "valid_batch_size": 400},
                ],
                "epoch": epoch,
                "train_batch_count": 2,
                "dur": 2.5,
                **scores,
                "train_loss_best": epoch == 1,
            }
        )
        expected.scalar(run, "dur", epoch, 2.5)
        expected.scalar(run, "train_batch_count", epoch, 2)
        for name, value in scores.items():
            expected.scalar(run, f"Loss/{name}", epoch, value or 0)
        for place, loss in enumerate(trained):
            expected.scalar(run, "batch/train_loss", 2 * epoch - 1 + place, loss)
            expected.scalar(run, "batch/train_batch_size", 2 * epoch - 1 + place, 64)
        expected.scalar(run, "batch/valid_loss", epoch, record.val_loss or 0)
        expected.scalar(run, "batch/valid_batch_size", epoch, 400)
    write(path, json.dumps(history))
    expected.file(path, 10 * len(history))


MAKERS = (skorch,)
