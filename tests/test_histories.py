"""Histories of trainers, epoch by epoch: fastai, skorch, Poutyne, LLaMA-Factory and their kin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from helpers.logs import lines, put, written
from helpers.readers import read, taken_for

import tbingest
from tbingest.names.times import parse_duration
from tbingest.options import Options

if TYPE_CHECKING:
    from pathlib import Path

NO_PLOTS = Options(plots="none")


def times_of(path: Path) -> dict[str, list[float]]:
    """Wall times of every scalar, in seconds since the first of all, by tag."""
    found: dict[str, list[float]] = {}
    for points in tbingest.read(path, Options(plots="none", wall_time="1000000000")):
        for tag in points.tags if points.kind == "scalar" else ():
            found.setdefault(tag, []).extend((points.times - 1e9).round(3).tolist())
    return found


# Durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:05", 5.0),
        ("75:30", 4530.0),
        ("0:00:19", 19.0),
        (" 1:02:03.5 ", 3723.5),
        ("1 day, 2:03:04", 93784.0),
        ("3 days, 0:00:01", 259201.0),
        ("0 days 00:00:00.44", 0.44),
        ("12:30:15+02:00", None),
        ("2026-05-28", None),
        ("5", None),
        ("1:2:3:4", None),
        ("", None),
    ],
)
def test_a_duration_is_read_with_its_colons(text: str, seconds: float | None) -> None:
    """As Python, pandas and progress bars write them."""
    assert parse_duration(text) == seconds


def test_elapsed_times_with_colons_are_wall_times_in_any_log(tmp_path: Path) -> None:
    """And are no text of their own."""
    logs = put(
        tmp_path / "logs",
        log__jsonl=lines(
            {"step": 1, "loss": 0.5, "elapsed_time": "0:00:19"},
            {"step": 2, "loss": 0.4, "elapsed_time": "1 day, 0:00:00"},
        ),
    )
    assert times_of(logs) == {"loss": [19.0, 86400.0]}
    assert {points.kind for points in tbingest.read(logs)} == {"scalar"}


# fastai

FASTAI = "epoch,train_loss,valid_loss,_rmse,time\n"


def test_durations_of_fastai_add_up_to_wall_times(tmp_path: Path) -> None:
    """The tag `time` has them in seconds; a metric's underscore stays."""
    logs = put(tmp_path / "logs", history__csv=f"{FASTAI}0,3,4,2,00:05\n1,2,3,1,01:00\n")
    found = times_of(logs)
    assert found == {tag: [5.0, 65.0] for tag in ("train_loss", "valid_loss", "_rmse", "time")}
    assert written(logs, tmp_path / "runs")["logs", "time"] == [(0, 5.0), (1, 60.0)]


def test_a_history_of_fastai_is_known_by_its_durations() -> None:
    """With seconds in the last column it is any table; without a validation cells are `None`."""
    assert taken_for(f"{FASTAI}0,3,4,2,00:05\n", "history.csv") == "fastai"
    assert taken_for(f"{FASTAI}0,3,None,None,1:00:05\n", "history.csv") == "fastai"
    assert taken_for(f"{FASTAI}0,3,#na#,#na#,00:05\n", "history.csv") == "fastai"
    assert taken_for(f"{FASTAI}0,3,4,2,5.5\n1,2,3,1,5\n", "history.csv") == "table"


@pytest.mark.parametrize("cut", range(45, 80, 7))
def test_a_history_of_fastai_may_be_cut_anywhere(cut: int) -> None:
    """Elapsed seconds are counted over all pieces."""
    text = f"{FASTAI}0,3,4,2,00:05\n1,2,3,1,01:00\n2,2,3,1,01:00\n"
    records, problems = read("fastai", text, cuts=[cut])
    assert problems == []
    assert [fields["elapsed"] for _, fields in records] == [5.0, 65.0, 125.0]


