"""Sample logs of trackio: the curves are those of a small network."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

from training import Config, Training
from writing import HPARAMS

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def trackio(root: Path, expected: Expected) -> None:
    """A project with two runs."""
    path = root / "formats" / "trackio" / "project.db"
    path.parent.mkdir(parents=True, exist_ok=True)
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
        expected.point(f"formats/trackio/{name}", HPARAMS, "hparams", 0, {"lr": 0.5})
        count += 1
    connection.commit()
    connection.close()
    data = bytearray(path.read_bytes())
    data[96:100] = bytes(4)  # the version of the library that wrote it, which nothing reads
    path.write_bytes(data)
    expected.file(path, count)


MAKERS = (trackio,)
