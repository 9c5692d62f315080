"""Folders and documents of trackers, trainers and evaluators."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from training import Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def dvclive(root: Path, expected: Expected) -> None:
    """A TSV for each metric, the last values beside them, and what is no log."""
    run = "formats/dvclive"
    folder = root / run
    (folder / "plots" / "sklearn").mkdir(parents=True)
    records = Training(Config(seed=41, steps=60)).records[4::5]
    curves = {
        "train/loss": [(record.step, record.loss) for record in records],
        "val_acc": [(record.step, record.val_acc or 0.0) for record in records[1::2]],
    }
    summary = {"train": {"loss": curves["train/loss"][-1][1]}, "val_acc": curves["val_acc"][-1][1]}
    for name, curve in curves.items():
        path = folder / "plots" / "metrics" / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"step\t{path.stem}", *(f"{step}\t{value}" for step, value in curve), ""]
        path.write_text("\n".join(lines), encoding="utf-8", newline="\n")
        expected.file(path, len(curve))
        for step, value in curve:
            expected.scalar(run, name, step, value)
    text = json.dumps({**summary, "best": 0.25, "step": 60}, indent=4)
    (folder / "metrics.json").write_text(text, encoding="utf-8")
    expected.file(folder / "metrics.json", 4)
    expected.scalar(run, "best", 60, 0.25)
    expected.scalar(run, "step", 60, 60)
    (folder / "dvc.yaml").write_text("metrics:\n- metrics.json\n", encoding="utf-8")
    (folder / "report.md").write_text("# DVCLive Report\n", encoding="utf-8")
    pairs = [("0", "1"), ("0", "0"), ("1", "1"), ("1", "1")]
    matrix = [{"actual": actual, "predicted": predicted} for actual, predicted in pairs]
    path = folder / "plots" / "sklearn" / "cm.json"
    path.write_text(json.dumps(matrix), encoding="utf-8")
    found = {"accuracy": 0.75, "balanced_accuracy": 0.75, "f1_macro": (2 / 3 + 0.8) / 2}
    found |= {"precision": 2 / 3, "recall": 1.0, "f1": 0.8}
    for name, value in found.items():
        expected.scalar(run, f"plots/sklearn/cm/{name}", 0, value)
    expected.file(path, len(found))


TAGS = ("train/epoch", "eval/loss", "train/train_loss")


def hf_results(root: Path, expected: Expected) -> None:
    """The last values without a state beside them: they stand at step 0."""
    path = root / "formats" / "hf-results" / "all_results.json"
    path.parent.mkdir(parents=True)
    record = Training(Config(seed=42, steps=30)).records[-1]
    values = {"epoch": 2.4, "eval_loss": record.val_loss, "train_loss": record.loss}
    path.write_text(json.dumps(values, indent=4), encoding="utf-8")
    expected.file(path, 3)
    for tag, value in zip(TAGS, values.values(), strict=True):
        expected.scalar("formats/hf-results", tag, 0, float(value or 0))


def hf_model_card(root: Path, expected: Expected) -> None:
    """A card with the table of results, without a loss where none had been logged."""
    path = root / "formats" / "hf-model-card" / "README.md"
    path.parent.mkdir(parents=True)
    records = Training(Config(seed=43, steps=30)).records[9::10]
    lines = ["---", "library_name: transformers", "---", "", "### Training results", ""]
    lines.append("| Training Loss | Epoch | Step | Validation Loss | Accuracy |")
    lines.append("|:-------------:|:-----:|:----:|:---------------:|:--------:|")
    run = "formats/hf-model-card"
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


def lm_eval(root: Path, expected: Expected) -> None:
    """Two checkpoints of one training: their names say the steps, and they are one curve."""
    folder = root / "formats" / "lm-eval"
    folder.mkdir(parents=True)
    records = Training(Config(seed=44, steps=20)).records
    for step, record in ((1000, records[9]), (2000, records[19])):
        task = {"alias": "boolq", "acc,none": record.val_acc, "acc_stderr,none": "N/A"}
        other = {"exact_match,strict-match": record.acc, "exact_match_stderr,strict-match": 0.01}
        results = {"boolq": task, "gsm8k": other}
        path = folder / f"mlp_global_step{step}_2026-05-28T20-26-40.json"
        document = {"results": results, "versions": {"boolq": 1}, "date": record.time}
        path.write_text(json.dumps(document, indent=2), encoding="utf-8")
        expected.file(path, 3)
        expected.scalar("formats/lm-eval", "boolq/acc", step, float(record.val_acc or 0))
        for name in ("exact_match,strict-match", "exact_match_stderr,strict-match"):
            expected.scalar("formats/lm-eval", f"gsm8k/{name}", step, other[name])


def mlagents(root: Path, expected: Expected) -> None:
    """A behaviour with three checkpoints, one without a reward, and its statistics."""
    folder = root / "formats" / "mlagents" / "run_logs"
    folder.mkdir(parents=True)
    run = "formats/mlagents/run_logs/Huggy"
    records = Training(Config(seed=45, steps=30)).records[9::10]
    checkpoints = [
        {"steps": 1000 * r.step, "reward": r.acc if r.step != 20 else None, "creation_time": r.time}
        for r in records
    ]
    status = {"checkpoints": checkpoints, "final_checkpoint": checkpoints[-1]}
    document = {"Huggy": status, "metadata": {"stats_format_version": "0.3.0"}}
    (folder / "training_status.json").write_text(json.dumps(document), encoding="utf-8")
    expected.file(folder / "training_status.json", 2)
    for record in (records[0], records[2]):
        expected.scalar(run, "reward", 1000 * record.step, record.acc)
    names = ("Step.mean", "Policy.Entropy.mean")
    values = dict(zip(names, (29500.0, records[-1].loss), strict=True))
    gauges = {f"Huggy.{name}": {"value": value, "count": 3} for name, value in values.items()}
    timers = {"name": "root", "gauges": gauges, "total": 7.5, "children": {}}
    (folder / "timers.json").write_text(json.dumps(timers, indent=4), encoding="utf-8")
    expected.file(folder / "timers.json", 2)
    for name, value in values.items():
        expected.scalar(run, name.replace(".", "/"), 29500, value)


MAKERS = (
    (dvclive, "formats/dvclive"),
    (hf_model_card, "formats/hf-model-card"),
    (hf_results, "formats/hf-results"),
    (lm_eval, "formats/lm-eval"),
    (mlagents, "formats/mlagents"),
)
