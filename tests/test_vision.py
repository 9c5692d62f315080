"""Logs of boosting, vision and fine-tuning tools: steps, runs and tags of their own loggers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from helpers.logs import NO_PLOTS, lines, put, written
from helpers.places import CORPUS, needs_corpus
from helpers.readers import read, taken_for

import tbingest

if TYPE_CHECKING:
    from pathlib import Path


# CatBoost

META = (
    '{"meta":{"test_sets":["test","test1"],"test_metrics":[{"name":"RMSE"}],'
    '"learn_metrics":[{"name":"RMSE"}],"learn_sets":["learn"]},\n"iterations":[\n'
)
ROUND = (
    '{"learn":[0.5],"iteration":0,"passed_time":1.5,"remaining_time":9,"test1":[0.7],"test":[0.6]}'
)


@pytest.mark.parametrize("end", ["\n]}\n", "", ",\n", ',\n{"learn":[0.4'])
def test_a_training_of_catboost_is_read_whole_wherever_it_stops(end: str) -> None:
    """What was written before the last comma stands; a torn iteration is said."""
    records, problems = read("catboost-json", META + ROUND + end)
    values = {"learn/RMSE": 0.5, "test/RMSE:0": 0.6, "test1/RMSE": 0.7}
    assert records == [(1, {"iteration": 0, "passed_time": 1.5, **values})]
    assert [problem.what for problem in problems] == (
        ["ends in the middle: its last record is left out"] if end.endswith("4") else []
    )


def test_the_sets_of_a_test_error_table_are_told_by_its_columns() -> None:
    """A metric's own colon is none of a set's."""
    text = "iter\tRMSE:0\tQuantile:alpha=0.9:0\tRMSE\tQuantile:alpha=0.9\n0\t1\t2\t3\t4\n"
    records, problems = read("catboost-tsv", text, "test_error.tsv")
    assert problems == []
    assert list(records[0][1]) == [
        "iter",
        "test/RMSE:0",
        "test/Quantile:alpha=0.9:0",
        "test1/RMSE",
        "test1/Quantile:alpha=0.9",
    ]


@pytest.mark.parametrize("name", ["learn_error.tsv", "test_error.tsv", "time_left.tsv"])
def test_a_table_of_catboost_is_known_by_its_name(name: str) -> None:
    """And by the three columns of the times."""
    text = "iter\tPassed\tRemaining\n0\t1\t9\n" if "time" in name else "iter\tRMSE\n0\t1\n1\t2\n"
    assert taken_for(text, f"catboost_info/{name}") == "catboost-tsv"


def test_the_files_of_catboost_tell_a_training_once(tmp_path: Path) -> None:
    """The document first, of the tables what it lacks; elapsed seconds are wall times."""
    put(
        tmp_path / "logs" / "catboost_info",
        catboost_training__json=META + ROUND + "]}",
        learn_error__tsv="iter\tRMSE\n0\t0.5\n1\t0.4\n",
        test_error__tsv="iter\tRMSE:0\tMAE:0\tRMSE\tMAE\n0\t0.6\t0.1\t0.7\t0.2\n",
        time_left__tsv="iter\tPassed\tRemaining\n0\t1\t9\n",
    )
    run = "catboost_info"
    assert written(tmp_path / "logs", tmp_path / "runs") == {
        (f"{run}/learn", "RMSE"): [(0, 0.5), (1, 0.4)],
        (f"{run}/test", "RMSE:0"): [(0, 0.6)],
        (f"{run}/test", "MAE:0"): [(0, 0.1)],
        (f"{run}/test1", "RMSE"): [(0, 0.7)],
        (f"{run}/test1", "MAE"): [(0, 0.2)],
    }


# Ultralytics


@pytest.mark.parametrize(
    "header",
    [
        "epoch,train/box_loss,metrics/precision,metrics/mAP_0.5:0.95,val/box_loss,x/lr0",
        "                  epoch,      train/box_loss,   metrics/mAP50(B),   val/cls_loss,  lr/pg0",
        "epoch,time,train/loss,metrics/accuracy_top1,val/loss,lr/pg0",
        "epoch,train/loss,val/loss,metrics/accuracy_top1,lr/0",
    ],
)
def test_results_of_yolo_are_known_by_their_columns(header: str) -> None:
    """Versions 5 to 12, padded or not, detection or classification."""
    row = ",".join(["1"] * len(header.split(",")))
    assert taken_for(f"{header}\n{row}\n", "results.csv") == "ultralytics"


def test_tags_of_yolo_are_its_columns_and_time_is_the_wall_time(tmp_path: Path) -> None:
    """Parentheses, colons and decimal points stay."""
    text = " epoch, time, train/box_loss, metrics/mAP_0.5:0.95, metrics/mAP50(B), lr/pg0\n"
    logs = put(tmp_path / "logs" / "train3", results__csv=f"{text} 1, 2.5, 0.5, 0.25, 0.1, 0.01\n")
    assert written(logs.parent, tmp_path / "runs") == {
        ("train3", "train/box_loss"): [(1, 0.5)],
        ("train3", "metrics/mAP_0.5:0.95"): [(1, 0.25)],
        ("train3", "metrics/mAP50(B)"): [(1, 0.1)],
        ("train3", "lr/pg0"): [(1, 0.01)],
    }


# MMEngine


def train_row(step: int, **more: Any) -> dict[str, Any]:
    return {
        "lr": 0.1,
        "data_time": 0.5,
        "loss": 1.0,
        "time": 2.0,
        "iter": step,
        "step": step,
    } | more


def val_row(step: int, **more: Any) -> dict[str, Any]:
    return {"acc": 50.0, "data_time": 0.25, "time": 1.0, "step": step} | more


def test_validation_that_counts_epochs_has_times_of_its_own(tmp_path: Path) -> None:
    """Its other tags keep their names and steps, as in the native events; no point is lost."""
    text = lines(train_row(96), val_row(1), train_row(192), val_row(2))
    found = written(put(tmp_path / "logs", scalars__json=text), tmp_path / "runs")
    assert found["logs", "time"] == [(96, 2.0), (192, 2.0)]
    assert found["logs", "val/time"] == [(1, 1.0), (2, 1.0)]
    assert found["logs", "acc"] == [(1, 50.0), (2, 50.0)]


def test_validation_that_counts_iterations_keeps_its_tags() -> None:
    """A row at the last step of training, or beyond, counts in the same unit."""
    rows = [train_row(50), val_row(50), train_row(100), val_row(120)]
    records, _ = read("mmengine", lines(*rows))
    assert [fields for _, fields in records] == rows


def test_a_log_of_a_test_alone_keeps_its_tags() -> None:
    """There is nothing that it could be mixed with."""
    records, _ = read("mmengine", lines(val_row(0)))
    assert records == [(1, val_row(0))]


def test_the_two_files_of_mmengine_are_one_run(tmp_path: Path) -> None:
    """Named for the folder of the start; what only the second holds is not lost."""
    start = tmp_path / "work" / "20260101_000000"
    same = lines(train_row(96), val_row(1))
    put(
        start / "vis_data",
        **{"scalars__json": same, "20260101_000000__json": same + lines(val_row(2))},
    )
    put(start, **{"20260101_000000__log": "Epoch(train) [1][96/96] loss: 1.0000\n"})
    found = written(tmp_path / "work", tmp_path / "runs")
    assert {run for run, _ in found} == {"20260101_000000"}
    assert found["20260101_000000", "loss"] == [(96, 1.0)]


# MMCV


def mmcv_row(mode: str, epoch: int, number: int, **more: Any) -> dict[str, Any]:
    return {"mode": mode, "epoch": epoch, "iter": number, "lr": 0.5, "loss": 1.0} | more


@pytest.mark.parametrize(
    ("rows", "steps"),
    [
        pytest.param(
            [("train", 1, 5), ("train", 1, 10), ("val", 1, 4), ("train", 2, 5), ("val", 2, 4)],
            [5, 10, 11, 15, 21],
            id="by epochs",
        ),
        pytest.param(
            [("train", 1, 50), ("val", 1, 4), ("train", 2, 100), ("train", 2, 150)],
            [50, 50, 100, 150],
            id="by iterations",
        ),
        pytest.param(
            [("train", 1, 50), ("val", 1, 4), ("train", 1, 100), ("val", 1, 4)],
            [50, 50, 100, 100],
            id="by iterations in one epoch",
        ),
        pytest.param(
            [("train", 4, 5), ("train", 4, 10), ("val", 4, 4), ("train", 5, 5)],
            [35, 40, 41, 45],
            id="resumed",
        ),
        pytest.param([("train", 1, 5), ("val", 1, 4)], [5, 6], id="one epoch"),
    ],
)
def test_iterations_of_mmcv_are_counted_on_over_epochs(
    rows: list[tuple[str, int, int]], steps: list[int]
) -> None:
    """The first epoch says how many iterations there are."""
    text = lines(*(mmcv_row(*row) for row in rows))
    records, problems = read("mmcv", text, "20260101_000000.log.json")
    assert problems == []
    assert [fields["step"] for _, fields in records] == steps
    assert records[0][1] == {"step": steps[0], "learning_rate": 0.5, "train/loss": 1.0}


def test_the_first_line_of_mmcv_is_told_in_short() -> None:
    """Neither the machine nor the source of the config."""
    meta = {"env_info": "host", "config": "a = 1\n" * 90, "seed": 3, "exp_name": "x.py"}
    records, _ = read("mmcv", lines(meta, mmcv_row("train", 1, 5)), "x.log.json")
    assert records[0][1]["hparams"].values == {"seed": 3.0, "exp_name": "x.py"}


def test_openmmlab_and_detectron2_are_known_by_their_lines() -> None:
    """Whatever the file is called."""
    assert taken_for(lines(train_row(9)), "a.json") == "mmengine"
    assert taken_for(lines(mmcv_row("train", 1, 5), mmcv_row("val", 1, 5)), "a.json") == "mmcv"
    assert taken_for(lines({}, {}, mmcv_row("train", 1, 10)), "None.log.json") == "mmcv"
    assert taken_for(lines({"hook_msgs": {}}, mmcv_row("train", 1, 1)), "None.log.json") == "mmcv"
    own = {"iteration": 19, "eta_seconds": 4.5, "data_time": 0.1, "val_loss": 2.0}
    assert taken_for(lines(own, own), "metrics.json") == "detectron2"


def test_tags_of_detectron2_are_its_keys(tmp_path: Path) -> None:
    """A key that begins with a split is not cut."""
    rows = [
        {"iteration": 19, "eta_seconds": 4.5, "data_time": 0.1, "val_loss": 2.0},
        {"iteration": 19, "bbox/AP-arm": 3.0},
    ]
    found = written(put(tmp_path / "logs", metrics__json=lines(*rows)), tmp_path / "runs")
    assert {tag for _, tag in found} == {"eta_seconds", "data_time", "val_loss", "bbox/AP-arm"}


# Real files


@needs_corpus
@pytest.mark.parametrize(
    ("name", "form", "values"),
    [
        ("catboost/gen_seed1/catboost_info/catboost_training.json", "catboost-json", 300),
        ("catboost/gen_seed1/catboost_info/test_error.tsv", "catboost-tsv", 180),
        ("catboost/tabddpm/catboost_info/catboost_training.json", "catboost-json", 204),
        ("catboost/toxic/catboost_info/time_left.tsv", "catboost-tsv", 1000),
        ("ultralytics/drowsiness_v8/results.csv", "ultralytics", 6500),
        ("ultralytics/gallstone_v11seg/results.csv", "ultralytics", 190),
        ("ultralytics/handraise_v12/train3/results.csv", "ultralytics", 2600),
        ("mmengine/balloon_det/scalars.json", "mmengine", 1283),
        ("mmengine/ear_pose/mmpose_scalars.json", "mmengine", 7425),
        ("mmengine/fruit_cls/scalars.json", "mmengine", 1100),
        ("mmengine/watermelon_seg/scalars.json", "mmengine", 865 - 2),
        ("detectron2/levi/metrics.json", "detectron2", 100),
        ("detectron2/medwaste/metrics.json", "detectron2", 3400),
        ("fastai/gen_seed1/history.csv", "fastai", 24 + 6),
        ("skorch/gen_seed1/history.json", "skorch", 49 + 42),
        ("llamafactory/mistral/trainer_log.jsonl", "llamafactory", 5200 - 4),
        ("llamafactory/predict_only/trainer_log.jsonl", "llamafactory", 100),
    ],
)
def test_a_file_of_the_corpus_gives_what_its_manifest_counts(
    name: str, form: str, values: int, tmp_path: Path
) -> None:
    """What is taken off is of a step that stands twice; what is added, durations and batches."""
    (source,) = tbingest.convert(CORPUS / name, tmp_path, NO_PLOTS).sources
    assert (source.format, source.written["scalar"]) == (form, values)
    assert source.problem_count == 0
