"""JSON lines in general: what a trainer may write into them, and tidy ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from helpers.logs import lines, put, written
from helpers.readers import read, taken_for

import tbingest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "row",
    [
        {"step": 1, "metric": "loss", "value": 0.5},
        {"step": 1, "key": "loss", "value": 0.5, "timestamp": 1780000000123},
        {"epoch": 1, "name": "loss", "score": 0.5},
        {"run": "a", "step": 1, "tag": "loss", "value": 0.5},
    ],
)
def test_tidy_lines_are_known_by_a_name_and_its_value(row: dict[str, Any]) -> None:
    """Whatever else stands beside them."""
    assert taken_for(lines(row, row), "metrics.jsonl") == "tidy-jsonl"


def test_lines_with_a_name_and_other_numbers_are_not_tidy() -> None:
    """A name alone is a name."""
    row = {"step": 1, "name": "resnet", "loss": 0.5}
    assert taken_for(lines(row, row), "metrics.jsonl") == "jsonl"
    table = [{"name": "resnet", "score": 0.5}, {"name": "vit", "score": 0.75}]
    assert taken_for(lines(*table), "results.jsonl") == "json-tree"  # models, no steps


def test_each_name_of_tidy_lines_is_a_tag_of_its_run(tmp_path: Path) -> None:
    """A metric that is called like a field is told apart from it."""
    rows = [
        {"run": run, "step": step, "metric": name, "value": step / 4}
        for run in ("a", "b")
        for step in (1, 2)
        for name in ("loss", "step")
    ]
    found = written(put(tmp_path / "logs", m__jsonl=lines(*rows)), tmp_path / "runs")
    assert set(found) == {(f"logs/{run}", tag) for run in "ab" for tag in ("loss", "step")}
    assert found["logs/a", "step"] == [(1, 0.25), (2, 0.5)]


def test_a_line_among_tidy_ones_that_has_no_value_is_kept_as_it_is() -> None:
    """Nothing is lost."""
    rows = [{"step": 1, "metric": "loss", "value": 0.5}, {"step": 2, "lr": 0.1}]
    records, problems = read("tidy-jsonl", lines(*rows))
    assert problems == []
    assert [fields for _, fields in records] == [{"step": 1, "loss": 0.5}, rows[1]]


def test_strings_that_say_nan_or_an_infinity_are_numbers() -> None:
    """JSON has none, so writers put them into strings."""
    rows = [
        {"step": 1, "loss": "NaN"},
        {"step": 2, "loss": "-Infinity"},
        {"step": 3, "loss": "inf"},
    ]
    records, problems = read("jsonl", lines(*rows))
    assert problems == []
    first, second, third = (fields["loss"] for _, fields in records)
    assert math.isnan(first)
    assert (second, third) == (-math.inf, math.inf)


def test_a_trainers_lines_are_read_as_they_are_nested(tmp_path: Path) -> None:
    """Times, flags, lists, keys with slashes and dots; nothing but text lists is reported."""
    rows = [
        {
            "timestamp": "2026-05-28T20:26:40.5+00:00",
            "time/batch": 10,
            "loss/train/total": 0.5,
            "done": False,
            "ppo": {"policy": {"entropy": 1.5}, "scores": [0.1, 0.2]},
            "acc.top1": 0.25,
            "mAP_0.5": 0.75,
            "note": "warm",
            "nothing": None,
        }
    ]
    logs = put(tmp_path / "logs", log__jsonl=lines(*rows))
    found = list(tbingest.read(logs))
    assert {tag: points.kind for points in found for tag in points.tags} == {
        "loss/train/total": "scalar",
        "done": "scalar",
        "ppo/policy/entropy": "scalar",
        "ppo/scores": "histogram",
        "acc/top1": "scalar",
        "mAP_0.5": "scalar",
        "note": "text",
    }
    assert {int(step) for points in found for step in points.steps} == {10}
    assert {float(time) for points in found for time in points.times} == {1780000000.5}


@pytest.mark.parametrize("field", ["split", "phase", "type", "event"])
def test_a_field_that_names_the_split_stands_before_the_tags(field: str, tmp_path: Path) -> None:
    """Where all its values are names of splits."""
    rows = [{field: "train", "epoch": 1, "loss": 0.5}, {field: "val", "epoch": 1, "loss": 0.75}]
    found = written(put(tmp_path / "logs", log__jsonl=lines(*rows)), tmp_path / "runs")
    assert found == {("logs", "train/loss"): [(1, 0.5)], ("logs", "val/loss"): [(1, 0.75)]}


@pytest.mark.parametrize("column", ["name", "metric"])
@pytest.mark.parametrize("count", [6, 1_200, 6_000])
def test_a_tidy_table_is_read_by_its_names_however_many_they_are(
    column: str, count: int, tmp_path: Path
) -> None:
    """Of thousands of names the first of all rows that are looked at tells of one step alone."""
    rows = [f"{step},layer{at},{at + step / 4}" for step in range(3) for at in range(count)]
    put(tmp_path / "logs", log__csv="\n".join([f"step,{column},value", *rows]) + "\n")
    shown = written(tmp_path / "logs", tmp_path / "runs")
    wanted = {
        ("logs", f"layer{at}"): [(step, at + step / 4) for step in range(3)] for at in range(count)
    }
    assert shown == wanted