def test_a_cell_of_fastai_that_is_no_duration_is_reported() -> None:
    """The other rows keep their durations, in the order of their lines."""
    text = f"{FASTAI}0,3,4,2,00:05\n1,2,,1,late\n2,2,,1,01:00\n3,2,3,1,00:01\n"
    records, problems = read("fastai", text)
    assert [problem.what for problem in problems] == ["'late' is not a duration such as 01:05"]
    assert [fields["elapsed"] for _, fields in records] == [5.0, 5.0, 65.0, 66.0]
    assert [fields.get("time") for _, fields in records] == [5.0, None, 60.0, 1.0]


# Poutyne


def test_columns_of_poutyne_are_runs(tmp_path: Path) -> None:
    """A loss and its validation meet in one chart; the epoch is a value too."""
    text = "epoch\ttime\tlr\tloss\tval_loss\n1\t0.5\t0.1\t0.7\t0.8\n"
    logs = put(tmp_path / "logs", log__tsv=text)
    assert written(logs, tmp_path / "runs") == {
        ("logs/epoch_epoch", "epoch"): [(1, 1.0)],
        ("logs/time_time", "time"): [(1, 0.5)],
        ("logs/lr_lr", "lr"): [(1, 0.1)],
        ("logs/loss_loss", "loss"): [(1, 0.7)],
        ("logs/loss_val_loss", "loss"): [(1, 0.8)],
    }


def test_a_table_with_commas_is_not_taken_for_poutynes() -> None:
    """Many loops write epoch, time, lr and loss."""
    text = "epoch,time,lr,loss,val_loss\n1,0.5,0.1,0.7,0.8\n"
    assert taken_for(text, "log.csv") == "table"


# skorch


def epoch(number: int, **more: Any) -> dict[str, Any]:
    batches = [{"train_loss": 0.5}, {"train_loss": 0.25}, {"valid_loss": 0.75}]
    return {"batches": batches, "epoch": number, "train_loss": 0.4} | more


def test_epochs_and_batches_of_skorch_have_steps_of_their_own() -> None:
    """Flags of the best epoch and of events are no metrics."""
    text = json.dumps(
        [epoch(1, train_loss_best=True, event_cp=False, r2=0.9), epoch(2, train_batch_count=2)]
    )
    records, problems = read("skorch", text)
    assert problems == []
    fields = [found for _, found in records]
    assert {"step": 1, "train_loss": 0.4, "r2": 0.9} in fields
    assert {"step": 2, "train_loss": 0.4, "train_batch_count": 2} in fields
    trained = [found["step"] for found in fields if "batch/train_loss" in found]
    assert sorted(trained) == [1, 2, 3, 4]
    assert [found["step"] for found in fields if "batch/valid_loss" in found] == [1, 2]


@pytest.mark.parametrize("text", ["[1, 2]", '[{"batches": 3, "epoch": "x"}]', "{}", '[{"batches"'])
def test_a_history_of_skorch_that_is_none_is_survived(text: str) -> None:
    """No exception, whatever the document holds."""
    read("skorch", text)


def test_a_history_of_skorch_is_known_by_its_batches() -> None:
    """Also where the first epoch is longer than what detection sees."""
    assert taken_for(json.dumps([epoch(1)]), "history.json") == "skorch"
    batches = [{"train_loss": 0.5, "train_batch_size": 128}] * 3_000
    assert taken_for(json.dumps([epoch(1, batches=batches)]), "history.json") == "skorch"
    plain = [{"epoch": 1, "dur": 0.5, "train_loss": 0.4}]
    assert taken_for(json.dumps(plain), "history.json") == "skorch"
    assert taken_for('[{"epoch": 1, "loss": 0.4}]', "history.json") == "json"


# LLaMA-Factory


def progress(step: int, **more: Any) -> dict[str, Any]:
    return {"current_steps": step, "total_steps": 99, "percentage": 1.5} | more


