"""What is measured once: in tables of one row or of models, beside courses, in lists."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from helpers.logs import put, written
from helpers.readers import taken_for

from tbingest.axis.document import read_document
from tbingest.axis.results import is_result
from tbingest.axis.table import read_table
from tbingest.formats.readers.records import plain_hparams
from tbingest.options import Options, Plots
from tbingest.pipeline.convert import convert

if TYPE_CHECKING:
    from pathlib import Path

COURSE = "epoch,train_loss,test_loss\n1,0.9125,0.8125\n2,0.7125,0.6125\n3,0.5125,0.6625\n"


def test_finals_stand_at_the_step_of_the_course_that_holds_them(tmp_path: Path) -> None:
    """What was best is no first point of its course; what else came of it stands there, too."""
    finals = json.dumps({"test_loss": 0.6125, "test_acc": 0.8123})
    folder = put(tmp_path / "exp", log__csv=COURSE, results__json=finals)
    found = written(folder, tmp_path / "runs")
    assert found["exp", "test/loss"] == [(1, 0.8125), (2, 0.6125), (3, 0.6625)]
    assert found["exp", "test/acc"] == [(2, 0.8123)]


def test_finals_that_no_course_holds_stand_below_final(tmp_path: Path) -> None:
    finals = json.dumps({"test_loss": 0.4375, "test_acc": 0.8123})
    folder = put(tmp_path / "exp", log__csv=COURSE, results__json=finals)
    found = written(folder, tmp_path / "runs")
    assert found["exp", "test/loss"] == [(1, 0.8125), (2, 0.6125), (3, 0.6625)]
    assert found["exp", "final/test_loss"] == [(0, 0.4375)]
    assert found["exp", "test/acc"] == [(0, 0.8123)]


def test_columns_without_a_header_go_by_their_places_and_unix_seconds_are_times(
    tmp_path: Path,
) -> None:
    rows = "".join(f"{at},{at / 7:.4f},{90 - at},{1_750_000_000 + 3 * at}\n" for at in range(12))
    found = written(put(tmp_path / "exp", results__csv=rows), tmp_path / "runs")
    assert set(found) == {("exp", "1"), ("exp", "2")}
    assert found["exp", "2"] == [(at, 90.0 - at) for at in range(12)]


@pytest.mark.parametrize(
    ("name", "values", "result"),
    [
        ("success_count", [28, 0, 17], True),
        ("test_correct", [109, 108], True),
        ("num_workers", [4, 8], False),
        ("forward_ms", [27.00973, 17.90816], True),
        ("budget_ms", [60, 120], False),
        ("training_seconds", [627.06], False),
        ("time", [27.00973], False),
    ],
)
def test_counts_of_what_was_measured_and_times_of_a_clock_are_results(
    name: str, values: list[float], *, result: bool
) -> None:
    assert is_result(name, values) == result


def test_whole_numbers_in_a_table_of_models_are_measured_where_nothing_else_is(
    tmp_path: Path,
) -> None:
    scores = [
        {"model": "small", "plain": 76, "agent_blurred": 78, "batch": 8},
        {"model": "large", "plain": 99, "agent_blurred": 51, "batch": 4},
    ]
    folder = put(tmp_path / "exp", camera_summary__json=json.dumps(scores))
    found = written(folder, tmp_path / "runs")
    assert {tag for _, tag in found} == {"plain", "agent_blurred"}


def test_a_table_of_one_row_is_a_training_with_its_settings() -> None:
    row = {"reg_epochs": ["10"], "ptb_size": ["0.5"], "batch_size": ["8"], "tuned": ["Y"]}
    outcome = read_table({**row, "base_gain": ["0.76923"], "edges": ["65970"]})
    assert set(outcome.curves[""]) == {"base_gain", "edges"}
    assert outcome.hparams[""] == {"reg_epochs": 10, "ptb_size": 0.5, "batch_size": 8, "tuned": "Y"}


def test_the_first_row_of_a_course_is_no_training_of_its_own() -> None:
    row = {"epoch": ["1"], "lr": ["0.1"], "batch": ["8"], "size": ["2"], "loss": ["0.76923"]}
    assert not read_table(row).hparams


def test_a_counter_that_is_called_evaluation_is_one(tmp_path: Path) -> None:
    rows = "evaluation,Random Search,Grid\n5,0.9126,0.8561\n10,0.9226,0.8661\n15,0.9326,0.8961\n"
    rows += "20,0.9426,0.8971\n"
    found = written(put(tmp_path / "exp", budget__csv=rows), tmp_path / "runs")
    assert [step for step, _ in found["exp", "Grid"]] == [5, 10, 15, 20]


@pytest.mark.parametrize(
    "document",
    [
        {"4": {"const": {"mean": 0.8872, "std": 0.007}}, "8": {"const": {"mean": 0.9, "std": 0.1}}},
        {"winners": {"grid": {"cv_mean": 0.9626}, "random": {"cv_mean": 0.9526}}},
    ],
)
def test_documents_of_means_and_their_deviations_are_results(document: dict[str, Any]) -> None:
    assert taken_for(json.dumps(document), "x.json") == "json-tree"


def test_lists_beside_a_list_of_steps_are_curves_whatever_they_hold() -> None:
    """True and false, and a short list for each step, though its first numbers rise."""
    document = {
        "iteration": [10, 20],
        "accepted": [True, False],
        "outcomes": [[1, 4, 0], [2, 3, 5]],
    }
    tags = read_document(document).curves[""]
    found = {tag: list(zip(one.steps, one.values, strict=True)) for tag, one in tags.items()}
    assert found == {
        "accepted": [(10, 1.0), (20, 0.0)],
        "outcomes/0": [(10, 1.0), (20, 2.0)],
        "outcomes/1": [(10, 4.0), (20, 3.0)],
        "outcomes/2": [(10, 0.0), (20, 5.0)],
    }


def test_what_was_predicted_for_each_sample_is_no_curve_of_each_class() -> None:
    document = {"acc": 0.9123, "test": {"preds": [[0.25, 0.75]] * 20, "golds": [1] * 20}}
    outcome = read_document(document)
    assert set(outcome.curves[""]) == {"acc"}
    assert sum(count for _, count in outcome.unread) == 60


def test_how_a_network_is_built_is_no_course() -> None:
    nodes = [{"edges": [{"from": at, "op": 7 - at}]} for at in range(3)]
    records = [
        {"arch_id": f"a{at}", "arch": {"cell": {"nodes": nodes}}, "fitness": 0.3851 + at}
        for at in range(3)
    ]
    outcome = read_document(records)
    assert {tag for tags in outcome.curves.values() for tag in tags} == {"fitness"}


def test_whole_numbers_of_a_config_stay_whole() -> None:
    assert plain_hparams({"batch": 32, "lr": 0.1}) == {"batch": 32, "lr": 0.1}
    assert type(plain_hparams({"batch": 32})["batch"]) is int


def test_the_least_and_the_most_of_several_are_what_their_mean_is() -> None:
    several = {"mean": 0.98645, "std": 0.003, "min": 0.98, "max": 0.99, "n": 5}
    outcome = read_document({"summary": {"f1": several}, "limits": {"min": 0.5, "max": 0.75}})
    assert set(outcome.curves[""]) == {
        f"summary/f1/{name}" for name in ("mean", "std", "min", "max")
    }
    assert set(outcome.hparams[""]) == {"summary/f1/n", "limits/min", "limits/max"}


def test_the_ends_of_an_interval_are_no_course() -> None:
    outcome = read_document({"acc": 0.9123, "acc_ci95": [0.8912, 0.9312]})
    found = {tag: (one.steps, one.values) for tag, one in outcome.curves[""].items()}
    assert found == {
        "acc": ([0], [0.9123]),
        "acc_ci95/lower": ([0], [0.8912]),
        "acc_ci95/upper": ([0], [0.9312]),
    }


def test_rows_that_are_called_metrics_are_tags_in_each_column() -> None:
    table = {
        "Metric": ["accuracy", "f1", "mcc"],
        "Value": ["0.9833", "0.9895", "0.9499"],
        "CV Mean": ["0.9865", "", "0.9584"],
    }
    curves = read_table(table).curves
    assert set(curves) == {""}
    assert {tag: one.values for tag, one in curves[""].items()} == {
        "accuracy": [0.9833],
        "accuracy/CV Mean": [0.9865],
        "f1": [0.9895],
        "mcc": [0.9499],
        "mcc/CV Mean": [0.9584],
    }


def test_what_stands_below_metrics_with_many_digits_is_measured_whatever_it_is_called() -> None:
    document = {
        "metrics": {"train/loss": 0.33452, "weight_ratio": 0.425297, "epochs": 5, "lr": 0.00125},
        "per_layer_sparsity": {"conv1.weight": 0.004221, "conv2.weight": 0.007122},
    }
    outcome = read_document(document)
    assert set(outcome.curves[""]) == {
        "metrics/train/loss",
        "metrics/weight_ratio",
        "per_layer_sparsity/conv1.weight",
        "per_layer_sparsity/conv2.weight",
    }
    assert outcome.hparams[""] == {"metrics/epochs": 5, "metrics/lr": 0.00125}


def test_values_said_by_name_keep_their_times(tmp_path: Path) -> None:
    rows = "".join(f"{name},0.{at}25,{1_613_824_849_186 + at},1\n" for at, name in enumerate("abc"))
    source = put(tmp_path / "exp", test_metrics__csv=f"Name,Value,Timestamp,Step\n{rows}")
    report = convert(source, tmp_path / "runs", Options(plots=Plots.NONE))
    assert report.sources[0].wall_time != "the file's mtime"
    assert report.points == 3


def test_a_table_into_which_another_one_is_woven_is_read(tmp_path: Path) -> None:
    """The lists of the other one are reported, a row each."""
    rows = ["loss,step,reward", "0.5125,100,1", "MeanGate,MinGate", "[0.1 0.2],[0.3 0.4]"]
    for at in range(2, 6):
        rows += [f"{0.5125 / at},{100 * at},{at}", "[0.1 0.2],[0.3 0.4]"]
    source = put(tmp_path / "exp", progress__csv="\n".join(rows) + "\n")
    found = written(source, tmp_path / "runs")
    assert found["exp", "reward"] == [(100 * at, float(at)) for at in range(1, 6)]
