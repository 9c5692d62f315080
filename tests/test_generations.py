"""What a model wrote: tables of samples by step, and what is no such thing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import tbingest
from tbingest.model.points import Table

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = tbingest.Options(plots="none")


def lines(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def sample(step: int, n: int, **more: Any) -> dict[str, Any]:
    return {"step": step, "prompt": f"p{n}", "completion": f"c{n}", **more}


def given(folder: Path) -> dict[tuple[str, int], Any]:
    """The value of each tag and step."""
    return {
        (tag, int(points.steps[row])): points.values[row][place]
        for batch in tbingest.read(folder, PLAIN).batches()
        for points in batch
        for row in range(len(points))
        for place, tag in enumerate(points.tags)
    }


def test_the_samples_of_a_step_are_one_table(tmp_path: Path) -> None:
    """Sixteen of them; the numbers' means are of all."""
    (tmp_path / "out.jsonl").write_text(
        lines(*(sample(step, n, reward=n) for step in (10, 20) for n in range(step)))
    )
    found = given(tmp_path)
    assert found["out/reward", 10] == 4.5
    assert found["out/reward", 20] == 9.5
    rows = tuple((f"p{n}", f"c{n}", str(n)) for n in range(20))
    header = ("prompt", "completion", "reward")
    assert found["out/samples", 10] == Table(header, rows[:10])
    assert found["out/samples", 20] == Table(header, rows[:16], 4)


@pytest.mark.parametrize("order", [1, -1])
def test_a_record_may_lack_fields(tmp_path: Path, order: int) -> None:
    records = [sample(1, 0), sample(1, 1, score=2.0, note="x"), sample(1, 2, score=4.0)][::order]
    (tmp_path / "out.jsonl").write_text(lines(*records))
    found = given(tmp_path)
    assert found["out/score", 1] == 3.0
    assert len(found["out/samples", 1].rows) == 3
    assert {len(row) for row in found["out/samples", 1].rows} == {4}


def test_a_csv_and_a_step_in_the_name_do_as_well(tmp_path: Path) -> None:
    text = 'question,response,score\n"1 + 1, or so?",2,0.5\n"a\nb",c,1.5\n'
    (tmp_path / "samples_step_300.csv").write_text(text)
    found = given(tmp_path)
    assert found["samples/score", 300] == 1.0
    table = Table(
        ("question", "response", "score"), (("1 + 1, or so?", "2", "0.5"), ("a\nb", "c", "1.5"))
    )
    assert found["samples/samples", 300] == table


def test_prompts_without_a_step_are_a_data_set(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text(lines(*({"prompt": "a", "completion": "b"},) * 5))
    plan = tbingest.inspect(tmp_path, tmp_path / "runs", PLAIN)
    assert [one.format for job in plan.jobs for one in job.sources] != ["generations"]


def test_a_table_that_grew_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    """And the other steps are not written again."""
    logs = tmp_path / "logs"
    logs.mkdir()
    log = logs / "out.jsonl"
    log.write_text(lines(*(sample(step, n) for step in (1, 2) for n in range(3))))
    first = tbingest.convert(logs, tmp_path / "runs", PLAIN)
    assert first.points == 2
    with log.open("a") as stream:
        stream.write(lines(sample(2, 3), sample(3, 0)))
    later = tbingest.convert(logs, tmp_path / "runs", PLAIN)
    assert later.points == 2
    assert tbingest.convert(logs, tmp_path / "runs", PLAIN).bytes_written == 0


def test_what_finds_no_room_is_counted(tmp_path: Path, monkeypatch: Any) -> None:
    """Fields beyond the twentieth, and the samples of steps beyond the last one that is kept."""
    monkeypatch.setattr("tbingest.formats.generations._MOST_STEPS", 2)
    wide = {f"f{n}": "x" for n in range(21)}
    records = [sample(step, n, **wide) for step in (1, 2, 3, 4) for n in range(2)]
    (tmp_path / "out.jsonl").write_text(lines(*records))
    (source,) = tbingest.convert(tmp_path, tmp_path / "runs", PLAIN).sources
    assert [problem.what for problem in source.problems] == [
        "after 2 steps, 4 samples of others left out",
        "beyond 20 fields, 12 values left out",
    ]
    assert [problem.line for problem in source.problems] == [5, 1]
    assert source.reported == 16
    assert source.read == sum(source.written.values()) + source.reported


def test_what_is_cut_off_is_said(tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text(lines(sample(1, 0), sample(1, 1)) + '{"step": 1, "pro')
    report = tbingest.convert(tmp_path, tmp_path / "runs", PLAIN)
    (source,) = report.sources
    assert source.problem_count == 1
    assert source.read == sum(source.written.values()) + source.reported
