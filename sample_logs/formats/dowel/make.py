"""Sample logs of dowel: the curves are those of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training import Config, Training
from writing import write_rows

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def dowel(root: Path, expected: Expected) -> None:
    """`progress.csv` as garage sets it up, and the same rounded in `debug.log`."""
    folder = root / "formats" / "dowel"
    folder.mkdir(parents=True, exist_ok=True)
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


MAKERS = (dowel,)
