"""W&B's tables become tables of text; long texts are cut with a word, and none is invalid."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from helpers.loaded import texts as shown

import tbingest

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = tbingest.Options(plots="none")


def folder(tmp_path: Path, tables: dict[str, Any]) -> Path:
    files = tmp_path / "logs" / "wandb" / "run-20240722_132512-92glrg0m" / "files"
    (files / "media" / "table" / "val").mkdir(parents=True)
    (files / "wandb-summary.json").write_text('{"loss": 0.5, "_step": 10}')
    for name, content in tables.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (files / "media" / "table" / name).write_text(text)
    return tmp_path / "logs"


def table_of(report: Any) -> Any:
    (source,) = (one for one in report.sources if one.format == "wandb-table")
    return source


def test_a_table_is_shown_at_its_step(tmp_path: Path) -> None:
    """Cell by cell; of a picture in it, where it lies."""
    picture = {"_type": "image-file", "path": "media/images/a.png"}
    table = {"columns": ["a|b", "x"], "data": [["p*q", 1.5], [None, picture], [[1, 2]]], "nrows": 3}
    logs = folder(tmp_path, {"val/samples_0_1c0f3a5b.table.json": table})
    report = tbingest.convert(logs, tmp_path / "runs", PLAIN)
    assert (table_of(report).read, table_of(report).problem_count) == (1, 0)
    run = tmp_path / "runs" / "wandb" / "run-20240722_132512-92glrg0m"
    assert shown(run)["tables/val/samples"].split("\n") == [
        "| a\\|b | x |",
        "|---|---|",
        "| p\\*q | 1.5 |",
        "|  | media/images/a.png |",
        "| a list of 2 |  |",
    ]


def test_of_a_long_table_it_is_said_how_long_it_is(tmp_path: Path) -> None:
    table = {"columns": [f"c{n}" for n in range(30)], "data": [list(range(30))] * 250}
    logs = folder(tmp_path, {"t_0_1c0f3a5b.table.json": table})
    source = table_of(tbingest.convert(logs, tmp_path / "runs", PLAIN))
    assert [one.what for one in source.problems] == ["the first 20 of 30 columns are shown"]
    run = tmp_path / "runs" / "wandb" / "run-20240722_132512-92glrg0m"
    text = shown(run)["tables/t"]
    assert text.endswith("\n\n150 more are not shown")
    assert text.count("\n") == 1 + 100 + 2


@pytest.mark.parametrize("content", ['{"columns": 1, "data": 2}', "[]", '{"columns": ["a"', "{}"])
def test_a_damaged_table_is_a_problem(tmp_path: Path, content: str) -> None:
    logs = folder(tmp_path, {"t_0_1c0f3a5b.table.json": content})
    source = table_of(tbingest.convert(logs, tmp_path / "runs", PLAIN))
    assert source.problem_count
    assert source.read == source.reported + sum(source.written.values())


def test_a_long_text_in_a_log_is_cut_with_a_word(tmp_path: Path) -> None:
    """In a log as in a note; the values stay."""
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps({"step": 3, "loss": 1.0, "note": "a" * 200_001}) + "\n")
    report = tbingest.convert(log, tmp_path / "runs", PLAIN)
    (source,) = report.sources
    assert [(one.line, one.what) for one in source.problems] == [
        (1, "note: only the first 200,000 of 200,001 characters are shown")
    ]
    assert (source.read, source.reported) == (2, 0)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("a\u0000b", "ab"), ("a\ud800b", "a\ufffdb"), ("\ufeffa\u2028b", "\ufeffa\u2028b")],
)
def test_a_text_is_always_valid(tmp_path: Path, text: str, wanted: str) -> None:
    """No NUL, no half of a surrogate pair."""
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps({"step": 0, "loss": 1.0, "note": text}) + "\n")
    tbingest.convert(log, tmp_path / "runs", PLAIN)
    assert shown(tmp_path / "runs" / "log") == {"note": wanted}
