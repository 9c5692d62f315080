"""Sample logs of baselines: the curves are those of a small network."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
from training import START, Config, Training
from writing import write_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from expectation import Expected


def monitor(root: Path, expected: Expected) -> None:
    """Two environments side by side; the first was resumed and has a second header."""
    folder = root / "formats" / "baselines/monitor"
    folder.mkdir(parents=True, exist_ok=True)
    records = Training(Config(seed=20, steps=60)).records
    for rank in (0, 1):
        path = folder / f"{rank}.monitor.csv"
        header = f'#{{"t_start": {START}, "env_id": "Spirals-v0"}}\n'
        lines = [header, "r,l,t,is_success\r\n"]
        step = 0
        run = f"formats/baselines/monitor/{rank}.monitor"
        for number, record in enumerate(records[rank::4]):
            if rank == 0 and number == 10:
                lines += [header.replace(str(START), str(START + 100)), "r,l,t,is_success\r\n"]
            length, reward = 20 + number + rank, round(100 * record.acc, 6)
            step += length
            success = record.acc > 0.5
            lines.append(f"{reward},{length},{round(record.time - START, 6)},{success}\r\n")
            expected.scalar(run, "r", step, reward)
            expected.scalar(run, "l", step, length)
            expected.scalar(run, "is_success", step, float(success))
        path.write_text("".join(lines), encoding="utf-8", newline="")
        expected.file(path, 3 * len(records[rank::4]))


def _sb3_rows(seed: int) -> list[dict[str, Any]]:
    """What a training tells at each rollout; the first has no losses yet."""
    rows: list[dict[str, Any]] = []
    for number, record in enumerate(Training(Config(seed=seed, steps=80)).records[9::10], 1):
        row: dict[str, Any] = {
            "rollout/ep_len_mean": 100 * record.acc,
            "rollout/ep_rew_mean": 250 * record.acc,
            "time/fps": 500 + number,
            "time/time_elapsed": number * 4,
            "time/total_timesteps": number * 2048,
        }
        if number > 1:
            row |= {"train/loss": record.loss, "train/learning_rate": record.lr}
        if number % 4 == 0:
            row |= {"eval/mean_reward": float(np.mean(_returns(number // 4)))}
        rows.append(row)
    return rows


def _returns(number: int) -> list[float]:
    return [50.0 * number, 75.0 * number, 100.5 * number]


def _write_evaluations(path: Path, steps: Sequence[int]) -> None:
    """Arrays in a zip file, as `numpy.savez` lays them out, with one date for all."""
    returns = np.asarray([_returns(number) for number in range(1, len(steps) + 1)])
    arrays = {
        "timesteps": np.asarray(steps),
        "results": returns,
        "ep_lengths": returns.astype(np.int64) // 2,
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.save(content, array)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (2026, 1, 1, 0, 0, 0)), content.getvalue()
            )


def _expect_rows(run: str, rows: Sequence[dict[str, Any]], expected: Expected) -> int:
    for row in rows:
        for name, value in row.items():
            if name != "time/total_timesteps":
                expected.scalar(run, name, row["time/total_timesteps"], value)
    return sum(len(row) - 1 for row in rows)


def _expect_evaluations(run: str, steps: Sequence[int], expected: Expected) -> int:
    for number, step in enumerate(steps, 1):
        returns = np.asarray(_returns(number))
        lengths = returns.astype(np.int64) // 2
        expected.scalar(run, "eval/mean_reward", step, float(returns.mean()))
        expected.scalar(run, "eval/std_reward", step, float(returns.std()))
        expected.scalar(run, "eval/mean_ep_length", step, float(lengths.mean()))
        expected.scalar(run, "eval/std_ep_length", step, float(lengths.std()))
        for tag, array in (("eval/rewards", returns), ("eval/ep_lengths", lengths)):
            value = {"count": 3, "min": float(array.min()), "max": float(array.max())}
            expected.point(run, tag, "histogram", step, value)
    return 6 * len(steps)


def stable_baselines(root: Path, expected: Expected) -> None:
    """A log folder of Stable-Baselines3: its files tell the same, and it is told once."""
    folder = root / "formats" / "baselines/sb3"
    folder.mkdir(parents=True, exist_ok=True)
    rows = _sb3_rows(21)
    for name in ("log.txt", "progress.csv", "progress.json"):
        write_rows(folder / name, rows)
    steps = [row["time/total_timesteps"] for row in rows if "eval/mean_reward" in row]
    _write_evaluations(folder / "evaluations.npz", steps)
    values = _expect_rows("formats/baselines/sb3", rows, expected)
    expected.file(folder / "progress.json", values)
    count = _expect_evaluations("formats/baselines/sb3", steps, expected)
    expected.file(folder / "evaluations.npz", count)
    config = (
        "!!python/object/apply:collections.OrderedDict\n"
        "- - - n_envs\n    - 8\n  - - policy\n    - MlpPolicy\n"
    )
    (folder / "config.yml").write_text(config, encoding="utf-8", newline="\n")
    expected.file(folder / "config.yml", 2)
    flat = {"n_envs": 8.0, "policy": "MlpPolicy"}
    expected.point("formats/baselines/sb3", "_hparams_/session_start_info", "hparams", 0, flat)


def baselines_alone(root: Path, expected: Expected) -> None:
    """Each of the files without the others, and a table of the old Baselines."""
    for name, form in (
        ("progress.json", "baselines/jsonl"),
        ("evaluations.npz", "baselines/evaluations"),
    ):
        path = root / "formats" / form / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".npz":
            _write_evaluations(path, [500, 1000])
            values = _expect_evaluations(f"formats/{form}", [500, 1000], expected)
        else:
            rows = _sb3_rows(22)
            write_rows(path, rows)
            values = _expect_rows(f"formats/{form}", rows, expected)
        expected.file(path, values)
    records = Training(Config(seed=23, steps=30)).records[2::3]
    for name, form in (("progress.csv", "baselines/csv"), ("log.txt", "baselines/boxes")):
        path = root / "formats" / form / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [
            {"eprewmean": round(250 * record.acc, 1), "misc/nupdates": 100 * number}
            for number, record in enumerate(records, 1)
        ]
        write_rows(path, rows)
        for number, row in enumerate(rows, 1):
            for tag, value in row.items():
                told = value if path.suffix == ".csv" else float(f"{value:.3g}")
                expected.scalar(f"formats/{form}", tag, number, told)
        expected.file(path, 2 * len(rows))


MAKERS = (monitor, stable_baselines, baselines_alone)
