"""Results of the evaluation harness, and what Unity ML-Agents leaves beside its event files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from helpers.logs import NO_PLOTS, written
from helpers.places import CORPUS, needs_corpus
from helpers.readers import head_of, read

import tbingest
from tbingest.formats.registry import evidence
from tbingest.names.steps import step_said

if TYPE_CHECKING:
    from pathlib import Path


def evaluation(acc: float) -> str:
    return json.dumps({"results": {"boolq": {"acc,none": acc}}, "versions": {"boolq": 1}})


@pytest.mark.parametrize(
    ("path", "step"),
    [
        ("tr11_global_step340500_2022-07-13-11-29-13.json", 340500),
        ("checkpoint-500/results_2024-05-03T12-00-00.json", 500),
        ("llama-7b-results_2024.json", None),
    ],
)
def test_only_a_number_that_is_called_a_step_is_one(path: str, step: int | None) -> None:
    """Sizes of models and dates are not."""
    assert step_said(path)[0] == step


def test_metrics_of_tasks_are_read_without_the_filter_none() -> None:
    """Names for people and errors that are not known are left out."""
    results = {
        "gsm8k": {"alias": " - gsm8k", "exact_match,strict-match": 0.25, "acc,none": 0.5},
        "arc": {"acc": 0.75, "acc_stderr": "N/A", "ppl": "NaN"},
    }
    text = json.dumps({"results": results, "config": {"model": "hf"}, "date": 1.78e9})
    ((_, record),), problems = read("lm-eval", text, "x_global_step7_1.json")
    assert problems == []
    assert str(record.pop("arc/ppl")) == "nan"
    assert record == {
        ":step": 7,
        ":time": 1.78e9,
        "gsm8k/exact_match,strict-match": 0.25,
        "gsm8k/acc": 0.5,
        "arc/acc": 0.75,
    }


def test_results_of_another_kind_are_not_the_harness() -> None:
    """A list of results, or results with nothing beside them."""
    for value in ({"results": [1, 2], "versions": {}}, {"results": {"a": {"b": 1}}, "x": 1}):
        said = evidence(head_of(json.dumps(value).encode(), "results.json"))
        assert said[0][0].name != "lm-eval"


def test_results_of_several_checkpoints_are_one_curve(tmp_path: Path) -> None:
    """Two models in one folder are two runs."""
    for model, step in (("a", 500), ("a", 1000), ("b", 500), ("b", 1000)):
        path = tmp_path / "evals" / f"{model}_step{step}_2024.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(evaluation(step / 1000))
    found = written(tmp_path, tmp_path / "runs")
    curve = [(500, 0.5), (1000, 1.0)]
    assert found == {
        ("evals/a", "boolq/acc"): curve,
        ("evals/b", "boolq/acc"): curve,
    }


def test_checkpoints_of_a_behaviour_are_a_curve_of_rewards() -> None:
    """A checkpoint without a reward gives none; the final one says nothing new."""
    last = {"steps": 20, "reward": 0.5, "creation_time": 1.78e9}
    checkpoints = [{"steps": 10, "reward": None}, {"steps": 15, "reward": 0.25}, last]
    status = {"checkpoints": checkpoints, "final_checkpoint": {**last, "creation_time": 1.79e9}}
    text = json.dumps({"A": {**status, "elo": 1200.5}, "metadata": {}, "param": {"lesson_num": 2}})
    records, problems = read("mlagents-status", text)
    assert problems == []
    given = [fields for _, fields in records]
    assert {"steps": 15, "reward": 0.25, ":run": "A"} in given
    assert {"steps": 20, "creation_time": 1.79e9, "elo": 1200.5, ":run": "A"} in given
    assert {"steps": 0, "lesson_num": 2, ":run": "param"} in given
    assert sum("reward" in fields for fields in given) == 2


@pytest.mark.parametrize("as_list", [False, True])
def test_gauges_stand_at_the_step_of_their_behaviour(*, as_list: bool) -> None:
    """Of a statistic the last value is shown."""
    gauges = {"A.Step.mean": {"value": 50.0, "min": 1}, "A.Loss.x.mean": {"value": 0.5}}
    listed = [{"name": name, **one} for name, one in gauges.items()]
    document = {"name": "root", "gauges": listed if as_list else gauges, "children": {}}
    ((_, record),), _ = read("mlagents-timers", json.dumps(document))
    assert record == {":run": "A", ":step": 50.0, "Step/mean": 50.0, "Loss/x/mean": 0.5}


@needs_corpus
@pytest.mark.parametrize(
    ("name", "points"),
    [
        ("lm_eval/tr1-1b3-evalharness.json", 82),
        ("unity_mlagents/huggy/timers.json", 24),
        ("unity_mlagents/huggy/training_status.json", 10),
        ("unity_mlagents/snowball/timers.json", 24),
        ("unity_mlagents/snowball/training_status.json", 5),
    ],
)
def test_evaluations_of_the_corpus_are_read_whole(name: str, points: int, tmp_path: Path) -> None:
    """As many values as the manifest counts."""
    report = tbingest.convert(CORPUS / name, tmp_path / "runs", NO_PLOTS)
    assert report.sources[0].read == report.sources[0].written["scalar"] == points


@needs_corpus
def test_the_log_of_the_player_is_no_log_of_a_training(tmp_path: Path) -> None:
    """It is an engine's."""
    report = tbingest.convert(
        CORPUS / "negatives" / "unity_Player-0.log", tmp_path / "runs", NO_PLOTS
    )
    assert report.sources == []
