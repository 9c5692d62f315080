"""Sample logs of d3rlpy: the curves are those of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training import Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def d3rlpy(root: Path, expected: Expected) -> None:
    """A file for each metric, one for the gradients of a layer."""
    folder = root / "formats" / "d3rlpy" / "DQN_20260528202640"
    folder.mkdir(parents=True, exist_ok=True)
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


MAKERS = (d3rlpy,)
