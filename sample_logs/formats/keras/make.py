"""Sample logs of keras: the curves are those of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training import Config, Training
from writing import HPARAMS, document, write

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def keras_console(root: Path, expected: Expected) -> None:
    r"""Bars that are overwritten with `\r` and backspaces, in colour."""
    records = Training(Config(seed=14, steps=50)).records[9::10]
    lines = []
    for epoch, record in enumerate(records):
        values = f"accuracy: {record.acc:.4f} - loss: {record.loss:.4f}"
        half = f"\r\x1b[1m 5/10\x1b[0m \x1b[32m━━━━\x1b[0m \x1b[1m0s\x1b[0m 3ms/step - {values}"
        back = "\b" * 40
        full = f"\r\x1b[1m10/10\x1b[0m \x1b[32m━━━━━━━━\x1b[0m \x1b[1m1s\x1b[0m 4ms/step - {values}"
        lines.append(f"Epoch {epoch + 1}/5\n{half}{back}{full} - val_loss: {record.loss + 1:.4f}\n")
        run = "formats/keras/console"
        expected.scalar(f"{run}/train", "epoch_accuracy", epoch, float(f"{record.acc:.4f}"))
        expected.scalar(f"{run}/train", "epoch_loss", epoch, float(f"{record.loss:.4f}"))
        value = float(f"{record.loss + 1:.4f}")
        expected.scalar(f"{run}/validation", "epoch_loss", epoch, value)
    path = root / "formats" / "keras/console" / "stdout.log"
    write(path, "".join(lines))
    expected.file(path, 3 * len(records))


def keras_tuner(root: Path, expected: Expected) -> None:
    """Two trials and the state of the search."""
    for trial, units in (("0000", 8), ("0001", 24)):
        loss = Training(Config(seed=18, steps=30, hidden=units)).records[-1].loss
        observations = [{"value": [loss], "step": 2}]
        value = {
            "trial_id": trial,
            "hyperparameters": {"space": [], "values": {"units": units, "activation": "tanh"}},
            "metrics": {
                "metrics": {"val_loss": {"direction": "min", "observations": observations}}
            },
            "score": loss,
            "status": "COMPLETED",
        }
        run = f"formats/keras/tuner/trial_{trial}"
        expected.file(document(root, f"keras/tuner/trial_{trial}/trial.json", value), 2)
        expected.scalar(run, "val/loss", 2, loss)
        known = {"activation": "tanh", "score": loss, "units": float(units)}
        expected.point(run, HPARAMS, "hparams", 0, known)
    document(root, "keras/tuner/oracle.json", {"ongoing_trials": {}, "seed": 1})


MAKERS = (keras_console, keras_tuner)
