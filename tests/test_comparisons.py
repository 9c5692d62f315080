"""Seeds by mean and spread, and what moves with the last values: the run `_summary`."""

from __future__ import annotations

import io
import json
import os
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import PIL.Image
import pytest
from helpers import tbhttp
from helpers.command import tbingest_
from hypothesis import given, settings
from hypothesis import strategies as st

import tbingest
from tbingest.figures import comparisons as figures
from tbingest.figures.canvas import DPI, STYLE
from tbingest.logdir.lock import locked
from tbingest.options import Options, Plots
from tbingest.pipeline.follow import Follower
from tbingest.series import seeds as comparisons
from tbingest.series.curves import Curve
from tbingest.series.seeds import Correlation, RunResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


def curve(values: Iterable[float], steps: Iterable[int] | None = None) -> Curve:
    made = Curve()
    numbers = np.asarray(list(values), np.float64)
    made.add(np.asarray(range(len(numbers)) if steps is None else list(steps), np.int64), numbers)
    return made


def standing(run: str, hparams: Mapping[str, Any] = {}, **curves: Curve) -> RunResult:
    return RunResult(run, curves or {"loss": curve([1])}, hparams, 7.0)


@pytest.mark.parametrize(
    ("runs", "name"),
    [
        (["exp/seed1", "exp/seed2"], "exp/seed*"),
        (["exp_seed=1/x", "exp_seed=22/x"], "exp_seed=*/x"),
        (["ppo-s0", "ppo-s1"], "ppo-s*"),
        (["rng_3", "rng_4"], "rng_*"),
        (["seed1/train", "seed2/train"], "seed*/train"),
        (["version_0", "version_1"], None),
        (["fold1", "fold2"], None),
        (["loss1", "loss2"], None),
        (["seed1/train", "seed1/val"], None),
    ],
)
def test_seeds_stand_in_the_names_of_runs(runs: list[str], name: str | None) -> None:
    """Other numbers are versions, folds and epochs: runs that are not the same twice."""
    found = comparisons.seeds([standing(run) for run in runs])
    assert {key: [one.run for one in members] for key, members in found.items()} == (
        {name: runs} if name else {}
    )


def test_seeds_stand_in_the_hyperparameters() -> None:
    """All others are equal, but for names that hold the seed; other settings part runs."""
    runs = [
        standing(f"version_{n}", {"lr": 0.1, "seed": n, "output_dir": f"out/s{n}"})
        for n in range(3)
    ]
    other = standing("version_9", {"lr": 0.2, "seed": 9, "output_dir": "out/s9"})
    found = comparisons.seeds([*runs, other])
    assert {name: [one.run for one in members] for name, members in found.items()} == {
        "version_*": ["version_0", "version_1", "version_2"]
    }
    sides = [
        standing(f"t{n}/{side}", {"random_state": n}) for n in range(2) for side in ("train", "val")
    ]
    found = comparisons.seeds(sides)
    assert sorted([one.run for one in members] for members in found.values()) == [
        ["t0/train", "t1/train"],
        ["t0/val", "t1/val"],
    ]
    parts = ["0.monitor", "1.monitor", "evaluations"]
    assert not comparisons.seeds([standing(f"t/{name}", {"seed": 0}) for name in parts])


def test_the_mean_and_the_deviation_are_those_of_numpy() -> None:
    """At every step that two runs have; a run goes straight between its own."""
    values = np.random.default_rng(0).standard_normal((4, 50))
    found = comparisons.mean([curve(row) for row in values])
    np.testing.assert_allclose(found.bins[:, 4], values.mean(axis=0))
    np.testing.assert_allclose(found.bins[:, 3], values.mean(axis=0) + values.std(axis=0))
    np.testing.assert_allclose(found.bins[:, 2], values.mean(axis=0) - values.std(axis=0))
    found = comparisons.mean([curve([0, 10, 20], [0, 10, 20]), curve([4, 8], [5, 15])])
    assert found.bins[:, [1, 4]].tolist() == [[5, 4.5], [10, 8], [15, 11.5]]
    nan = float("nan")
    found = comparisons.mean([curve([1, nan, 3]), curve([3, 5, nan])])
    assert found.bins[:, [1, 4]].tolist() == [[0, 2], [1, 3.5]]
    assert not len(comparisons.mean([curve([1]), curve([2], [9])]).bins)
    assert len(comparisons.mean([curve(np.arange(9_000)), curve(np.arange(7_000))]).bins) < 400


