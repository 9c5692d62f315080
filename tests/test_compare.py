"""`tbingest compare`: settings that differ, last and best values, in every form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tensorboardX import SummaryWriter
from tensorboardX.summary import hparams

from tbingest import UsageError, convert
from tbingest.check.run import check
from tbingest.cli import run
from tbingest.options import Options
from tbingest.pipeline.compare import At, Comparison, compare
from tbingest.report.comparison import as_html, as_markdown, settings, unshared

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two runs that differ in one setting; the second is better in accuracy only."""
    for name, rate, losses, accuracies in (
        ("a", 0.1, (3.0, 1.0, 2.0), (0.5, 0.75, 0.25)),
        ("b", 0.2, (3.0, 2.0, 2.5), (0.5, 0.5, 1.0)),
    ):
        writer = SummaryWriter(str(tmp_path / "runs" / name))
        for step, (loss, accuracy) in enumerate(zip(losses, accuracies, strict=True)):
            writer.add_scalar("loss", loss, step)
            writer.add_scalar("val/acc", accuracy, step)
            writer.add_scalar(f"own_{name}", step, step)
        writer.file_writer.add_summary(hparams({"lr": rate, "name": "adam"}, {})[1])
        writer.close()
    return tmp_path / "runs"


def test_last_and_best_values_stand_beside_each_other(runs: Path) -> None:
    """A delta is against the first run; tags of one run come last."""
    found = compare([str(runs)])
    assert found.runs == ["a", "b"]
    assert found.settings == [("lr", ("0.1", "0.2"))]
    rows = {(row.tag, row.run): row for row in found.rows}
    assert [row.tag for row in found.rows][-2:] == ["own_a", "own_b"]
    assert (rows["loss", "a"].last, rows["loss", "a"].best) == (At(2.0, 2), At(1.0, 1))
    assert (rows["loss", "b"].delta, rows["loss", "b"].better) == (0.5, False)
    assert (rows["val/acc", "b"].delta, rows["val/acc", "b"].better) == (0.75, True)


def test_the_numbers_are_those_of_check(runs: Path) -> None:
    """Of `check --baseline`."""
    curves = {
        one.tag: one
        for one in check([str(runs / "b")], [], Options(), baseline=str(runs / "a")).curves
    }
    found = compare([str(runs / "a"), str(runs / "b")])
    for row in found.rows:
        if row.delta is not None:
            assert (row.last.value, row.delta) == (curves[row.tag].last, curves[row.tag].delta)


def test_a_log_is_compared_to_event_files(runs: Path, tmp_path: Path) -> None:
    """Runs of one name bear their paths."""
    (tmp_path / "logs" / "a").mkdir(parents=True)
    (tmp_path / "logs" / "a" / "train.csv").write_text("step,loss\n1,0.5\n2,0.25\n")
    found = compare([str(runs), str(tmp_path / "logs")], tags=["loss"], runs=["a"])
    assert found.runs == [f"{runs}:a", f"{tmp_path / 'logs'}:a"]
    assert [row.delta for row in found.rows] == [None, -1.75]


def test_one_run_is_nothing_to_compare(runs: Path) -> None:
    """It is said which."""
    with pytest.raises(UsageError, match="only run a is there to compare"):
        compare([str(runs / "a")])


def test_every_form_says_the_same(
    runs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text fits 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["compare", str(runs)]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    assert "+0.75 better" in text
    assert run(["compare", str(runs), "--output-format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["settings"] == [{"name": "lr", "values": {"a": "0.1", "b": "0.2"}}]
    assert run(["compare", str(runs), "--output-format", "markdown"]) == 0
    assert "| loss | a | 2 | 2 |  | 1 | 1 |" in capsys.readouterr().out
    assert run(["compare", str(runs), "--output-format", "html"]) == 0
    assert "<td>val/acc</td>" in capsys.readouterr().out


def test_what_people_look_for_comes_first(runs: Path) -> None:
    """The score, then the loss, as on the first screen; what one run has stands last."""
    assert list(dict.fromkeys(row.tag for row in compare([str(runs)]).rows)) == [
        *("val/acc", "loss"),
        *("own_a", "own_b"),
    ]


def test_whole_numbers_of_event_files_are_those_of_logs(tmp_path: Path) -> None:
    """TensorBoard keeps 16 as 16.0."""
    for name, size in (("a", 16), ("b", 32)):
        (tmp_path / "logs" / name).mkdir(parents=True)
        (tmp_path / "logs" / name / "train.csv").write_text("step,loss\n1,0.5\n2,0.25\n")
        (tmp_path / "logs" / name / "hparams.yaml").write_text(f"size: {size}\nlr: 0.5\n")
    convert(tmp_path / "logs", tmp_path / "runs", Options(plots="none"))
    found = compare([str(tmp_path / "runs")])
    assert found.settings == [("size", ("16", "32"))]
    assert compare([str(tmp_path / "logs")]).settings == found.settings


def test_many_settings_that_some_runs_name_are_listed_by_their_names() -> None:
    """Rows are what runs say differently; few runs are columns, many are rows."""
    names = [f"x{n:02}" for n in range(11)]
    alone = [(name, ("1", None, None)) for name in names]
    made = Comparison(["a", "b", "c"], [*alone, ("lr", ("0.10000000001", "0.2", None))])
    assert settings(made) == [("", "lr"), ("a", "0.1"), ("b", "0.2"), ("c", "")]
    assert unshared(made) == names
    few = Comparison(["a", "b", "c"], [*alone[:3]])
    assert settings(few)[0] == ("", "a", "b", "c")
    assert unshared(few) == []
    assert "named by some runs only: x00, x01" in as_markdown(made)
    assert "<p>named by some runs only: x00, x01" in as_html(made)
