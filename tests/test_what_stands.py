"""What stands at a step is one answer, whoever asks: one table of logs, given to all who do.

Writing, `read`, checking of the logs and of their runs, verifying and averaging are held to the
values that a person would say stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.loaded import scalars

import tbingest
from tbingest.check.run import check
from tbingest.options import Aggregate, OnRestart, Options, Plots
from tbingest.pipeline.verify import verify
from tbingest.plan.planner import plan

if TYPE_CHECKING:
    from pathlib import Path

    Curves = dict[str, list[tuple[int, float]]]


def table(*steps: int, tag: str = "loss", first: float = 100) -> str:
    """A CSV with a record a step, whose values count on from the first."""
    rows = [f"{step},{first + place}\n" for place, step in enumerate(steps)]
    return f"step,{tag}\n" + "".join(rows)


def counted(*steps: int, first: float = 100) -> list[tuple[int, float]]:
    return [(step, first + place) for place, step in enumerate(steps)]


def lines(*steps: int, first: float = 100) -> str:
    rows = [f'{{"step": {step}, "loss": {first + n}}}\n' for n, step in enumerate(steps)]
    return "".join(rows)


RESUMED = (*range(1, 11), *range(6, 13))
CASES: dict[str, tuple[dict[str, str], OnRestart, Curves]] = {
    "rising": ({"a.csv": table(0, 1, 2, 5)}, OnRestart.AUTO, {"": counted(0, 1, 2, 5)}),
    "a training that begins again": (
        {"a.csv": table(0, 1, 2, 3, 4, 0, 1, 2, 3)},
        OnRestart.AUTO,
        {"": counted(0, 1, 2, 3, 4), "/2": counted(0, 1, 2, 3, first=105)},
    ),
    "a resumption": (
        {"a.csv": table(*RESUMED)},
        OnRestart.AUTO,
        {"": [*counted(*range(1, 6)), *counted(*range(6, 13), first=110)]},
    ),
    "a late record": (
        {"a.csv": table(1, 2, 4, 5, 6, 3, 7, 8)},
        OnRestart.AUTO,
        {"": [(1, 100), (2, 101), (3, 105), (4, 102), (5, 103), (6, 104), (7, 106), (8, 107)]},
    ),
    "a record that is said again": (
        {"a.csv": "step,loss\n1,5\n2,4\n3,3\n1,5\n4,2\n5,1\n"},
        OnRestart.AUTO,
        {"": [(1, 5), (2, 4), (3, 3), (4, 2), (5, 1)]},
    ),
    "rows in no order": (
        {"a.csv": table(7, 3, 9, 1, 8, 2, 6, 4, 5)},
        OnRestart.AUTO,
        {"": sorted(counted(7, 3, 9, 1, 8, 2, 6, 4, 5))},
    ),
    "the last of equal steps": (
        {"a.csv": table(1, 2, 2, 3)},
        OnRestart.LAST,
        {"": [(1, 100), (2, 102), (3, 103)]},
    ),
    "later values": (
        {"a.csv": table(1, 2, 3, 2)},
        OnRestart.LAST,
        {"": [(1, 100), (2, 103)]},
    ),
    "earlier values": (
        {"a.csv": table(1, 2, 3, 2, 4)},
        OnRestart.KEEP_FIRST,
        {"": [(1, 100), (2, 101), (3, 102), (4, 104)]},
    ),
    "steps that count on": (
        {"a.csv": table(1, 2, 3, 2, 3)},
        OnRestart.RENUMBER,
        {"": [(1, 100), (2, 101), (3, 102), (4, 103), (5, 104)]},
    ),
    "each restart a run": (
        {"a.csv": table(1, 2, 3, 2, 3)},
        OnRestart.SUB_RUN,
        {"": counted(1, 2, 3), "/restart-2": counted(2, 3, first=103)},
    ),
    "sorted": (
        {"a.csv": table(*range(10, 20), *range(12), 15)},
        OnRestart.SORT,
        {
            "": [
                *counted(*range(12), first=110),
                *counted(*range(12, 15), first=102),
                (15, 122),
                *counted(*range(16, 20), first=106),
            ]
        },
    ),
    "two logs of one tag that go on from each other": (
        {"a.csv": table(*range(10)), "b.jsonl": lines(*range(10, 20), first=110)},
        OnRestart.AUTO,
        {"": counted(*range(20))},
    ),
    "another thing of the same name": (
        {
            "metrics.csv": table(1, 2, 3, 4),
            "train.log": "step 1 loss 7.5\nstep 2 loss 8.5\nstep 3 loss 9.5\nstep 4 loss 7.0\n",
        },
        OnRestart.AUTO,
        {"/metrics": counted(1, 2, 3, 4), "/train": [(1, 7.5), (2, 8.5), (3, 9.5), (4, 7.0)]},
    ),
    "the exact one of two logs": (
        {
            "metrics.csv": "step,loss\n1,0.5123\n2,0.4567\n3,0.3891\n4,0.3012\n",
            "train.log": "step 1 loss 0.51\nstep 2 loss 0.46\nstep 3 loss 0.39\nstep 4 loss 0.30\n",
        },
        OnRestart.AUTO,
        {"": [(1, 0.5123), (2, 0.4567), (3, 0.3891), (4, 0.3012)]},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_all_who_ask_what_stands_are_told_the_same(tmp_path: Path, case: str) -> None:
    files, policy, expected = CASES[case]
    logs, runs = tmp_path / "logs", tmp_path / "runs"
    for seed in ("seed0", "seed1"):
        for name, text in files.items():
            (logs / seed).mkdir(parents=True, exist_ok=True)
            (logs / seed / name).write_text(text)
    options = Options(plots=Plots.NONE, on_restart=policy, aggregate=Aggregate.MEAN_STD)
    tbingest.convert(logs, runs, options)
    points = sum(map(len, expected.values()))

    written = {run: of["loss"] for run, of in scalars(runs).items() if "loss" in of}
    for seed in ("seed0", "seed1"):
        assert {run: near(written[run]) for run in written if run.startswith(seed)} == {
            seed + name: near(curve) for name, curve in expected.items()
        }
    # Two seeds of the same values: their mean is those.
    for name in {""}.intersection(expected):
        assert near(written["seed-mean"]) == near(expected[name])

    assert read(logs, options) == {
        seed + name: near(curve) for seed in ("seed0", "seed1") for name, curve in expected.items()
    }
    for path in (logs, runs):
        found = {
            one.run: one for one in check([str(path)], [], options).curves if one.tag == "loss"
        }
        for name, curve in expected.items():
            one = found[f"seed1{name}"]
            assert (one.points, one.last_step) == (len(curve), curve[-1][0])
            values = [value for _, value in curve]
            assert near([(0, v) for v in (one.first, one.last, one.lowest, one.highest)]) == near(
                [(0, v) for v in (values[0], values[-1], min(values), max(values))]
            )

    verdict = verify(plan([logs], runs, options), str(runs))
    assert verdict.findings == []
    assert verdict.values >= 2 * points


def near(curve: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Steps and values as far as float32 tells them apart."""
    return [(step, float(f"{value:.5g}")) for step, value in curve]


def read(logs: Path, options: Options) -> Curves:
    """What `tbingest.read` gives, by run."""
    found: Curves = {}
    for points in tbingest.read(logs, options):
        if points.kind == "scalar" and "loss" in points.tags:
            column = points.values[:, points.tags.index("loss")]
            found.setdefault(points.run, []).extend(
                zip(points.steps.tolist(), column.tolist(), strict=True)
            )
    return {run: near(sorted(curve)) for run, curve in found.items()}
