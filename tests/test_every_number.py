"""No number of a table or a JSON document disappears: it is shown, or the report counts it.

The numbers of a file come from the standard library, those that are shown from TensorBoard's own
loader. A number is shown as a value, a setting or in a text; a column may also be the steps or the
times. Whatever is not must be among what the report says was superseded, repeated, reported, left
out or set aside; or the whole file is named as not read.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from helpers.command import tbingest_
from helpers.numbers_held import held, shown
from helpers.places import CORPUS, SAMPLES

import tbingest

if TYPE_CHECKING:
    from pathlib import Path

    from tbingest.model.report import SourceReport

NO_PLOTS = tbingest.Options(plots="none")
KINDS = ("*.csv", "*.tsv", "*.json", "*.jsonl")
LARGEST = 60_000
BROKEN = ("half.jsonl", "latin.csv", "trainer_log_truncated.jsonl")
"""Neither JSON nor UTF-8: the standard library cannot count their numbers."""
CONDENSED = frozenset({"predictions", "evaluation-plots"})
"""Scores and figures are made of all their numbers together."""
PACKED = frozenset({"histogram", "pr_curve"})
"""Kinds of values that hold many numbers, which no text of them shows."""
STEPS = {"allennlp": {"epoch"}, "mmcv": {"epoch", "iter"}}
"""Counters that make up a step, which is none of them: epochs from 1, iterations of all epochs."""


def files() -> list[Path]:
    """The samples, and those of the corpus and of the real logs beside it that are not large."""
    folders = [SAMPLES, CORPUS, CORPUS.resolve().parent / "real" / "structured" / "in"]
    found = [path for one in folders if one.is_dir() for kind in KINDS for path in one.rglob(kind)]
    small = [path for path in found if path.is_file() and path.stat().st_size < LARGEST]
    return sorted(path for path in small if path.name not in BROKEN)


def told(source: SourceReport) -> int:
    """How many numbers the report says are not shown, or shown in another one's place."""
    means = any("averaged" in problem.what for problem in source.problems)
    given = source.superseded + source.repeated + source.reported + source.left_out
    return given + source.account.set_aside + (source.written["scalar"] if means else 0)


@pytest.mark.parametrize("path", files(), ids=lambda path: "/".join(path.parts[-3:]))
def test_every_number_is_shown_or_accounted_for(path: Path, tmp_path: Path) -> None:
    """File by file, each converted alone."""
    report = tbingest.convert(path, tmp_path / "runs", NO_PLOTS)
    if not report.sources:
        assert report.ignored
        return
    (source,) = report.sources
    if source.format in CONDENSED or PACKED & {kind for kind, n in source.written.items() if n}:
        return
    found = shown(tmp_path / "runs")
    used = STEPS.get(source.format, set())
    missing = {
        where: lost
        for where, numbers in held(path).items()
        if where.rpartition("/")[2] not in used and (lost := found.missing(numbers))
    }
    assert sum(map(len, missing.values())) <= told(source), missing


STATE = {
    "epoch": 1.0,
    "max_steps": 20,
    "total_flos": 5e9,
    "log_history": [{"step": 10, "loss": 0.7}, {"step": 20, "loss": 0.5}],
}


def test_what_is_left_out_of_a_document_is_told_by_name(tmp_path: Path) -> None:
    """And once, though the document was read before and has grown."""
    path = tmp_path / "trainer_state.json"
    path.write_text(json.dumps(STATE))
    first = tbingest.convert(path, tmp_path / "runs", NO_PLOTS)
    path.write_text(
        json.dumps(STATE | {"log_history": [*STATE["log_history"], {"step": 30, "loss": 0.4}]})
    )
    first.absorb(tbingest.convert(path, tmp_path / "runs", NO_PLOTS))
    (source,) = first.to_dict()["sources"]
    assert source["account"]["aside"] == [
        {"name": name, "values": 1, "why": "the state of the Trainer"}
        for name in ("epoch", "max_steps", "total_flos")
    ]


def test_inspect_shows_what_is_left_out(tmp_path: Path) -> None:
    """Of lines: the numbers of all of them."""
    path = tmp_path / "result.json"
    record = {"training_iteration": 1, "time_total_s": 0.2, "pid": 7, "loss": 0.5}
    path.write_text(
        "".join(json.dumps(record | {"training_iteration": n}) + "\n" for n in range(3))
    )
    said = tbingest_("inspect", path, cwd=tmp_path).stdout
    assert "not shown: 6 numbers" in said
    assert "pid  3: Ray's own" in said


def test_a_table_of_text_that_is_cut_tells_how_many_numbers_it_hides(tmp_path: Path) -> None:
    """Of 300 rows of classes 200 are shown; each has two numbers."""
    path = tmp_path / "per_class_metrics.csv"
    rows = [f"class {n},{n / 1000},{n / 500}\n" for n in range(400)]
    path.write_text("class,precision,recall\n" + "".join(rows))
    (source,) = tbingest.convert(path, tmp_path / "runs", NO_PLOTS).sources
    assert source.account.set_aside == 400


def test_times_of_single_values_are_theirs(tmp_path: Path) -> None:
    """A table that says each value once, under its name, as trackers export it."""
    path = tmp_path / "metrics.csv"
    path.write_text("Name,Value,Timestamp,Step\nacc,0.5,1613824849186,1\nf1,0.25,1613824850186,1\n")
    tbingest.convert(path, tmp_path / "runs", NO_PLOTS)
    assert shown(tmp_path / "runs").times.numbers.tolist() == [1613824849.186, 1613824850.186]
