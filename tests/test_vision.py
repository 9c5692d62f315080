"""Logs of boosting, vision and fine-tuning tools: steps, runs and tags of their own loggers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from test_downloads import written
from test_formats import read, taken_for

if TYPE_CHECKING:
    from pathlib import Path


def put(folder: Path, **files: str) -> Path:
    """Write files; `__` in a name stands for a dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


def lines(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


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
        (f"{run}/learn", "RMSE"): [(0, 0.5)],
        (f"{run}/test", "RMSE:0"): [(0, 0.6)],
        (f"{run}/test", "MAE:0"): [(0, 0.1)],
        (f"{run}/test1", "RMSE"): [(0, 0.7)],
        (f"{run}/test1", "MAE"): [(0, 0.2)],
    }
