"""Curves downloaded from TensorBoard and from W&B: runs and tags that stand in names."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
from test_formats import head_of, read
from test_parity import accumulated

import tbingest
from tbingest.formats.registry import evidence
from tbingest.naming import Download, downloaded

CORPUS = Path(os.environ.get("TBINGEST_CORPUS") or "/nonexistent")
NO_PLOTS = tbingest.Options(plots="none")
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="TBINGEST_CORPUS names no corpus")


def written(paths: Path, logdir: Path) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """(step, value) of every scalar that TensorBoard shows, by run and tag."""
    tbingest.convert(paths, logdir, NO_PLOTS)
    return {
        (run, tag): [(event.step, round(event.value, 4)) for event in loaded.Scalars(tag)]
        for run, loaded in accumulated(logdir)
        for tag in loaded.Tags()["scalars"]
    }


@pytest.mark.parametrize(
    ("name", "download"),
    [
        ("a/run-train-tag-epoch_loss.csv", Download("train", "epoch_loss")),
        ("run-a_b-tag-loss_total (2).csv", Download("a_b", "loss_total", 2)),
        ("run-a-tag-loss(1).json", Download("a", "loss", 1)),
        ("run-.-tag-lr.json", Download("", "lr")),
        ("run-a-tag-x-tag-y.csv", Download("a", "x-tag-y")),
        ("losses.csv.gz", Download("", "losses")),
        ("run-a-tag-.csv", Download("", "run-a-tag-")),
    ],
)
def test_the_name_of_a_download_says_its_run_and_tag(name: str, download: Download) -> None:
    """Split at the first `-tag-`; the browser's number is none of the tag."""
    assert downloaded(name) == download


def test_a_download_as_csv_gives_its_tag_in_its_run() -> None:
    """With the wall times that it holds."""
    text = "Wall time,Step,Value\n1780000000.5,0,0.5\n1780000001.5,3,nan\n"
    records, problems = read("tensorboard-csv", text, "run-train-tag-loss.csv")
    assert problems == []
    first = {"Wall time": 1780000000.5, "Step": 0, "loss": 0.5, ":run": "train"}
    assert records[0] == (2, first)
    assert math.isnan(records[1][1]["loss"])


def test_a_tag_called_step_is_not_taken_for_the_step() -> None:
    """Nor is one called `Wall time`."""
    text = "Wall time,Step,Value\n1780000000.5,7,0.5\n"
    ((_, record),), _ = read("tensorboard-csv", text, "run-a-tag-Step.csv")
    assert (record["Step"], record["Step "]) == (7, 0.5)


def test_a_download_as_json_has_what_is_not_finite_as_strings() -> None:
    """`"NaN"` is a value; what is no triple is reported."""
    text = '[[1.5e9, 0, "NaN"], [1.5e9, 1, "-Infinity"], [1.5e9, 2], [1.5e9, 3, 1]]'
    records, problems = read("tensorboard-json", text, "run-a-tag-x.json")
    assert [fields["Step"] for _, fields in records] == [0, 1, 3]
    assert records[1][1]["x"] == -math.inf
    assert [problem.what for problem in problems] == ["record 3 is no [wall time, step, value]"]


def test_lists_of_three_numbers_are_no_download_without_a_wall_time() -> None:
    """Colours and points are lists of three, too."""
    said = evidence(head_of(b"[[255, 0, 0], [0, 128, 255]]", "colours.json"))
    assert said[0][0].name != "tensorboard-json"


def test_a_curve_that_was_downloaded_again_is_one_curve(tmp_path: Path) -> None:
    """The later download is longer; of both each step is shown once."""
    head = "Wall time,Step,Value\n"
    rows = [f"178000000{n}.5,{n},{n / 10}\n" for n in range(5)]
    (tmp_path / "run-a-tag-x.csv").write_text(head + "".join(rows[:3]))
    (tmp_path / "run-a-tag-x (1).csv").write_text(head + "".join(rows))
    found = written(tmp_path, tmp_path / "runs")
    name = f"{tmp_path.name}/a"
    assert found == {(name, "x"): [(n, n / 10) for n in range(5)]}


def test_a_lone_download_is_a_run_of_its_own_name(tmp_path: Path) -> None:
    """A file that was renamed has its stem for a tag."""
    path = tmp_path / "loss.csv"
    path.write_text("Wall time,Step,Value\n1780000000.5,4,0.5\n")
    assert written(path, tmp_path / "runs") == {("loss", "loss"): [(4, 0.5)]}


@needs_corpus
@pytest.mark.parametrize("form", ["csv", "json"])
def test_tensorboards_own_downloads_are_read_whole(form: str, tmp_path: Path) -> None:
    """203 values of two runs, two of them not finite."""
    folder = CORPUS / f"tensorboard_{form}" / "gen_seed1"
    found = written(folder, tmp_path / "runs")
    assert {place: len(points) for place, points in found.items()} == {
        ("gen_seed1/train", "bad_nan"): 3,
        ("gen_seed1/train", "epoch_loss"): 100,
        ("gen_seed1/validation", "epoch_loss"): 100,
    }
