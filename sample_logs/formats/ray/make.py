"""Sample logs of ray: the curves are those of a small network."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from training import START, Config, Training

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from expectation import Expected


def _ray_results(seed: int, lr: float, *, timesteps: bool) -> list[dict[str, Any]]:
    results = []
    for number, record in enumerate(Training(Config(seed=seed, steps=20, lr=lr)).records[1::2], 1):
        result: dict[str, Any] = {
            "loss": record.loss,
            "info": {"learner": {"entropy": record.grad_norm}},
            "done": number == 10,
            "training_iteration": number,
            "timestamp": int(START) + number,
            "date": f"2026-05-28_20-26-{number:02d}",
            "pid": 4711,
            "time_total_s": 0.5 * number,
            "config": {"lr": lr, "env": "Spirals-v0"},
        }
        results.append({**result, "timesteps_total": 400 * number} if timesteps else result)
    return results


def _expect_results(run: str, results: Sequence[dict[str, Any]], expected: Expected) -> int:
    for result in results:
        step = result.get("timesteps_total") or result["training_iteration"]
        expected.scalar(run, "ray/tune/loss", step, result["loss"])
        entropy = result["info"]["learner"]["entropy"]
        expected.scalar(run, "ray/tune/info/learner/entropy", step, entropy)
        expected.scalar(run, "ray/tune/done", step, float(result["done"]))
    config = results[0]["config"]
    expected.point(run, "_hparams_/session_start_info", "hparams", 0, config)
    return 3 * len(results) + 1


def ray(root: Path, expected: Expected) -> None:
    """An experiment with two trials, and the table of a trial that was killed."""
    for number, lr in enumerate((0.02, 0.05)):
        name = f"train_8f3a_0000{number}_lr={lr}_2026-05-28_20-26-00"
        folder = root / "formats" / "ray/jsonl" / "tune" / name
        folder.mkdir(parents=True, exist_ok=True)
        results = _ray_results(26, lr, timesteps=False)
        text = "\n".join(map(json.dumps, results)) + "\n"
        (folder / "result.json").write_text(text, encoding="utf-8", newline="\n")
        config = json.dumps(results[0]["config"], indent=2)
        (folder / "params.json").write_text(config, encoding="utf-8", newline="\n")
        _ray_table(folder / "progress.csv", results)
        run = f"formats/ray/jsonl/tune/{name}"
        expected.file(folder / "result.json", _expect_results(run, results, expected))
    state = root / "formats" / "ray/jsonl" / "tune" / "experiment_state-2026-05-28_20-26-00.json"
    state.write_text(json.dumps({"trial_data": [], "stats": {"start_time": START}}), "utf-8")
    path = root / "formats" / "ray/csv" / "progress.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    results = _ray_results(27, 0.02, timesteps=True)
    _ray_table(path, results)
    with path.open("a", encoding="utf-8", newline="") as table:
        table.write("0.41,\"{'learner': {'ent")
    expected.file(path, _expect_results("formats/ray/csv", results, expected) + 2, 2, 1)


def _ray_table(path: Path, results: Sequence[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, list(results[0]))
        table.writeheader()
        table.writerows(results)


MAKERS = (ray,)
