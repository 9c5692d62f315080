"""Sample logs of generations: the curves are those of a small network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def samples(root: Path, expected: Expected) -> None:
    """Sums that a model gets right more and more often: twenty samples at each of two steps."""
    run = "formats/generations"
    folder = root / run
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for step, wrong in ((100, 3), (200, 10)):
        rewards = [float((n * 7 + step) % wrong != 0) for n in range(20)]
        for n, reward in enumerate(rewards):
            said = {"prompt": f"{n} + {n} =", "completion": f"{2 * n + (not reward)}"}
            lines.append(json.dumps({"step": step, **said, "reward": reward}))
        expected.scalar(run, "generations/reward", step, sum(rewards) / 20)
        rows = ["| prompt | completion | reward |", "|---|---|---|"]
        rows += [
            f"| {n} + {n} = | {2 * n + (not reward)} | {reward:g} |"
            for n, reward in enumerate(rewards[:16])
        ]
        text = "\n".join(rows) + "\n\n4 more are not shown"
        expected.point(run, "generations/samples", "text", step, text)
    path = folder / "generations.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    expected.file(path, 4)


MAKERS = (samples,)
