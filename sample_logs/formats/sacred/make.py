"""Sample logs of sacred: the curves are those of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training import Config, Training
from writing import HPARAMS, document

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def sacred(root: Path, expected: Expected) -> None:
    """A file observer's run folder."""
    records = Training(Config(seed=17, steps=60)).records[9::10]
    stamps = [f"2026-05-01T08:00:{place:02d}.250000" for place in range(len(records))]
    metrics = {
        "training.loss": {
            "steps": [record.step for record in records],
            "timestamps": stamps,
            "values": [record.loss for record in records],
        }
    }
    run = "formats/sacred/1"
    path = document(root, "sacred/1/metrics.json", metrics)
    expected.file(path, len(records))
    for record in records:
        expected.scalar(run, "training/loss", record.step, record.loss)
    expected.file(document(root, "sacred/1/config.json", {"lr": 0.02, "seed": 17}), 2)
    expected.point(run, HPARAMS, "hparams", 0, {"lr": 0.02, "seed": 17.0})


MAKERS = (sacred,)
