"""Sample logs of wandb: the curves are those of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training import Config, Training
from wandb_runs import wandb_run

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def _quoted(path: Path, rows: list[list[Any]]) -> None:
    """A table as W&B's pages write it: every cell in quotes, no line end after the last row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (",".join(f'"{cell}"' for cell in row) for row in rows)
    path.write_text("\n".join(lines), encoding="utf-8", newline="\n")


def wandb_chart(root: Path, expected: Expected) -> None:
    """Three runs of different lengths over their epochs, one with a dash in its name."""
    path = root / "formats" / "wandb/chart" / "wandb_export.csv"
    names = ("red-fox-1", "lr - 0.01", "algo: EA")
    runs = {
        n: Training(Config(seed=23 + k, steps=20 + 10 * k)).records for k, n in enumerate(names)
    }
    header = ["epoch_id"]
    for name in names:
        for metric in ("_step", "val/loss"):
            header += [f"{name} - {metric}{mark}" for mark in ("", "__MIN", "__MAX")]
    rows: list[list[Any]] = [header]
    for place in range(9, 40, 10):
        row: list[Any] = [place // 10]
        for name in names:
            there = place < len(runs[name])
            cells = [runs[name][place].step, runs[name][place].val_loss] if there else ["", ""]
            row += [cells[0]] * 3 + [cells[1]] * 3
            if there:
                run = f"formats/wandb/chart/{name.replace(':', '%3A')}"
                expected.scalar(run, "val/loss", row[0], cells[1])
        rows.append(row)
    _quoted(path, rows)
    expected.file(path, sum(len(records) // 10 for records in runs.values()))


def wandb_history_csv(root: Path, expected: Expected) -> None:
    """`run.history().to_csv()`: validation at some steps only, a picture at one."""
    path = root / "formats" / "wandb/history" / "history.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",_step,train_loss,val_loss,_runtime,_timestamp"]
    values = 0
    for place, record in enumerate(Training(Config(seed=26, steps=40)).records[4::5]):
        val = "" if record.val_loss is None else record.val_loss
        clock = f"{0.25 * record.step},{record.time}"
        lines.append(f"{place},{record.step},{record.loss},{val},{clock}")
        values += 1 + (record.val_loss is not None)
        expected.scalar("formats/wandb/history", "train/loss", record.step, record.loss)
        if record.val_loss is not None:
            expected.scalar("formats/wandb/history", "val/loss", record.step, record.val_loss)
    path.write_text("\n".join([*lines, ""]), encoding="utf-8", newline="\n")
    expected.file(path, values)


def wandb_runs(root: Path, expected: Expected) -> None:
    """Three runs, two of the same name; one crashed before it logged."""
    path = root / "formats" / "wandb/runs" / "wandb_export.csv"
    own = ["Name", "State", "Notes", "User", "Tags", "Created", "Runtime", "Sweep"]
    rows: list[list[Any]] = [[*own, "hidden", "lr", "model", "_step", "train/loss"]]
    place = "formats/wandb/runs"
    for name, state, hidden in (
        ("fox", "finished", 8),
        ("fox", "finished", 4),
        ("owl", "crashed", 2),
    ):
        record = Training(Config(seed=hidden, hidden=hidden, steps=20)).records[-1]
        created = f"2026-05-28T20:26:{hidden:02}.000Z"
        summary = [20, record.loss] if state == "finished" else ["", ""]
        own_cells = [name, state, "-", "somebody", "", created, 60 + hidden, ""]
        rows.append([*own_cells, hidden, 0.02, "mlp", *summary])
        run = f"{place}/fox-2" if hidden == 4 else f"{place}/{name}"
        step = summary[0] or 0
        for tag, value in (("Runtime", 60 + hidden), ("hidden", hidden), ("lr", 0.02)):
            expected.scalar(run, tag, step, value)
        if summary[1]:
            expected.scalar(run, "train/loss", step, summary[1])
        expected.point(run, "State", "text", step, state)
        config = {"hidden": float(hidden), "lr": 0.02, "model": "mlp"}
        expected.point(run, "_hparams_/session_start_info", "hparams", 0, config)
    _quoted(path, rows)
    expected.file(path, 3 * 5 + 2)


MAKERS = (wandb_run, wandb_chart, wandb_history_csv, wandb_runs)
