"""`tbingest plot`: figures to keep, of seeds the mean in a band."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tbingest import UsageError
from tbingest.cli import run
from tbingest.figures.canvas import styled
from tbingest.figures.paper import Look, figure_of
from tbingest.pipeline.plot import plot
from tbingest.series.bundles import Steps, bundles

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Two seeds whose steps differ, and another run."""
    for name, steps in (("a_seed0", range(0, 100, 2)), ("a_seed1", range(1, 80, 3)), ("b", (1, 2))):
        folder = tmp_path / "logs" / name
        folder.mkdir(parents=True)
        rows = "".join(f"{step},{1 / (step + 1)},{step}\n" for step in steps)
        (folder / "train.csv").write_text("step,loss,acc\n" + rows)
    return tmp_path / "logs"


def test_seeds_are_a_mean_over_the_steps_that_all_reach() -> None:
    """Between its steps a run goes straight; without a step in common each stands by itself."""
    curves = {
        "a/seed0": Steps(np.array([0.0, 2.0, 4.0]), np.array([0.0, 2.0, 4.0])),
        "a/seed1": Steps(np.array([1.0, 3.0]), np.array([3.0, 5.0])),
        "b": Steps(np.array([1.0]), np.array([7.0])),
    }
    mean, alone = bundles(curves)
    assert (mean.name, mean.members, alone.name) == ("a/seed*", 2, "b")
    assert mean.steps.tolist() == [1.0, 2.0, 3.0]
    assert mean.mean.tolist() == [2.0, 3.0, 4.0]
    assert (mean.mean - mean.low).tolist() == [1.0, 1.0, 1.0]
    assert [one.name for one in bundles(curves, together=False)] == list(curves)
    curves["a/seed1"] = Steps(np.array([10.0]), np.array([1.0]))
    assert [one.members for one in bundles(curves)] == [1, 1, 1]


def test_the_smoothed_curve_lies_over_the_raw_one() -> None:
    """In one colour; the axis of values is logarithmic on request."""
    steps = np.arange(50.0)
    found = bundles({"a": Steps(steps, 1 / (steps + 1))})
    with styled({}):
        (axes,) = figure_of({"loss": found}, Look(smooth=0.6, log=True)).axes
    raw, smooth = axes.lines
    assert raw.get_color() == smooth.get_color()
    assert np.array_equal(raw.get_ydata(), 1 / (steps + 1))
    assert axes.get_yscale() == "log"


@pytest.mark.parametrize(
    ("form", "magic"), [("pdf", b"%PDF"), ("svg", b"<?xml"), ("png", b"\x89PNG")]
)
def test_a_figure_is_the_same_file_each_time(
    logs: Path, tmp_path: Path, form: str, magic: bytes
) -> None:
    """Of every form; a page is twice as wide as a column."""
    files = []
    for number in range(2):
        path = tmp_path / f"{number}.{form}"
        done = plot(logs, str(path))
        assert (done.tags, len(done.runs)) == (["acc", "loss"], 3)
        files.append(path.read_bytes())
    assert files[0].startswith(magic)
    assert files[0] == files[1]
    if form == "png":
        assert struct.unpack(">I", files[0][16:20])[0] == 1005
    if form == "pdf":
        assert b"/FontFile2" in files[0]


def test_the_command_chooses_tags(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says what it drew."""
    path = str(tmp_path / "loss.svg")
    assert run(["plot", str(logs), "--tags", "l*", "-o", path]) == 0
    assert f"✓ 1 tag of 3 runs → {path}" in capsys.readouterr().err
    assert run(["plot", str(logs), "--tags", "none", "-o", path]) == 2
    assert "no curve is called so" in capsys.readouterr().err


def test_what_cannot_be_drawn_is_said(logs: Path) -> None:
    """Before anything is read."""
    with pytest.raises(UsageError, match="no known kind of figure"):
        plot(logs, "x.docx")
    with pytest.raises(UsageError, match="no such size"):
        plot(logs, "x.pdf", look=Look(width="wall"))
    with pytest.raises(UsageError, match="no weight"):
        plot(logs, "x.pdf", look=Look(smooth=1.0))
