"""Results by trial, task, behaviour or attribute, as searches and evaluations leave them."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

from training import Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected

_HPARAMS = "_hparams_/session_start_info"


def _document(root: Path, name: str, value: Any) -> Path:
    path = root / "formats" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1), encoding="utf-8", newline="\n")
    return path


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
    path = _document(root, "sacred/1/metrics.json", metrics)
    expected.file(path, len(records))
    for record in records:
        expected.scalar(run, "training/loss", record.step, record.loss)
    expected.file(_document(root, "sacred/1/config.json", {"lr": 0.02, "seed": 17}), 2)
    expected.point(run, _HPARAMS, "hparams", 0, {"lr": 0.02, "seed": 17.0})


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
        run = f"formats/keras-tuner/trial_{trial}"
        expected.file(_document(root, f"keras-tuner/trial_{trial}/trial.json", value), 2)
        expected.scalar(run, "val/loss", 2, loss)
        known = {"activation": "tanh", "score": loss, "units": float(units)}
        expected.point(run, _HPARAMS, "hparams", 0, known)
    _document(root, "keras-tuner/oracle.json", {"ongoing_trials": {}, "seed": 1})


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
        expected.file(_document(root, f"allennlp/metrics_epoch_{epoch}.json", value), 2)
        expected.scalar(f"{run}/train", "train/loss", epoch + 1, record.loss)
        expected.scalar(f"{run}/validation", "validation/loss", epoch + 1, record.loss + 1)
    last = {
        "training_epochs": len(records) - 1,
        "training_loss": records[-1].loss,
        "test_loss": 0.5,
    }
    expected.file(_document(root, "allennlp/metrics.json", last), 2)
    expected.scalar(run, "test_loss", len(records), 0.5)


def sklearn(root: Path, expected: Expected) -> None:
    """The attributes of a fitted estimator."""
    curve = [record.loss for record in Training(Config(seed=20, steps=12)).records]
    fitted = {"loss_curve_": curve, "n_iter_": 12, "params": {"alpha": 0.5, "solver": "adam"}}
    expected.file(_document(root, "sklearn/mlp_history.json", fitted), len(curve) + 1)
    for step, loss in enumerate(curve):
        expected.scalar("formats/sklearn", "loss_curve", step, loss)
    known = {"n_iter_": 12.0, "params/alpha": 0.5, "params/solver": "adam"}
    expected.point("formats/sklearn", _HPARAMS, "hparams", 0, known)


def trackio(root: Path, expected: Expected) -> None:
    """A project with two runs."""
    path = root / "formats" / "trackio" / "project.db"
    path.parent.mkdir(parents=True)
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT NOT NULL,"
        " run_name TEXT NOT NULL, step INTEGER NOT NULL, metrics TEXT NOT NULL)"
    )
    connection.execute(
        "CREATE TABLE configs (id INTEGER PRIMARY KEY AUTOINCREMENT, run_name TEXT NOT NULL,"
        " config TEXT NOT NULL, created_at TEXT NOT NULL)"
    )
    count = 0
    for number, name in enumerate(("brave-otter", "calm-heron")):
        for record in Training(Config(seed=21 + number, steps=30)).records[4::5]:
            row = (
                f"2026-05-01T08:00:{record.step:02d}",
                name,
                record.step,
                json.dumps({"loss": record.loss, "val": {"acc": record.acc}}),
            )
            insert = "INSERT INTO metrics (timestamp, run_name, step, metrics) VALUES (?, ?, ?, ?)"
            connection.execute(insert, row)
            expected.scalar(f"formats/trackio/{name}", "loss", record.step, record.loss)
            expected.scalar(f"formats/trackio/{name}", "val/acc", record.step, record.acc)
            count += 2
        config = json.dumps({"lr": 0.5, "_Username": "somebody"})
        insert = "INSERT INTO configs (run_name, config, created_at) VALUES (?, ?, ?)"
        connection.execute(insert, (name, config, "2026-05-01"))
        expected.point(f"formats/trackio/{name}", _HPARAMS, "hparams", 0, {"lr": 0.5})
        count += 1
    connection.commit()
    connection.close()
    data = bytearray(path.read_bytes())
    data[96:100] = bytes(4)  # the version of the library that wrote it, which nothing reads
    path.write_bytes(data)
    expected.file(path, count)


MAKERS = (
    (sacred, "formats/sacred"),
    (keras_tuner, "formats/keras-tuner"),
    (allennlp, "formats/allennlp"),
    (sklearn, "formats/sklearn"),
    (trackio, "formats/trackio"),
)
