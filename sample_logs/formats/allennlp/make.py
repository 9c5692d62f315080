"""Sample logs of allennlp: the curves are those of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training import Config, Training
from writing import document

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def allennlp(root: Path, expected: Expected) -> None:
    """Twelve epochs, so that their names do not sort like their numbers."""
    records = Training(Config(seed=19, steps=60)).records[4::5]
    run = "formats/allennlp"
    for epoch, record in enumerate(records):
        value = {
            "best_epoch": 0,
            "training_duration": "0:00:10",
            "training_epochs": epoch,
            "epoch": epoch,
            "training_loss": record.loss,
            "validation_loss": record.loss + 1,
        }
        expected.file(document(root, f"allennlp/metrics_epoch_{epoch}.json", value), 2)
        expected.scalar(f"{run}/train", "train/loss", epoch + 1, record.loss)
        expected.scalar(f"{run}/validation", "validation/loss", epoch + 1, record.loss + 1)
    last = {
        "training_epochs": len(records) - 1,
        "training_loss": records[-1].loss,
        "test_loss": 0.5,
    }
    expected.file(document(root, "allennlp/metrics.json", last), 2)
    expected.scalar(run, "test_loss", len(records), 0.5)


MAKERS = (allennlp,)
