"""Repeated runs together: the mean of each tag, and a band around it, never unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import tbingest
from tbingest.options import Aggregate, Options, Plots
from tbingest.pipeline.follow import Following
from tbingest.series.seeds import repeated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ASKED = Options(aggregate=Aggregate.MEAN_STD, plots=Plots.NONE)


def seeds(folder: Path, count: int = 3, rows: int = 5) -> np.ndarray:
    """Logs of some seeds, and their losses (seeds, rows)."""
    losses = np.random.default_rng(0).normal(size=(count, rows))
    for seed in range(count):
        path = folder / "exp" / f"seed{seed}" / "metrics.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{step},{losses[seed, step]!r}\n" for step in range(rows)]
        path.write_text("step,loss\n" + "".join(lines).replace("np.float64(", "").replace(")", ""))
    return losses


def shown(run: Path) -> dict[str, list[tuple[int, float]]]:
    loaded = EventAccumulator(str(run), size_guidance={"scalars": 0}).Reload()
    return {
        tag: [(point.step, point.value) for point in loaded.Scalars(tag)]
        for tag in loaded.Tags()["scalars"]
    }


def test_the_mean_and_its_band_are_those_of_the_values(tmp_path: Path) -> None:
    """In float64, over the runs that show a step, of the values that they show: float32."""
    losses = seeds(tmp_path / "logs").astype(np.float32).astype(np.float64)
    report = tbingest.convert(tmp_path / "logs", tmp_path / "runs", ASKED)
    found = shown(tmp_path / "runs" / "exp" / "seed-mean")
    centre, spread = losses.mean(axis=0), losses.std(axis=0)
    for tag, expected in (
        ("loss", centre),
        ("loss/lower", centre - spread),
        ("loss/upper", centre + spread),
    ):
        assert found[tag] == [(step, np.float32(value)) for step, value in enumerate(expected)]
    assert report.runs["exp/seed-mean"] == 15


@pytest.mark.parametrize(
    ("band", "expected"),
    [
        (Aggregate.MIN_MAX, (np.mean, np.min, np.max)),
        (
            Aggregate.QUARTILES,
            (
                np.median,
                lambda values, axis: np.quantile(values, 0.25, axis=axis),
                lambda values, axis: np.quantile(values, 0.75, axis=axis),
            ),
        ),
    ],
)
def test_a_band_may_be_of_extremes_or_quartiles(
    tmp_path: Path, band: Aggregate, expected: tuple[Callable[..., np.ndarray], ...]
) -> None:
    """The middle is that of the band: the mean of extremes, the median of quartiles."""
    losses = seeds(tmp_path / "logs").astype(np.float32).astype(np.float64)
    options = Options(aggregate=band, plots=Plots.NONE)
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", options)
    found = shown(tmp_path / "runs" / "exp" / "seed-mean")
    for tag, of in zip(("loss", "loss/lower", "loss/upper"), expected, strict=True):
        assert [value for _, value in found[tag]] == [np.float32(one) for one in of(losses, axis=0)]


def test_runs_of_different_steps_go_straight_between_them(tmp_path: Path) -> None:
    """As episodes of seeds do: at the steps of all, and how many runs reach each is told."""
    for seed, rows in enumerate(["0,0\n10,10\n", "1,3\n4,6\n13,15\n", "2,8\n5,8\n"]):
        path = tmp_path / "logs" / f"seed{seed}" / "progress.csv"
        path.parent.mkdir(parents=True)
        path.write_text("step,reward\n" + rows)
    report = tbingest.convert(tmp_path / "logs", tmp_path / "runs", ASKED)
    found = shown(tmp_path / "runs" / "seed-mean")
    assert found["reward"] == [
        (1, 2.0),
        (2, pytest.approx(14 / 3)),
        (4, 6.0),
        (5, pytest.approx(20 / 3)),
        (10, 11.0),
    ]
    assert found["reward/runs"] == [(1, 2), (2, 3), (4, 3), (5, 3), (10, 2)]
    said = "seed-mean: its runs have different steps: between two of them a run goes straight"
    assert said in report.notes


def test_no_mean_is_written_unasked(tmp_path: Path) -> None:
    """Runs stay what they are."""
    seeds(tmp_path / "logs")
    tbingest.convert(tmp_path / "logs", tmp_path / "runs")
    assert not (tmp_path / "runs" / "exp" / "seed-mean").exists()


def test_again_writes_nothing_and_another_seed_writes_the_mean_anew(tmp_path: Path) -> None:
    """A mean changes at every step when a run joins."""
    seeds(tmp_path / "logs", 2)
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", ASKED)
    (path,) = (tmp_path / "runs" / "exp" / "seed-mean").glob("*tfevents*")
    before = path.read_bytes()
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", ASKED)
    assert path.read_bytes() == before
    losses = seeds(tmp_path / "logs", 3).astype(np.float32).astype(np.float64)
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", ASKED)
    found = shown(tmp_path / "runs" / "exp" / "seed-mean")["loss"]
    assert found == [(step, np.float32(value)) for step, value in enumerate(losses.mean(axis=0))]


def test_the_mean_is_of_what_the_runs_show(tmp_path: Path) -> None:
    """A log beside the metrics that says something else is a run, and has a mean, of its own."""
    for seed in (1, 2):
        folder = tmp_path / "logs" / f"seed{seed}"
        folder.mkdir(parents=True)
        (folder / "metrics.csv").write_text(f"step,loss\n1,0.5{seed}\n2,0.4{seed}\n")
        (folder / "train.log").write_text("step: 1, loss: 9.0\nstep: 2, loss: 8.0\n")
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", ASKED)
    found = shown(tmp_path / "runs" / "seed-mean" / "metrics")["loss"]
    assert [step for step, _ in found] == [1, 2]
    assert [value for _, value in found] == pytest.approx([0.515, 0.415])


def test_followed_logs_have_their_mean_too(tmp_path: Path) -> None:
    """Once they rest, as in a conversion."""
    seeds(tmp_path / "logs", 2)
    how = Following(interval=0.01, until_idle=0.05)
    tbingest.follow(tmp_path / "logs", tmp_path / "runs", ASKED, how)
    tbingest.convert(tmp_path / "logs", tmp_path / "once", ASKED)
    found = shown(tmp_path / "runs" / "exp" / "seed-mean")
    assert found == shown(tmp_path / "once" / "exp" / "seed-mean") != {}


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        (["a/seed1", "a/seed2", "b/seed1"], {"a/seed-mean": ["a/seed1", "a/seed2"]}),
        (["ppo_s0", "ppo_s1"], {"ppo_s-mean": ["ppo_s0", "ppo_s1"]}),
        (["s1/train", "s2/train"], {"s-mean/train": ["s1/train", "s2/train"]}),
        (["1", "2"], {"run-mean": ["1", "2"]}),
        (["a", "b"], {}),
    ],
)
def test_repeated_runs_differ_in_the_numbers_of_one_folder(
    runs: list[str], expected: dict[str, list[str]]
) -> None:
    """The last folder of the name that has any."""
    assert repeated(runs) == expected
