"""Curves folded block by block are those of all values at once, whatever falls back."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from helpers.memory import PEAK
from hypothesis import given
from hypothesis import strategies as st

from tbingest.check import fold as folding
from tbingest.check.fold import Asked, Gathered
from tbingest.check.series import Origin, Series
from tbingest.cli import run
from tbingest.model.points import Points
from tbingest.series.samples import Samples, thinned
from tbingest.series.spikes import spike_scores

STEPS = st.lists(st.integers(0, 30), min_size=1, max_size=60)
ASKED = Asked(tail=3, steps=(4, 9), spikes=(3.0,))


def folded(steps: list[int], values: list[float], block: int, hold: int) -> tuple[Series, int]:
    """The curve of some values, given in blocks, and how often they were read."""
    gathered, readings = Gathered(ASKED, hold=hold), 0
    while True:
        readings += 1
        gathered.begin(Origin("log"))
        for start in range(0, len(steps), block):
            some = slice(start, start + block)
            columns = (
                np.array(steps[some]),
                np.zeros(len(steps[some])),
                np.array(values[some])[:, None],
            )
            places = np.arange(len(steps))[some]
            gathered.take([Points("run", "scalar", ("tag",), *columns, places)])
        again = gathered.again()
        if again is None:
            return gathered.series()[0], readings
        gathered = again


@given(
    STEPS,
    st.lists(st.sampled_from([0.0, 1.0, 2.0, 50.0, float("nan"), float("inf")]), min_size=60),
    st.integers(1, 7),
    st.integers(1, 12),
)
def test_a_folded_curve_is_that_of_all_its_values(
    steps: list[int], values: list[float], block: int, hold: int
) -> None:
    """A value stands where no later step is as low."""
    values = values[: len(steps)]
    one, _ = folded(steps, values, block, hold)
    stands = [at for at, step in enumerate(steps) if step < min(steps[at + 1 :], default=31)]
    left = np.array(values)[stands]
    assert (one.count, one.first.line, one.last.line) == (len(stands), stands[0], stands[-1])
    np.testing.assert_array_equal(one.tail, left[-3:])
    np.testing.assert_array_equal(one.samples[0], left)
    np.testing.assert_array_equal(one.samples[1], np.array(steps)[stands])
    known = left[~np.isnan(left)]
    assert (one.low.value if one.low else None) == (known.min() if len(known) else None)
    assert (one.high.value if one.high else None) == (known.max() if len(known) else None)
    odd = [at for at in stands if not np.isfinite(values[at])]
    assert (one.odd_count, one.odd.line if one.odd else None) == (len(odd), odd[0] if odd else None)
    falls = sum(after < before for before, after in pairwise(known))
    assert one.falls.total == falls
    assert one.restart_count == sum(b <= a for a, b in pairwise(steps))
    assert {step: point.line for step, point in one.at.items()} == {
        steps[at]: at for at in stands if steps[at] in ASKED.steps
    }
    scores = spike_scores(left, np.empty(0))
    assert one.spikes[3.0].total == (scores > 3).sum()
    assert one.spikes[3.0].score == pytest.approx(scores[scores > 3].max(initial=0))


def test_a_fall_beyond_what_is_held_is_read_again() -> None:
    """Once more, and no other."""
    steps = [*range(1000), *range(10, 20)]
    one, readings = folded(steps, [float(step) for step in steps], 7, 20)
    assert (one.count, one.last.value, one.high.value if one.high else 0, readings) == (
        20, 19.0, 19.0, 2,
    )  # fmt: skip
    assert folded(list(range(1000)), [0.0] * 1000, 7, 20)[1] == 1


def test_a_long_curve_keeps_few_samples() -> None:
    """Evenly spread, with the last."""
    count = 5 * folding.HELD + 3
    one, _ = folded(list(range(count)), [float(n) for n in range(count)], 1000, folding.HELD)
    values, steps = one.samples
    assert 600 <= len(values) <= 1203
    assert (values[0], values[-1], one.count) == (0.0, count - 1.0, count)
    assert np.diff(values).max() < count / 300
    np.testing.assert_array_equal(values, steps)
    shape = one.shape(50)
    assert len(shape) <= 50
    assert (shape[0], shape[-1]) == ((0.0, 0.0), (count - 1.0, count - 1.0))
    assert list(one.sparkline()) == sorted(one.sparkline())


@given(
    st.lists(st.integers(1, 9000), min_size=1, max_size=12),
    st.integers(0, 10**6),
    st.integers(2, 300),
)
def test_a_spike_of_one_step_is_in_every_picture(pieces: list[int], place: int, width: int) -> None:
    """Up or down, wherever it is, in however many pieces the curve came."""
    values = np.arange(sum(pieces)) % 7 / 10
    values[place % len(values)] = 99.0
    values[place // 2 % len(values)] = -99.0
    samples = Samples()
    for at in np.split(np.arange(len(values)), np.cumsum(pieces)[:-1]):
        samples.fold(values[at], 10 * at)
    kept = samples.all()
    assert kept.shape[1] <= 1203
    shown = thinned(kept, width)
    assert shown.shape[1] <= width
    for found, steps in (kept, shown):
        known = ~np.isnan(found)
        assert (found[known].min(), found[known].max()) == (values.min(), values.max())
        np.testing.assert_array_equal(found[known], values[steps[known].astype(int) // 10])
        assert (np.diff(steps[known]) >= 0).all()


@pytest.mark.parametrize("restart", [False, True])
def test_a_check_needs_little_more_memory_than_a_conversion(tmp_path: Path, restart: bool) -> None:  # noqa: FBT001 - parametrised
    """Of 200,000 rows, within 5 MiB, though the last step falls far back; no file is made.

    Its values alone would take 8 MiB.
    """
    lines = [f"{n},{n % 977}.5,{n % 7},{n % 11},{n % 13}\n" for n in range(200_000)]
    lines += ["500,1,1,1,1\n"] * restart
    (tmp_path / "a.csv").write_text("step,a,b,c,d\n" + "".join(lines))
    peaks = []
    for command in (["check", "a.csv", "-q"], ["convert", "a.csv", "--no-plots", "-q"]):
        code = f"from tbingest.cli import run\nassert run({command!r}) == 0\nprint({PEAK})"
        if command[0] == "convert":
            assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
        )
        peaks.append(int(done.stdout.split()[-1]))
    assert peaks[0] - peaks[1] < 5 * 1024, peaks


def test_a_logdir_and_its_logs_get_the_same_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a restart that reaches far back."""
    monkeypatch.chdir(tmp_path)
    steps = [*range(40_000), *range(100, 200)]
    Path("a.csv").write_text("step,loss\n" + "".join(f"{n},{n % 8}\n" for n in steps))
    assert run(["convert", "a.csv", "--no-plots", "-q"]) == 0
    said = []
    for path in ("a.csv", "runs"):
        asked = ["--min-steps", "201", "--no-restart", "--max", "loss=6@last"]
        assert run(["check", path, *asked]) == 1
        out = capsys.readouterr().out
        said.append([line.partition(": ")[2].strip() for line in out.splitlines() if "✗" in line])
    assert said[0][:3] == said[1][:3]
    assert any("200 points in its longest curve, expected 201" in line for line in said[0])
