"""What the Hugging Face Trainer leaves beside its state: results, model cards, bare histories."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from helpers.logs import NO_PLOTS, written
from helpers.places import CORPUS, needs_corpus
from helpers.readers import head_of, read

import tbingest
from tbingest.formats.registry import evidence

if TYPE_CHECKING:
    from pathlib import Path

HISTORY = [
    {"epoch": 0.5, "learning_rate": 1e-3, "loss": 0.75, "step": 10},
    {"epoch": 1.0, "eval_loss": 0.5, "eval_runtime": 1.5, "step": 20},
]
CARD = """---
license: mit
---
### Training results

| Training Loss | Epoch | Step | Validation Loss | F1     |
|:-------------:|:-----:|:----:|:---------------:|:------:|
| No log        | 0.5   | 10   | 0.5             | 0.25   |
| 0.75          | 1.0   | 20   | **0.25**        | -      |

| Loss | other |
|:----:|:-----:|
| 3    | 4     |
"""


def state(step: int, count: int = 2) -> str:
    return json.dumps({"global_step": step, "log_history": HISTORY[:count]})


def test_results_stand_at_the_last_step_of_the_state_beside_them(tmp_path: Path) -> None:
    """What the state says too is written once."""
    (tmp_path / "trainer_state.json").write_text(state(20))
    (tmp_path / "all_results.json").write_text('{"epoch": 1.0, "eval_loss": 0.5, "test_f1": 0.25}')
    report = tbingest.convert(tmp_path, tmp_path / "once", NO_PLOTS)
    results = next(one for one in report.sources if one.format == "hf-results")
    assert (results.step, results.repeated) == ("20, as its folder says", 2)
    found = written(tmp_path, tmp_path / "runs")
    run = tmp_path.name
    assert found[run, "test/f1"] == [(20, 0.25)]
    assert found[run, "eval/loss"] == [(20, 0.5)]
    assert found[run, "train/epoch"] == [(10, 0.5), (20, 1.0)]


def test_results_alone_stand_at_step_0_and_keep_the_epoch(tmp_path: Path) -> None:
    """4.01 epochs are no step."""
    path = tmp_path / "eval_results.json"
    path.write_text('{"epoch": 4.01, "eval_wer": 24.5}')
    report = tbingest.convert(path, tmp_path / "runs", NO_PLOTS)
    assert report.sources[0].step.startswith("the record's number")
    assert written(path, tmp_path / "again") == {
        ("eval_results", "train/epoch"): [(0, 4.01)],
        ("eval_results", "eval/wer"): [(0, 24.5)],
    }


def test_checkpoints_at_the_root_are_one_run_with_results_and_card(tmp_path: Path) -> None:
    """The card rounds, so the states' values are shown."""
    for step, count in ((10, 1), (20, 2)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        (folder / "trainer_state.json").write_text(state(step, count))
    (tmp_path / "train_results.json").write_text('{"epoch": 1.0, "train_loss": 0.625}')
    (tmp_path / "README.md").write_text(CARD.replace("0.75 ", "0.7  "))
    found = written(tmp_path, tmp_path / "runs")
    assert {run for run, _ in found} == {tmp_path.name}
    assert found[tmp_path.name, "train/loss"] == [(10, 0.75)]
    assert found[tmp_path.name, "train/train_loss"] == [(20, 0.625)]
    assert found[tmp_path.name, "eval/f1"] == [(10, 0.25)]


def test_the_table_of_a_model_card_is_read_and_its_text_is_a_note() -> None:
    """`No log` is no value, the best one may be bold; other tables are none of its business."""
    records, problems = read("hf-model-card", CARD, "README.md")
    assert problems == []
    assert records[0] == (0, {":note/README": CARD})
    assert records[1:] == [
        (8, {"Epoch": 0.5, "Step": 10, "Validation Loss": 0.5, "F1": 0.25}),
        (9, {"Training Loss": 0.75, "Epoch": 1.0, "Step": 20, "Validation Loss": 0.25}),
    ]


def test_a_row_of_a_card_with_other_cells_is_reported() -> None:
    """So is a cell that holds no number."""
    text = CARD.replace("| 0.5             | 0.25   |", "| fine | 0.25 |").replace(" - ", " - | 3 ")
    records, problems = read("hf-model-card", text, "README.md")
    assert [(one.line, one.values) for one in problems] == [(8, 1), (9, 6)]
    assert records[1][1] == {"Epoch": 0.5, "Step": 10, "F1": 0.25}


def test_any_other_markdown_stays_a_note() -> None:
    """A table of hyperparameters is no log."""
    text = b"# x\n\n| Name | Loss |\n|:--|:--|\n| a | b |\n"
    assert evidence(head_of(text, "README.md"))[0][0].name == "notes"


def test_a_bare_history_is_a_trainers() -> None:
    """Other lists of records are not."""
    for name in ("log_history.json", "history.json"):
        found = evidence(head_of(json.dumps(HISTORY).encode(), name))[0]
        assert found[0].name == "hf-trainer"
        assert found[1].confidence > 0.9
    records, _ = read("hf-trainer", json.dumps(HISTORY))
    assert [fields["step"] for _, fields in records] == [10, 20]
    other = json.dumps([{"epoch": 1, "loss": 0.5}]).encode()
    assert evidence(head_of(other, "log_history.json"))[0][0].name == "json"


def test_an_empty_history_says_why_nothing_came() -> None:
    """It was saved before the first logging step."""
    records, problems = read("hf-trainer", '{"global_step": 0, "log_history": []}')
    assert records == []
    assert problems[0].what == (
        "its log_history is empty: nothing had been logged when it was saved"
    )


@needs_corpus
@pytest.mark.parametrize(
    ("name", "points"), [("gen_seed1", 11), ("mistral", 6), ("whisper_tiny", 10)]
)
def test_results_of_the_corpus_are_read_whole(name: str, points: int, tmp_path: Path) -> None:
    """The epoch is one of the values."""
    path = CORPUS / "hf_trainer" / name / "all_results.json"
    assert len(written(path, tmp_path / "runs")) == points


@pytest.mark.parametrize(
    "text",
    ['[{"model": "a", "pass@1": 0.25}, {"model": "b", "pass@1": 0.5}]', '{"cnn": {"acc": 0.9123}}'],
)
def test_results_of_others_under_the_trainers_name_are_theirs(text: str) -> None:
    assert evidence(head_of(text.encode(), "all_results.json"))[0][0].name == "json-tree"
