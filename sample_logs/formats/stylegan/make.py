"""Sample logs of stylegan: the curves are those of a small network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from training import START, Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def stylegan(root: Path, expected: Expected) -> None:
    """The statistics of a training, its scores, its options and the log that says it again."""
    folder = root / "formats" / "stylegan/stats" / "00000-spirals"
    folder.mkdir(parents=True, exist_ok=True)
    run = "formats/stylegan/stats/00000-spirals"
    records = Training(Config(seed=33, steps=40)).records[7::8]
    stats, ticks = [], []
    for tick, record in enumerate(records):
        told = {
            "Loss/G/loss": (16, record.loss, record.grad_norm),
            "Progress/tick": (1, tick, 0.0),
            "Progress/kimg": (1, 4.0 * tick + 0.032, 0.0),
        }
        parts = ("num", "mean", "std")
        line = {name: dict(zip(parts, said, strict=True)) for name, said in told.items()}
        stats.append(json.dumps({**line, "timestamp": record.time}))
        ticks.append(f"tick {tick:<5d} kimg {4.0 * tick:<8.1f} time {tick}m 00s")
        for name, (num, mean, std) in told.items():
            expected.scalar(run, name, 4 * tick, mean)
            expected.scalar(run, f"std/{name}", 4 * tick, std)
            expected.scalar(run, f"num/{name}", 4 * tick, num)
    (folder / "stats.jsonl").write_text("\n".join(stats) + "\n", "utf-8", newline="\n")
    (folder / "log.txt").write_text("\n".join(ticks) + "\n", "utf-8", newline="\n")
    expected.file(folder / "stats.jsonl", 9 * len(records))
    options = json.dumps({"batch_size": 32, "G_kwargs": {"z_dim": 512}})
    (folder / "training_options.json").write_text(options, "utf-8", newline="\n")
    expected.file(folder / "training_options.json", 2)
    flat = {"batch_size": 32.0, "G_kwargs/z_dim": 512.0}
    expected.point(run, "_hparams_/session_start_info", "hparams", 0, flat)
    _stylegan_metric(folder / "metric-fid50k_full.jsonl", run, expected)
    alone = root / "formats" / "stylegan/metric" / "metric-fid50k_full.jsonl"
    alone.parent.mkdir(parents=True, exist_ok=True)
    _stylegan_metric(alone, "formats/stylegan/metric", expected)


def _stylegan_metric(path: Path, run: str, expected: Expected) -> None:
    lines = []
    for number in range(2):
        score = {
            "results": {"fid50k_full": 300.0 - 42 * number},
            "metric": "fid50k_full",
            "total_time": 502.25,
            "snapshot_pkl": f"network-snapshot-{16 * number:06d}.pkl",
            "timestamp": START + 4 + number,
        }
        lines.append(json.dumps(score))
        expected.scalar(run, "Metrics/fid50k_full", 16 * number, 300.0 - 42 * number)
        expected.scalar(run, "fid50k_full/total_time", 16 * number, 502.25)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    expected.file(path, 4)


MAKERS = (stylegan,)
