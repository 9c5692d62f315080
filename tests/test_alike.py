"""Logs of one folder: one run where their values are the same, else runs of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tbingest.options import Options
from tbingest.plan.alike import is_same
from tbingest.plan.planner import plan

if TYPE_CHECKING:
    from pathlib import Path

EXACT = "epoch,train_loss,val_loss\n1,0.912345,1.012345\n2,0.812345,0.912345\n3,0.712345,0.8\n"
ROUNDED = "".join(
    f"Epoch {epoch}: train_loss {train:.4f} val_loss {val:.4f}\n"
    for epoch, train, val in [(1, 0.912345, 1.012345), (2, 0.812345, 0.912345), (3, 0.712345, 0.8)]
)
OTHER = "".join(f"Epoch {at}: train_loss {5 / at:.4f} val_loss {6 / at:.4f}\n" for at in (1, 2, 3))


def _runs(folder: Path) -> dict[str, str]:
    jobs = plan([folder], folder / "logdir", Options()).jobs
    return {one.source.name: one.run for job in jobs for one in job.sources}


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def test_a_console_log_that_rounds_the_values_of_a_table_is_the_same_run(tmp_path: Path) -> None:
    exp = tmp_path / "exp"
    _write(exp, {"metrics.csv": EXACT, "train.log": ROUNDED})
    assert _runs(exp) == {"metrics.csv": "exp", "train.log": "exp"}


def test_logs_with_the_same_tags_and_other_values_are_runs_named_after_their_files(
    tmp_path: Path,
) -> None:
    exp = tmp_path / "exp"
    _write(exp, {"resnet.csv": EXACT, "vgg.log": OTHER})
    assert _runs(exp) == {"resnet.csv": "exp/resnet", "vgg.log": "exp/vgg"}


def test_files_of_one_stem_with_other_values_keep_their_whole_names(tmp_path: Path) -> None:
    exp = tmp_path / "exp"
    _write(exp, {"log.csv": EXACT, "log.txt": OTHER})
    assert _runs(exp) == {"log.csv": "exp/log.csv", "log.txt": "exp/log.txt"}


def test_where_one_log_is_split_off_all_are_but_the_one_that_says_the_same(tmp_path: Path) -> None:
    exp = tmp_path / "exp"
    third = "epoch,train_loss\n1,9.5\n2,8.5\n3,7.5\n"
    _write(exp, {"a.csv": EXACT, "b.csv": third, "a_console.log": ROUNDED, "c.log": OTHER})
    runs = _runs(exp)
    assert runs["a_console.log"] == runs["a.csv"] == "exp/a"
    assert (runs["b.csv"], runs["c.log"]) == ("exp/b", "exp/c")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [(0.8123, 0.812345, True), (0.8123, 0.8125, False), (4e-05, 4e-05, True), (0.5, 0.5, True)],
)
def test_values_are_the_same_to_the_digits_that_the_coarser_one_shows(
    one: float,
    other: float,
    same: bool,  # noqa: FBT001
) -> None:
    assert is_same(one, other) is same
    assert is_same(other, one) is same


def test_a_log_that_is_there_twice_byte_for_byte_is_read_once(tmp_path: Path) -> None:
    exp = tmp_path / "exp"
    _write(exp, {"metrics.csv": EXACT, "metrics - Copy.csv": EXACT})
    found = plan([exp], exp / "logdir", Options())
    assert [one.source.name for job in found.jobs for one in job.sources] == ["metrics.csv"]
    assert [one.reason for one in found.ignored] == ["a copy of metrics.csv"]


@pytest.mark.parametrize("name", ["metrics.csv.1", "other.csv"])
def test_a_rotated_log_and_one_record_are_no_copies(tmp_path: Path, name: str) -> None:
    """Two models may have the same score; a rotated log may be its copy for a moment."""
    exp = tmp_path / "exp"
    text = EXACT if name.endswith(".1") else "epoch,train_loss\n1,0.5\n"
    _write(exp, {"metrics.csv": text, name: text})
    assert len(_runs(exp)) == 2


def test_a_run_does_not_borrow_the_time_of_another_run_of_its_folder(tmp_path: Path) -> None:
    exp = tmp_path / "exp"
    timed = "epoch,train_loss,timestamp\n1,0.5,1750000000\n2,0.4,1750000060\n3,0.3,1750000120\n"
    other = "epoch,train_loss\n1,9.5\n2,8.5\n3,7.5\n"
    _write(exp, {"a.csv": timed, "b.csv": other})
    jobs = plan([exp], exp / "logdir", Options()).jobs
    bases = {one.source.name: one.base_from for job in jobs for one in job.sources}
    assert bases["b.csv"] == "the file's mtime"


def test_a_console_log_has_the_time_of_the_table_of_its_run(tmp_path: Path) -> None:
    exp = tmp_path / "exp"
    timed = "epoch,train_loss,timestamp\n1,0.9123,1750000000\n2,0.8123,1750000060\n"
    _write(exp, {"a.csv": timed, "a.log": "Epoch 1: train_loss 0.91\nEpoch 2: train_loss 0.81\n"})
    jobs = plan([exp], exp / "logdir", Options()).jobs
    bases = {one.source.name: one.base_from for job in jobs for one in job.sources}
    assert bases["a.log"] == "start of a.csv"


def test_documents_of_results_are_what_came_of_the_training_beside_them(tmp_path: Path) -> None:
    """A history, a summary and a table of classes are one run; other models have theirs below."""
    epochs = [{"epoch": at, "val_loss": 1 / at} for at in (1, 2, 3)]
    files = {
        "history.json": json.dumps(epochs),
        "metrics.json": '{"macro_f1": 0.9121, "per_class": {"cat": {"f1": 0.9511}}}',
        "per_class.csv": "label,precision,recall,f1,support\ncat,0.9,0.8,0.8,7\ndog,1,0.7,0.8,9\n",
        "others.csv": "method,auroc\nMSP,91.96\nEnergy,92.15\n",
    }
    _write(tmp_path / "exp", files)
    assert set(_runs(tmp_path / "exp").values()) == {"exp"}


def test_results_that_say_otherwise_of_a_tag_are_runs_of_their_own(tmp_path: Path) -> None:
    files = {
        "training_log.csv": "epoch,loss\n1,0.5\n2,0.25\n",
        "baseline_metrics.json": '{"accuracy": 0.4112, "n_eval": 25}',
        "improved_metrics.json": '{"accuracy": 0.5234, "n_eval": 25}',
    }
    _write(tmp_path / "exp", files)
    assert set(_runs(tmp_path / "exp").values()) == {
        "exp/training_log",
        "exp/baseline_metrics",
        "exp/improved_metrics",
    }


def test_different_results_of_one_run_by_its_name_are_one_run(tmp_path: Path) -> None:
    files = {
        "task.json": '{"run": "a_4bit", "exact_match": 86.2}',
        "forgetting.json": '{"run": "a_4bit", "mmlu": 55.81, "forgetting_score": 3.34}',
    }
    _write(tmp_path / "a_4bit", files)
    assert set(_runs(tmp_path / "a_4bit").values()) == {"a_4bit"}
    other = files["forgetting.json"].replace("a_4bit", "b_4bit")
    _write(tmp_path / "results", {**files, "forgetting.json": other})
    assert len(set(_runs(tmp_path / "results").values())) == 2


def test_a_history_whose_tags_are_renamed_is_one_run_with_its_results(tmp_path: Path) -> None:
    """Keras' `accuracy` is `epoch_accuracy` of the training there."""
    lists = {key: [0.5, 0.75] for key in ("accuracy", "loss", "val_accuracy", "val_loss")}
    report = "precision recall f1-score support\n\ncat 0.95 0.90 0.92 10\ndog 0.91 0.96 0.93 12\n"
    files = {
        "history.json": json.dumps(lists),
        "test_metrics.json": '{"accuracy": 0.9123}',
        "classification_report.txt": report,
    }
    _write(tmp_path / "cnn", files)
    assert set(_runs(tmp_path / "cnn").values()) == {"cnn"}


def test_a_log_of_two_trainings_is_the_run_of_a_document_of_the_first(tmp_path: Path) -> None:
    """A CSVLogger appends; a history is of one call of fit."""
    exp = tmp_path / "exp"
    first = {"loss": [0.9, 0.8, 0.7], "val_loss": [1.0, 0.9, 0.8]}
    rows = "".join(f"{at},{first['loss'][at]},{first['val_loss'][at]}\n" for at in range(3))
    again = "0,0.65,0.75\n1,0.6,0.7\n2,0.55,0.65\n"
    _write(
        exp, {"log.csv": f"epoch,loss,val_loss\n{rows}{again}", "history.json": json.dumps(first)}
    )
    assert set(_runs(exp).values()) == {"exp"}
