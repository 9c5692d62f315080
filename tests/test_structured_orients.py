"""One table says the same in whatever form a program wrote it."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

import tbingest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OPTIONS = tbingest.Options(plots="none", processes=1)
Records = list[dict[str, Any]]

MODELS: Records = [
    {"model": model, "epoch": epoch, "train_loss": loss / (epoch + 1), "note": note}
    for model, loss in (("small", 1.0), ("large", 0.5))
    for epoch, note in enumerate(("begun", None, None, "slower", None, None), 1)
]
"""Two trainings one after the other, and a column of words with gaps."""
ONE: Records = [
    {"total_steps": 2048 * n, "reward": n / 7, "val_loss": n / 9 if n % 5 == 0 else None}
    for n in range(1, 41)
]
"""A value in some rows only."""


def text(records: Records, *, index: bool = False) -> str:
    """As pandas writes a table, with the numbers of its rows or without."""
    rows = [list(one.values()) for one in records]
    names = [*records[0]]
    if index:
        names, rows = ["", *names], [[at, *row] for at, row in enumerate(rows)]
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([names, *rows])
    return stream.getvalue()


def split(records: Records) -> dict[str, Any]:
    """pandas' orient of that name."""
    data = [list(one.values()) for one in records]
    return {"columns": [*records[0]], "index": list(range(len(data))), "data": data}


FORMS: dict[str, tuple[str, Callable[[Records], str]]] = {
    "index": ("csv", lambda records: text(records, index=True)),
    "records": ("json", json.dumps),
    "lines": ("jsonl", lambda records: "".join(json.dumps(one) + "\n" for one in records)),
    "columns": (
        "json",
        lambda records: json.dumps(
            {name: {str(at): one[name] for at, one in enumerate(records)} for name in records[0]}
        ),
    ),
    "split": ("json", lambda records: json.dumps(split(records))),
}


def points(path: Path) -> dict[tuple[str, str, int], float]:
    """The scalars of a file by run, tag and step; `index` would be none of them."""
    frame = tbingest.read(path, OPTIONS).to_pandas()
    keys = zip(frame["run"], frame["tag"], frame["step"], strict=True)
    return {
        (run.partition("/")[2], tag.replace("train/", "train_"), step): value
        for (run, tag, step), value in zip(keys, frame["value"], strict=True)
    }


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("records", [MODELS, ONE], ids=["models", "one"])
def test_a_table_says_the_same_in_each_form(records: Records, form: str, tmp_path: Path) -> None:
    """Steps and values are those of the plain table, and which trainings there are."""
    plain = tmp_path / "run.csv"
    plain.write_text(text(records))
    ending, write = FORMS[form]
    other = tmp_path / form / f"run.{ending}"
    other.parent.mkdir()
    other.write_text(write(records))
    said, expected = points(other), points(plain)
    assert sorted((step, value) for (_, _, step), value in said.items()) == sorted(
        (step, value) for (_, _, step), value in expected.items()
    )
    assert len({run for run, _, _ in said}) == len({run for run, _, _ in expected})


def test_a_long_document_in_one_line_is_no_line_of_a_log(tmp_path: Path) -> None:
    """However much longer than what is looked at first."""
    records = [{"epoch": n, "loss": 1 / n} for n in range(1, 4001)]
    log = tmp_path / "history.json"
    log.write_text(FORMS["columns"][1](records))
    assert len(points(log)) == 4000


def test_the_fields_of_stable_baselines3_may_be_columns(tmp_path: Path) -> None:
    """A table in one object is no record of its logger."""
    records = [
        {"time/total_timesteps": 100 * n, "rollout/ep_rew_mean": n / 3, "train/loss": n / 4}
        for n in range(1, 9)
    ]
    log = tmp_path / "progress.json"
    log.write_text(FORMS["columns"][1](records))
    assert points(log)["", "rollout/ep_rew_mean", 300] == 1.0
