"""Sample logs of sklearn_results: the curves are those of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training import Config, Training
from writing import HPARAMS, document

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def sklearn(root: Path, expected: Expected) -> None:
    """The attributes of a fitted estimator."""
    curve = [record.loss for record in Training(Config(seed=20, steps=12)).records]
    fitted = {"loss_curve_": curve, "n_iter_": 12, "params": {"alpha": 0.5, "solver": "adam"}}
    expected.file(document(root, "sklearn_results/mlp_history.json", fitted), len(curve) + 1)
    for step, loss in enumerate(curve):
        expected.scalar("formats/sklearn_results", "loss_curve", step, loss)
    known = {"n_iter_": 12.0, "params/alpha": 0.5, "params/solver": "adam"}
    expected.point("formats/sklearn_results", HPARAMS, "hparams", 0, known)


MAKERS = (sklearn,)
