"""Curves downloaded from TensorBoard and from W&B: runs and tags that stand in names."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from helpers.logs import written
from helpers.places import CORPUS, needs_corpus
from helpers.readers import head_of, read

from tbingest.formats.registry import evidence
from tbingest.model.points import HParams, Session
from tbingest.names.files import Download, downloaded

if TYPE_CHECKING:
    from pathlib import Path


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
    assert [problem.what for problem in problems] == ["record 3 is not [wall time, step, value]"]


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


def chart(*header: str, rows: str) -> str:
    return ",".join(f'"{cell}"' for cell in header) + "\n" + rows


def test_a_column_of_a_chart_is_split_at_the_last_dash() -> None:
    """The extremes and the run's own step are left out, and are no values."""
    names = [
        f"a - b - {metric}{mark}" for metric in ("_step", "x") for mark in ("", "__MIN", "__MAX")
    ]
    text = chart("evaluations", *names, rows='"60","0","0","0","1.5","1","2"')
    records, problems = read("wandb-chart", text)
    assert problems == []
    assert records == [(2, {"Step": 60, "x": 1.5, ":run": "a - b"})]


def test_two_runs_of_the_same_name_in_a_chart_stay_two() -> None:
    """W&B lets runs be called alike."""
    three = ["a - x", "a - x__MIN", "a - x__MAX"]
    records, _ = read(
        "wandb-chart", chart("Step", *three, *three, rows='"0","1","1","1","2","2","2"')
    )
    assert [(fields[":run"], fields["x"]) for _, fields in records] == [("a", 1), ("a (2)", 2)]


def test_a_chart_over_time_has_the_runs_own_step_if_it_was_exported() -> None:
    """The first column is then the time since the start."""
    text = chart(
        "Relative Time (Process)", "a - x", "a - _step", rows='"1.5","0.5","7"\n"3","0.4","9"'
    )
    records, _ = read("wandb-chart", text)
    assert records[1] == (3, {"Relative time": 3.0, "Step": 9, "x": 0.4, ":run": "a"})


def test_a_chart_over_a_metric_that_is_no_step_keeps_it_as_a_value() -> None:
    """Fractions of an epoch would fall together as steps."""
    text = chart("epoch", "a - x", rows='"0","0.5"\n"0.25","0.4"')
    records, _ = read("wandb-chart", text)
    assert records[1] == (3, {"epoch": 0.25, "x": 0.4, ":run": "a"})


def test_the_history_of_a_run_leaves_out_its_second_clock_and_descriptions() -> None:
    """A picture's description is reported: the picture is not in the file."""
    row = "1.5,0.5,3,1780000000.5,\"{'_type': 'image-file'}\"\n"
    text = f"_runtime,loss,_step,_timestamp,sample\n{row}"
    records, problems = read("wandb-history-csv", text)
    assert records == [(2, {"loss": 0.5, "_step": 3, "_timestamp": 1780000000.5})]
    assert [problem.values for problem in problems] == [1]


RUNS = '"Name","State","User","Created","Runtime","depth","kind","_step","acc"\n'


def test_every_row_of_the_table_of_runs_is_a_run() -> None:
    """Its configuration ends where the alphabet begins anew; its user is not copied."""
    row = '"fox","finished","jane","2026-05-25T14:08:33.000Z","9","3","mlp","40","0.5"\n'
    records, _ = read("wandb-runs", RUNS + row + row.replace("40", "50"))
    assert [fields[":run"] for _, fields in records] == ["fox", "fox-2"]
    assert records[0][1] == {
        ":run": "fox",
        "State": "finished",
        "Created": "2026-05-25T14:08:33.000Z",
        "Runtime": 9,
        "depth": 3,
        "_step": 40,
        "acc": 0.5,
        ":config": HParams({"depth": 3, "kind": "mlp"}, Session("success")),
    }


def test_a_run_without_a_step_does_not_take_that_of_the_run_before() -> None:
    """It crashed before it logged."""
    rows = [
        '"a","finished","","2026","9","3","mlp","40","0.5"',
        '"b","","","2026","9","3","","",',
    ]
    records, _ = read("wandb-runs", RUNS + "\n".join(rows))
    assert [fields["_step"] for _, fields in records] == [40, 0]


def test_names_of_runs_do_not_depend_on_how_the_bytes_are_cut() -> None:
    """Rows with other cells stand in other groups."""
    rows = "".join(
        f'"a","finished","","2026","9","{n}","mlp","40","{0.5 if n % 2 else ""}"\n'
        for n in range(6)
    )
    whole, _ = read("wandb-runs", RUNS + rows)
    assert [(fields["depth"], fields[":run"]) for _, fields in whole] == [
        (n, "a" if n == 0 else f"a-{n + 1}") for n in range(6)
    ]
    assert read("wandb-runs", RUNS + rows, cuts=range(70, 200, 7))[0] == whole


@needs_corpus
@pytest.mark.parametrize(
    ("name", "runs", "points"),
    [
        ("degonly_gin_reddit.csv", 25, 100),
        ("nanogpt_step/wandb_export.csv", 8, 1184),
        ("ucea_evaluations/wandb_export.csv", 3, 1606),
        ("nanogpt_abl/wandb_export.csv", 64, 1536),
    ],
)
def test_exports_of_wandb_are_read_whole(name: str, runs: int, points: int, tmp_path: Path) -> None:
    """As many runs and points as the manifest counts; the axis is the step."""
    found = written(CORPUS / "wandb_export" / name, tmp_path / "runs")
    assert len({run for run, _ in found}) == runs
    assert sum(map(len, found.values())) == points
