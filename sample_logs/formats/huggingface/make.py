"""Sample logs of huggingface: the curves are those of a small network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from training import Config, Training
from writing import write

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def hf_checkpoints(root: Path, expected: Expected) -> None:
    """A Trainer's output folder: each checkpoint's state holds the whole history so far."""
    folder = root / "formats" / "huggingface/checkpoints"
    records = Training(Config(seed=12, steps=90)).records[9::10]
    history = [{"epoch": r.epoch, "loss": r.loss, "step": r.step} for r in records]
    for step in (30, 60, 90):
        state = folder / f"checkpoint-{step}" / "trainer_state.json"
        state.parent.mkdir(parents=True, exist_ok=True)
        told = [entry for entry in history if entry["step"] <= step]
        state.write_text(json.dumps({"global_step": step, "log_history": told}), encoding="utf-8")
        expected.file(state, 2 * len(told))
    last = {"epoch": records[-1].epoch, "step": 90, "train_loss": records[-1].loss}
    whole = json.dumps({"global_step": 90, "log_history": [*history, last]})
    (folder / "trainer_state.json").write_text(whole, encoding="utf-8")
    expected.file(folder / "trainer_state.json", 2 * len(history) + 2)
    run = "formats/huggingface/checkpoints"
    for entry in history:
        expected.scalar(run, "train/epoch", entry["step"], entry["epoch"])
        expected.scalar(run, "train/loss", entry["step"], entry["loss"])
    expected.scalar(run, "train/train_loss", 90, records[-1].loss)


def hf_console(root: Path, expected: Expected) -> None:
    """Dicts whose numbers are strings, as transformers 5 prints them, after a progress bar."""
    records = Training(Config(seed=15, steps=60)).records[9::10]
    lines = []
    run = "formats/huggingface/console"
    for record in records:
        loss, epoch = f"{record.loss:.4g}", f"{record.epoch:.4g}"
        bar = f"\r {record.step}%|##   | {record.step}/60 [00:01<00:02,  9.1it/s]"
        lines.append(f"{bar}{{'loss': '{loss}', 'epoch': '{epoch}'}}\n")
        expected.scalar(run, "train/loss", record.step, float(loss))
    path = root / run / "console.log"
    write(path, "".join(lines))
    expected.file(path, len(records))


TAGS = ("train/epoch", "eval/loss", "train/train_loss")


def hf_results(root: Path, expected: Expected) -> None:
    """The last values without a state beside them: they stand at step 0."""
    path = root / "formats" / "huggingface/results" / "all_results.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    record = Training(Config(seed=42, steps=30)).records[-1]
    values = {"epoch": 2.4, "eval_loss": record.val_loss, "train_loss": record.loss}
    path.write_text(json.dumps(values, indent=4), encoding="utf-8")
    expected.file(path, 3)
    for tag, value in zip(TAGS, values.values(), strict=True):
        expected.scalar("formats/huggingface/results", tag, 0, float(value or 0))


def hf_model_card(root: Path, expected: Expected) -> None:
    """A card with the table of results, without a loss where none had been logged."""
    path = root / "formats" / "huggingface/model-card" / "README.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    records = Training(Config(seed=43, steps=30)).records[9::10]
    lines = ["---", "library_name: transformers", "---", "", "### Training results", ""]
    lines.append("| Training Loss | Epoch | Step | Validation Loss | Accuracy |")
    lines.append("|:-------------:|:-----:|:----:|:---------------:|:--------:|")
    run = "formats/huggingface/model-card"
    for record in records:
        loss = f"{record.loss:.4f}" if record.step > 10 else "No log"
        val = {"eval/loss": f"{record.val_loss:.4f}", "eval/accuracy": f"{record.val_acc:.4f}"}
        cells = [f"{loss:13}", f"{record.epoch:.2f}", f"{record.step}", *val.values()]
        lines.append(f"| {' | '.join(cells)} |")
        for tag, cell in {"train/loss": loss, "train/epoch": cells[1], **val}.items():
            if cell != "No log":
                expected.scalar(run, tag, record.step, float(cell))
    text = "\n".join([*lines, ""])
    path.write_text(text, encoding="utf-8", newline="\n")
    expected.point(run, "README", "text", 0, text)
    expected.file(path, 4 * len(records))


MAKERS = (hf_checkpoints, hf_console, hf_model_card, hf_results)
