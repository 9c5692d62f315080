"""Results of gradient boosting, and its models, which are no logs."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest
from helpers.logs import NO_PLOTS, put, written
from helpers.places import CORPUS, needs_corpus
from helpers.readers import as_bytes, head_of, read, taken_for

import tbingest
from tbingest.formats.readers.refusals import refusal

if TYPE_CHECKING:
    from pathlib import Path


def test_results_of_boosting_have_the_round_as_step(tmp_path: Path) -> None:
    """Names are tags as they are: LightGBM's console says `valid_1` too."""
    text = json.dumps({"train": {"auc": [0.5, 0.75]}, "valid_1": {"auc": [0.25, 0.5]}})
    logs = put(tmp_path / "logs", evals_result__json=text)
    assert written(logs, tmp_path / "runs") == {
        ("logs", "train/auc"): [(0, 0.5), (1, 0.75)],
        ("logs", "valid_1/auc"): [(0, 0.25), (1, 0.5)],
    }


def test_lists_of_several_lengths_and_gaps_are_read() -> None:
    """CatBoost leaves rounds out; what is not finite may be a string or a bare word."""
    text = '{"learn": {"RMSE": [1, null, "NaN"]}, "validation": {"RMSE": [2, 3], "odd": [[1]]}}'
    records, problems = read("evals-result", text)
    assert records[:2] == [
        (1, {"iteration": 0, "learn/RMSE": 1, "validation/RMSE": 2}),
        (2, {"iteration": 1, "validation/RMSE": 3}),
    ]
    assert math.isnan(records[2][1]["learn/RMSE"])
    assert [problem.what for problem in problems] == ["'validation/odd' is not a list of numbers"]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ('{"training": {"l2": [1.5]}, "valid_0": {"l2": [2.5]}}', "evals-result"),
        ('{"dtrain": {"rmse": [1.5, 1]}}', "evals-result"),
        ('{"train": [1, 2], "test": [3, 4]}', "json"),
        ('{"a": {"loss": [1, 2]}, "b": {"loss": [3, 4]}}', "json-tree"),
        ('{"train": {"loss": [[1, 0.5], [2, 0.25]]}}', "json"),
    ],
)
def test_results_of_boosting_are_known_by_two_levels_of_names(text: str, form: str) -> None:
    """Other documents stay what they are."""
    assert taken_for(text, "results.json") == form


MODELS = {
    "XGBoost's JSON": '{"learner":{"attributes":{},"gradient_booster":{"model":{}}}}',
    "XGBoost's UBJSON": b"{L\0\0\0\0\0\0\0\x07learner{L\0",
    "XGBoost's old binary": b"binf\0\0",
    "a dump of XGBoost as text": "booster[0]:\n0:[f0<0.5] yes=1,no=2\n",
    "LightGBM's text": "tree\nversion=v4\nnum_class=1\n",
    "LightGBM's JSON": '{"name":"tree",\n"version":"v4", "tree_info":[]}',
    "CatBoost's binary": b"CBM1\x10\0",
    "CatBoost's JSON": '{"features_info":{}, "oblivious_trees":[]}',
}


@pytest.mark.parametrize("data", MODELS.values(), ids=list(MODELS))
def test_a_model_of_trees_is_refused_with_the_reason(data: str | bytes) -> None:
    """Its numbers are neither metrics nor weights."""
    assert "trees hold no metrics" in refusal(head_of(as_bytes(data), "model"))


@pytest.mark.parametrize("text", ["", "tree\nof things\n", '{"learner": 1, "loss": 0.5}', "[{}]"])
def test_what_is_no_model_is_not_refused(text: str) -> None:
    """A word in common is not enough."""
    assert refusal(head_of(as_bytes(text), "log.json")) == ""


def test_a_model_beside_a_log_is_named_and_not_read(tmp_path: Path) -> None:
    """It would else be a note, or numbers of nothing."""
    logs = put(tmp_path / "logs", model__txt=MODELS["LightGBM's text"], log__csv="step,loss\n1,2\n")
    report = tbingest.convert(logs, tmp_path / "runs", NO_PLOTS)
    assert [source.format for source in report.sources] == ["table"]
    assert [one.reason for one in report.ignored] == [
        "a model of LightGBM: trees hold no metrics and no weights"
    ]


@needs_corpus
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("xgboost/gen_seed1/xgb_evals_result.json", 240),
        ("lightgbm/gen_seed1/lgbm_evals_result.json", 200),
    ],
)
def test_results_of_the_corpus_are_read(name: str, values: int, tmp_path: Path) -> None:
    """As many values as the manifest counts."""
    (source,) = tbingest.convert(CORPUS / name, tmp_path, NO_PLOTS).sources
    assert (source.format, source.written["scalar"]) == ("evals-result", values)


@needs_corpus
@pytest.mark.parametrize(
    "name", ["xgboost/gen_seed1/xgb_model.json", "lightgbm/gen_seed1/lgbm_model.txt"]
)
def test_models_of_the_corpus_are_refused(name: str) -> None:
    """Whatever their size."""
    assert refusal(head_of((CORPUS / name).read_bytes(), name))