def test_the_figure_shows_the_mean_in_its_band() -> None:
    """Splits share a panel; the heading says how many runs it is of."""
    members = [
        standing(f"seed{n}", loss=curve([n, n + 2]), val_loss=curve([n, 2 * n])) for n in (1, 3)
    ]
    with mpl.rc_context(STYLE):
        figure = figures.spread_figure("seed*", members, comparisons.shared(members))
    assert [text.get_text() for text in figure.texts] == [
        "seed*",
        "2 runs, mean and standard deviation",
    ]
    (axes,) = figure.axes
    assert [line.get_xydata().tolist() for line in axes.lines] == [
        [[0, 2], [1, 4]],
        [[0, 2], [1, 4]],
    ]
    bands = [part.get_paths()[0].vertices for part in axes.collections]
    assert [(part[:, 1].min(), part[:, 1].max()) for part in bands] == [(1, 5), (1, 6)]


NUMBERS = st.lists(st.integers(-3, 3) | st.floats(-1e9, 1e9), min_size=5, max_size=12)


@given(NUMBERS, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_correlation_is_that_of_pandas(values: list[float], random: Any) -> None:
    """Equal values share their ranks."""
    other = [random.choice(values) for _ in values]
    ours = comparisons.spearman(np.asarray(values, float), np.asarray(other, float))
    frame = pd.DataFrame({"a": values, "b": other}, dtype=float)
    theirs = frame.rank().corr(method="pearson").loc["a", "b"]
    assert ours == pytest.approx(theirs, nan_ok=True, abs=1e-12)


def sweep() -> list[RunResult]:
    return [
        standing(
            f"t{n}",
            {"lr": 10.0**-n, "seed": 9 - n, "wide": n % 2 == 0, "opt": "ab"[n % 2], "same": 1}
            | ({"rare": n} if n < 3 else {}),
            **{"val/loss": curve([9, n]), "train/loss": curve([9, n * n]), "flat": curve([1])},
            **{"optim/lr": curve([n]), "epoch": curve([n])},
        )
        for n in range(6)
    ]


def test_a_sweep_is_set_against_the_last_values() -> None:
    """Held-out metrics first; seeds, constants and what few runs have tell nothing.

    A learning rate or an epoch is no result.
    """
    even = pytest.approx(-np.corrcoef([0, 1, 2, 3, 4, 5], [1, 0, 1, 0, 1, 0])[0, 1])
    for found, metric in zip(
        comparisons.correlations(sweep()), ("val/loss", "train/loss"), strict=True
    ):
        assert (found.metric, found.runs) == (metric, 6)
        assert dict(found.by_setting) == {
            "lr": pytest.approx(-1),
            "opt=b": even,
            "wide": pytest.approx(-even.expected),
        }
        assert found.by_setting[0][0] == "lr"
    assert comparisons.correlations(sweep()[:4]) == []
    assert comparisons.correlations([standing(f"r{n}") for n in range(9)]) == []


def test_bars_are_as_long_as_the_correlations() -> None:
    """The six largest, and how many there are beside."""
    settings = tuple((f"key{n}", (-1) ** n * (1 - n / 20)) for n in range(14))
    with mpl.rc_context(STYLE):
        figure = figures.bars_figure([Correlation("val/loss", 8, settings)] * 4)
    assert len(figure.axes) == 4
    for axes in figure.axes:
        widths = [bar.get_width() for bar in axes.patches]
        assert widths == pytest.approx([rho for _, rho in settings[:6]])
        assert [text.get_text() for text in axes.get_yticklabels()] == [
            key for key, _ in settings[:6]
        ]
        assert axes.get_title(loc="left") == "val/loss   8 runs, + 8 weaker ones"
        assert axes.texts[1].get_text() == " -0.95 "
    assert max(figure.get_size_inches()) * DPI <= 1300


@pytest.mark.parametrize("name", ["$\\badcmd$", "${{{", "\x1b[31m", "x" * 100_000])
def test_hostile_names_are_harmless(name: str) -> None:
    """In titles, tags and keys."""
    picture = figures.bars([Correlation(name, 5, ((name, 0.5),))])
    members = [RunResult(name, {name: curve([1, 2])}, {}, 0.0)] * 2
    for image in (picture, figures.spread(name, members)):
        assert image
        assert max(PIL.Image.open(io.BytesIO(image.data)).size) <= 700


def folder(tmp_path: Path) -> Path:
    for n in range(6):
        run = tmp_path / "logs" / f"trial{n}"
        run.mkdir(parents=True)
        (run / "config.json").write_text(json.dumps({"lr": 0.1 * n, "depth": 7 - n % 3}))
        rows = "".join(f"{step},{step * n}\n" for step in range(9))
        (run / "log.csv").write_text(f"step,val_loss\n{rows}")
        seed = tmp_path / "logs" / f"base_seed{n}"
        seed.mkdir()
        (seed / "log.csv").write_text(f"step,loss\n{rows}")
    return tmp_path / "logs"


def test_a_conversion_writes_the_run_once(tmp_path: Path) -> None:
    """Its own run of pictures, which changes with the logs, and counts as no points."""
    logs, logdir = folder(tmp_path), tmp_path / "runs"
    report = tbingest.convert(logs, logdir)
    assert report.figures == 12 + 2
    assert "_summary" not in report.runs
    (file,) = (logdir / "_summary").iterdir()
    before = file.read_bytes()
    assert tbingest.convert(logs, logdir).figures == 0
    assert file.read_bytes() == before
    tbingest.convert(logs, tmp_path / "again")
    assert next((tmp_path / "again" / "_summary").iterdir()).read_bytes() == before
    with tbhttp.tensorboard(logdir) as url:
        tags = tbhttp.wait_for(lambda: tbhttp.get_json(url, "/data/plugin/images/tags"))
        assert sorted(tags["_summary"]) == ["correlation", "seeds/base_seed*"]
    with (logs / "base_seed3" / "log.csv").open("a") as log:
        log.write("9,1\n")
    assert tbingest.convert(logs, logdir).figures == 1 + 2
    (file,) = (logdir / "_summary").iterdir()
    assert file.read_bytes() != before
    assert tbingest_("check", logdir, cwd=tmp_path).returncode == 0


def test_what_was_kept_of_many_runs_is_compared(tmp_path: Path) -> None:
    """Beyond 20 runs figures are not drawn, but their last values are known; `none` is none."""
    for n in range(30):
        run = tmp_path / "logs" / f"trial{n:02}"
        run.mkdir(parents=True)
        (run / "config.json").write_text(json.dumps({"lr": 0.1 * n}))
        (run / "log.csv").write_text(f"step,val_loss\n0,1\n1,1\n2,1\n3,1\n9,{n}\n")
    assert tbingest.convert(tmp_path / "logs", tmp_path / "runs").figures == 20 + 1
    options = Options(plots=Plots.NONE)
    assert tbingest.convert(tmp_path / "logs", tmp_path / "none", options).figures == 0
    assert not (tmp_path / "none" / "_summary").exists()


def test_a_run_of_that_name_is_left_alone(tmp_path: Path) -> None:
    """It is said, and its points stand."""
    logs = folder(tmp_path)
    (logs / "_summary").mkdir()
    (logs / "_summary" / "log.csv").write_text("step,loss\n1,2\n")
    report = tbingest.convert(logs, tmp_path / "runs")
    assert report.runs["_summary"] == 1
    assert "_summary: is a run of its own, so runs are not compared there" in report.notes


def test_followed_runs_are_compared_when_all_of_them_rest(tmp_path: Path) -> None:
    """Logs that ended long ago are, at the first look; one that grows is waited for."""
    logs, logdir = folder(tmp_path), tmp_path / "runs"
    for path in logs.rglob("*.*"):
        os.utime(path, (1.7e9, 1.7e9))
    with locked(str(logdir)):
        options = Options(wall_time="1780000000")
        follower = Follower([str(logs)], str(logdir), options)
        first = follower.sweep()
        assert first
        assert first.figures == 12 + 2
        with (logs / "base_seed3" / "log.csv").open("a") as log:
            log.write("9,1\n")
        later = follower.sweep()
        assert later
        assert later.figures == 0
        before = next((logdir / "_summary").iterdir()).read_bytes()
        assert follower.finish().figures == 1 + 2
        assert next((logdir / "_summary").iterdir()).read_bytes() != before
    tbingest.convert(logs, tmp_path / "at-once", options)
    for run in ("_summary", "base_seed1"):
        (one,), (other,) = ((place / run).iterdir() for place in (logdir, tmp_path / "at-once"))
        assert one.read_bytes() == other.read_bytes()
