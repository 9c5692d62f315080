"""Sample logs of llamafactory: the curves are those of a small network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from training import START, epochs
from writing import made, write

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def llamafactory(root: Path, expected: Expected) -> None:
    """`trainer_log.jsonl` beside the Trainer's own state, which has more digits."""
    folder = made(root, "llamafactory")
    run = "formats/llamafactory"
    rows, history = [], []
    for record in epochs(44):
        seconds = int(record.time - START)
        told = {"loss": record.loss, "learning_rate": record.lr, "epoch": record.epoch}
        shown = {"loss": round(record.loss, 4), "lr": record.lr, "epoch": round(record.epoch, 2)}
        progress = {"percentage": round(record.step / 0.6, 2), "total_steps": 60}
        clock = {"elapsed_time": f"0:00:{seconds:02d}", "remaining_time": "0:00:09"}
        rows.append({"current_steps": record.step, **progress, **shown, **clock})
        history.append({**told, "step": record.step})
        for name, value in told.items():
            expected.scalar(run, f"train/{name}", record.step, value)
        for name, number in progress.items():
            expected.scalar(run, name, record.step, number)
    write(folder / "trainer_log.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    write(folder / "trainer_state.json", json.dumps({"global_step": 60, "log_history": history}))
    expected.file(folder / "trainer_log.jsonl", 5 * len(rows))
    expected.file(folder / "trainer_state.json", 3 * len(rows))


MAKERS = (llamafactory,)
