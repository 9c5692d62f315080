"""DVCLive's folders: tags are paths, and what is said twice is written once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.logs import NO_PLOTS, written
from helpers.places import CORPUS, needs_corpus
from helpers.readers import head_of, read

import tbingest
from tbingest.formats.registry import evidence

if TYPE_CHECKING:
    from pathlib import Path


def folder(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_a_metrics_tag_is_its_path_as_it_is(tmp_path: Path) -> None:
    """The header has the leaf only; neither dots nor underscores fold."""
    stamped = "timestamp\tstep\tval_acc@0.5\n1780000000500\t2\t1\n"
    files = {
        "exp/dvclive/plots/metrics/train/loss.tsv": "step\tloss\n0\t0.5\n2\t0.25\n",
        "exp/dvclive/plots/metrics/val_acc@0.5.tsv": stamped,
    }
    assert written(folder(tmp_path, **files), tmp_path / "runs") == {
        ("exp/dvclive", "train/loss"): [(0, 0.5), (2, 0.25)],
        ("exp/dvclive", "val_acc@0.5"): [(2, 1.0)],
    }


def test_last_values_that_a_series_has_are_not_written_again(tmp_path: Path) -> None:
    """What is in the summary only stands at its step."""
    files = {
        "dvclive/plots/metrics/a/x.tsv": "step\tx\n0\t0.5\n2\t0.25\n",
        "dvclive/metrics.json": '{"a": {"x": 0.25}, "best": "NaN", "step": 2}',
        "dvclive/plots/custom/hits.json": '[{"x": 0.0, "y": 0.5}]',
        "dvclive/report.md": "# Report",
    }
    root = folder(tmp_path, **files)
    report = tbingest.convert(root, tmp_path / "runs", NO_PLOTS)
    summary = next(one for one in report.sources if one.format == "dvclive-summary")
    assert (summary.read, summary.repeated, summary.written["scalar"]) == (3, 1, 2)
    reasons = sorted(one.reason for one in report.ignored)
    assert reasons == [
        "dvclive: a plot that is not drawn",
        "dvclive: a report of the same values",
    ]


@pytest.mark.parametrize("path", ["dvclive/scalars/a/x.tsv", "dvclive/a/x.tsv"])
def test_older_layouts_are_known(path: str, tmp_path: Path) -> None:
    """Before version 1 and 2 of DVCLive the metrics lay elsewhere."""
    root = folder(tmp_path, **{path: "timestamp\tstep\tx\n1780000000500\t2\t1\n"})
    assert written(root, tmp_path / "runs") == {("dvclive", "a/x"): [(2, 1.0)]}


def test_a_table_of_steps_that_is_not_called_as_its_column_is_any_table() -> None:
    """So is one with two metrics."""
    for text, name in (("step\tloss\n0\t1\n", "log.tsv"), ("step\ta\tb\n0\t1\t2\n", "a.tsv")):
        assert evidence(head_of(text.encode(), name))[0][0].name == "table"


def test_a_metrics_file_of_another_kind_is_not_dvclives() -> None:
    """Sacred's holds lists."""
    text = b'{"loss": {"steps": [0, 1], "values": [0.5, 0.25]}, "step": 3}'
    names = [
        entry.name for entry, said in evidence(head_of(text, "metrics.json")) if said.confidence
    ]
    assert "dvclive-summary" not in names


def test_a_summary_without_a_step_is_read() -> None:
    """Its values stand at step 0."""
    records, _ = read("dvclive-summary", '{"a": {"b": 1.5}}')
    assert records == [(1, {"a/b": 1.5})]


@needs_corpus
@pytest.mark.parametrize(
    ("name", "scalars", "read_"),
    [("exp_tracking", 41, 43), ("gen_seed1", 29, 32), ("hydra_mnist", 16, 17)],
)
def test_dvclives_folders_of_the_corpus_are_read_whole(
    name: str, scalars: int, read_: int, tmp_path: Path
) -> None:
    """As many values as the manifest counts, each once."""
    report = tbingest.convert(CORPUS / "dvclive" / name, tmp_path / "runs", NO_PLOTS)
    live = [one for one in report.sources if one.format.startswith("dvclive")]
    assert sum(one.written["scalar"] for one in live) == scalars
    assert sum(one.read for one in live) == read_