def test_a_log_of_llama_factory_has_the_trainers_tags(tmp_path: Path) -> None:
    """Elapsed time is the wall time; what remains is no value; throughput stays as it was said."""
    clock = {"elapsed_time": "0:00:19", "remaining_time": "0:16:09", "throughput": "12.5"}
    rows = [
        progress(5, loss=0.5, lr=0.1, epoch=0.5, **clock),
        progress(10, eval_loss=0.25, accuracy=0.75, epoch=1.0),
    ]
    logs = put(tmp_path / "logs", trainer_log__jsonl=lines(*rows))
    found = written(logs, tmp_path / "runs")
    assert {tag: points for (_, tag), points in found.items()} == {
        "total_steps": [(5, 99.0), (10, 99.0)],
        "percentage": [(5, 1.5), (10, 1.5)],
        "train/loss": [(5, 0.5)],
        "train/learning_rate": [(5, 0.1)],
        "train/epoch": [(5, 0.5), (10, 1.0)],
        "eval/loss": [(10, 0.25)],
        "train/rewards/accuracies": [(10, 0.75)],
    }
    assert times_of(logs)["train/loss"] == [19.0]
    texts = [points.tags for points in tbingest.read(logs) if points.kind == "text"]
    assert texts == [("throughput",)]


def test_a_prediction_of_llama_factory_has_its_progress_alone() -> None:
    """And is known as such."""
    rows = [progress(5, elapsed_time="0:00:19"), progress(10, elapsed_time="0:00:29")]
    assert taken_for(lines(*rows), "trainer_log.jsonl") == "llamafactory"


def test_the_trainers_state_beside_it_is_told_once(tmp_path: Path) -> None:
    """The state has more digits."""
    state = {"log_history": [{"step": 5, "loss": 0.5123, "grad_norm": 2.0}]}
    logs = put(
        tmp_path / "logs",
        trainer_log__jsonl=lines(progress(5, loss=0.5)),
        trainer_state__json=json.dumps(state),
    )
    report = tbingest.convert(logs, tmp_path / "runs", NO_PLOTS)
    assert [(one.format, one.superseded) for one in report.sources] == [
        ("hf-trainer", 0),
        ("llamafactory", 1),
    ]


# Logs that are read as tables and documents


def test_a_summary_of_timm_is_known_by_its_columns() -> None:
    """Another column makes it any table."""
    header = "epoch,train_loss,eval_loss,eval_top1,lr"
    assert taken_for(f"{header}\n0,2.3,2.2,10.5,0.1\n", "summary.csv") == "timm"
    assert taken_for(f"{header},note\n0,2.3,2.2,10.5,0.1,x\n", "summary.csv") == "table"


@pytest.mark.parametrize(
    ("name", "text", "tags"),
    [
        pytest.param(
            "summary.csv",
            "epoch,train_loss,eval_loss,eval_top1,lr\n0,2.3,2.2,10.5,0.1\n1,1.9,1.8,20,0.09\n",
            {"train/loss", "eval/loss", "eval/top1", "lr"},
            id="timm",
        ),
        pytest.param(
            "step_metrics.csv",
            "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n"
            "1,1.42,0.69,,\n2,2.29,0.53,1.5,0.7\n",
            {"train/loss", "train/accuracy", "valid/loss", "valid/mean_token_accuracy"},
            id="OpenAI fine-tuning",
        ),
        pytest.param(
            "log",
            json.dumps(
                [
                    {"epoch": 0, "elapsed_time": 29.1, "main/loss": 1.4, "iteration": 100},
                    {
                        "epoch": 1,
                        "elapsed_time": 57.8,
                        "main/loss": 1.2,
                        "validation/main/loss": 1.5,
                        "iteration": 200,
                    },
                ],
                indent=4,
            ),
            {"epoch", "main/loss", "validation/main/loss"},
            id="Chainer",
        ),
    ],
)
def test_other_trainers_are_read_as_tables_and_documents(
    name: str, text: str, tags: set[str], tmp_path: Path
) -> None:
    """Their names are tags as they stand, and every value is read."""
    folder = tmp_path / "result"
    folder.mkdir()
    (folder / name).write_text(text)
    report = tbingest.convert(folder, tmp_path / "runs", NO_PLOTS)
    (source,) = report.sources
    assert source.problem_count == 0
    assert {tag for points in tbingest.read(folder) for tag in points.tags} == tags
