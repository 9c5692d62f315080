"""Logs of other libraries for reinforcement learning, and a few near them."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from baselines import write_rows
from training import START, Config, Training

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from expectation import Expected


def spinning_up(root: Path, expected: Expected) -> None:
    """`progress.txt` of one seed, and the config that was saved beside it."""
    folder = root / "formats" / "spinup" / "ppo_s0"
    folder.mkdir(parents=True)
    names = ("Epoch", "AverageEpRet", "StdEpRet", "EpLen", "TotalEnvInteracts", "LossPi", "Time")
    lines = ["\t".join(names)]
    for epoch, record in enumerate(Training(Config(seed=24, steps=30)).records[2::3]):
        steps = 1000 * (epoch + 1)
        cells = (epoch, 250 * record.acc, record.grad_norm, 100.5, steps, record.loss)
        row = dict(zip(names, (*cells, 2.5 * (epoch + 1)), strict=True))
        lines.append("\t".join(map(str, row.values())))
        for name, value in row.items():
            if name != "TotalEnvInteracts":
                expected.scalar("formats/spinup/ppo_s0", name, steps, value)
    path = folder / "progress.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    expected.file(path, 6 * (len(lines) - 1))
    config = {"exp_name": "ppo", "ac_kwargs": {"hidden_sizes": [64, 64]}, "seed": 0}
    (folder / "config.json").write_text(json.dumps(config, indent=4), encoding="utf-8")
    flat = {"exp_name": "ppo", "ac_kwargs/hidden_sizes": "[64, 64]", "seed": 0.0}
    run = "formats/spinup/ppo_s0"
    expected.point(run, "_hparams_/session_start_info", "hparams", 0, flat)


def dowel(root: Path, expected: Expected) -> None:
    """`progress.csv` as garage sets it up, and the same rounded in `debug.log`."""
    folder = root / "formats" / "dowel"
    folder.mkdir(parents=True)
    rows: list[dict[str, float]] = []
    for number, record in enumerate(Training(Config(seed=25, steps=30)).records[2::3]):
        row = {"Evaluation/AverageReturn": 250 * record.acc, "Evaluation/Iteration": number}
        row |= {"TotalEnvSteps": 1000 * (number + 1), "GaussianMLPPolicy/LossAfter": record.loss}
        rows.append(row)
        for name, value in row.items():
            if name != "TotalEnvSteps":
                expected.scalar("formats/dowel", name, int(row["TotalEnvSteps"]), value)
    write_rows(folder / "progress.csv", rows)
    expected.file(folder / "progress.csv", 3 * len(rows))
    lines = []
    for number, row in enumerate(rows):
        lines.append(f"2026-05-28 20:26:{number:02d} | [trpo] epoch #{number} | Saved")
        lines += [f"{name:<30}{value:>10.4g}" for name, value in sorted(row.items())]
    text = "\n".join(lines) + "\n"
    (folder / "debug.log").write_text(text, encoding="utf-8", newline="\n")


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
        folder = root / "formats" / "ray-jsonl" / "tune" / name
        folder.mkdir(parents=True)
        results = _ray_results(26, lr, timesteps=False)
        text = "\n".join(map(json.dumps, results)) + "\n"
        (folder / "result.json").write_text(text, encoding="utf-8", newline="\n")
        config = json.dumps(results[0]["config"], indent=2)
        (folder / "params.json").write_text(config, encoding="utf-8", newline="\n")
        _ray_table(folder / "progress.csv", results)
        run = f"formats/ray-jsonl/tune/{name}"
        expected.file(folder / "result.json", _expect_results(run, results, expected))
    state = root / "formats" / "ray-jsonl" / "tune" / "experiment_state-2026-05-28_20-26-00.json"
    state.write_text(json.dumps({"trial_data": [], "stats": {"start_time": START}}), "utf-8")
    path = root / "formats" / "ray-csv" / "progress.csv"
    path.parent.mkdir(parents=True)
    results = _ray_results(27, 0.02, timesteps=True)
    _ray_table(path, results)
    with path.open("a", encoding="utf-8", newline="") as table:
        table.write("0.41,\"{'learner': {'ent")
    expected.file(path, _expect_results("formats/ray-csv", results, expected) + 2, 2, 1)


def _ray_table(path: Path, results: Sequence[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, list(results[0]))
        table.writeheader()
        table.writerows(results)


def d3rlpy(root: Path, expected: Expected) -> None:
    """A file for each metric, one for the gradients of a layer."""
    folder = root / "formats" / "d3rlpy" / "DQN_20260528202640"
    folder.mkdir(parents=True)
    run = "formats/d3rlpy/DQN_20260528202640"
    records = Training(Config(seed=28, steps=60)).records[9::10]
    for stem, values in (
        ("loss", [record.loss for record in records]),
        ("time_step", [0.0125 * epoch for epoch in range(1, 7)]),
    ):
        lines = [f"{epoch},{20 * epoch},{value}" for epoch, value in enumerate(values, 1)]
        (folder / f"{stem}.csv").write_text("\n".join(lines) + "\n", "utf-8", newline="\n")
        expected.file(folder / f"{stem}.csv", len(values))
        for epoch, value in enumerate(values, 1):
            expected.scalar(run, f"metrics/{stem}", epoch, value)
    lines = ["epoch,step,min,max,mean,std"]
    for epoch, record in enumerate(records, 1):
        low, high, mean = min(record.gradients), max(record.gradients), record.grad_norm
        lines.append(f"{epoch},{20 * epoch},{low},{high},{mean},0.5")
        for name, value in (("min", low), ("max", high), ("mean", mean), ("std", 0.5)):
            expected.scalar(run, f"gradients/q_func.weight/{name}", epoch, value)
    path = folder / "q_func.weight_grad.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    expected.file(path, 4 * len(records))


def deepspeed(root: Path, expected: Expected) -> None:
    """csv_monitor: the file is named after the tag, the header after its last part."""
    folder = root / "formats" / "deepspeed-csv" / "job"
    folder.mkdir(parents=True)
    records = Training(Config(seed=29, steps=40)).records[3::4]
    run = "formats/deepspeed-csv/job"
    for name, values in (
        ("lr", [record.lr for record in records]),
        ("train_loss", [record.loss for record in records]),
    ):
        path = folder / f"Train_Samples_{name}.csv"
        lines = [f"step,{name}"]
        for number, value in enumerate(values, 1):
            lines.append(f"{32 * number},{value}")
            expected.scalar(run, f"Train/Samples/{name}", 32 * number, value)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\r\n")
        expected.file(path, len(values))


def dopamine(root: Path, expected: Expected) -> None:
    """Two seeds of one agent and one of another: seeds repeat the iterations."""
    path = root / "formats" / "dopamine" / "ant.json"
    path.parent.mkdir(parents=True)
    curves = []
    for seed, (agent, run) in enumerate(
        (("SAC", "SAC/seed 1"), ("SAC", "SAC/seed 2"), ("PPO", "PPO")), 30
    ):
        for number, record in enumerate(Training(Config(seed=seed, steps=40)).records[3::4]):
            value = 5000 * record.acc
            curves.append({"Iteration": 10 * number, "Value": value, "Agent": agent})
            expected.scalar(f"formats/dopamine/{run}", "Value", 10 * number, value)
    path.write_text(json.dumps(curves, indent=1), encoding="utf-8", newline="\n")
    expected.file(path, len(curves))


def stylegan(root: Path, expected: Expected) -> None:
    """The statistics of a training, its scores, its options and the log that says it again."""
    folder = root / "formats" / "stylegan-stats" / "00000-spirals"
    folder.mkdir(parents=True)
    run = "formats/stylegan-stats/00000-spirals"
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
    alone = root / "formats" / "stylegan-metric" / "metric-fid50k_full.jsonl"
    alone.parent.mkdir(parents=True)
    _stylegan_metric(alone, "formats/stylegan-metric", expected)


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


MAKERS = (
    (spinning_up, "formats/spinup"),
    (dowel, "formats/dowel"),
    (ray, "formats/ray-csv", "formats/ray-jsonl"),
    (d3rlpy, "formats/d3rlpy"),
    (deepspeed, "formats/deepspeed-csv"),
    (dopamine, "formats/dopamine"),
    (stylegan, "formats/stylegan-metric", "formats/stylegan-stats"),
)
