"""S5: converting JSON lines, dense and nested, against `json.loads` of each line and nothing else.

CPU of the work: whole processes without what an idle import takes. Goals: 0.6x and 1.0x.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from common import machine_line
from inputs import FOLDER
from processes import medians, python, tbingest

if TYPE_CHECKING:
    from pathlib import Path

ROWS, FIELDS = 200_000, 10
IDLE = "import typer, rich, pandas, numpy, json"
LOADS = "for line in open({path!r}, 'rb'): json.loads(line)"


def lines(kind: str) -> Path:
    """Records of ten numbers, `nested` by training and validation."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{kind}-{ROWS}.jsonl"
    if not path.exists():
        values = np.random.default_rng(0).standard_normal((ROWS, FIELDS)).round(9)
        with path.with_suffix(".new").open("w") as stream:
            for step, row in enumerate(values.tolist()):
                named = {f"metric_{place}": value for place, value in enumerate(row)}
                halves = [dict(list(named.items())[at : at + 5]) for at in (0, 5)]
                parts = named if kind == "dense" else {"train": halves[0], "val": halves[1]}
                stream.write(json.dumps({"step": step, **parts}) + "\n")
        path.with_suffix(".new").rename(path)
    return path


def main(repetitions: int = 5) -> None:
    paths = {kind: lines(kind) for kind in ("dense", "nested")}
    work = {"idle import": lambda: python(IDLE)}
    for kind, path in paths.items():
        code = f"{IDLE}\n{LOADS.format(path=str(path))}"
        work[f"json.loads, {kind}"] = lambda code=code: python(code)
        work[f"convert, {kind}"] = lambda path=path: tbingest(path, "--no-plots")
    found = medians(repetitions, work)
    print(machine_line())
    for name, cost in found.items():
        print(f"  {name:20} CPU {cost.cpu:6.2f} s  wall {cost.wall:6.2f} s  {cost.peak:6.0f} MB")
    idle = found["idle import"].cpu
    for kind, goal in (("dense", 0.6), ("nested", 1.0)):
        ratio = (found[f"convert, {kind}"].cpu - idle) / (found[f"json.loads, {kind}"].cpu - idle)
        print(f"S5 {kind}: CPU {ratio:.2f}x of json.loads of each line (goal {goal}x)")


if __name__ == "__main__":
    main()
