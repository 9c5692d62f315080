"""What trainings print: lines with counters, overwritten bars, dicts, the summary of an epoch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from training import Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected

CODE = """\
import torch

for step in range(100):
    loss = model(x, y)
    if step % 10 == 0:
        print(f"step:{step}/100 loss:{loss.item():.4f}")
====================================================
"""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def text(root: Path, expected: Expected) -> None:
    """A tutorial's loop, nanoGPT's two kinds of lines after its own source, and a timed log."""
    folder = root / "formats" / "text"
    records = Training(Config(seed=13, steps=80)).records
    _tutorial(folder / "tutorial.log", records, expected)
    lines = [CODE]
    run = "formats/text/nanogpt"
    for record in records[::4]:
        lines.append(f"step:{record.step}/80 train_loss:{record.loss:.4f} step_avg:1.25ms\\n")
        expected.scalar(run, "train/loss", record.step, float(f"{record.loss:.4f}"))
        expected.scalar(run, "step_avg", record.step, 1.25)
    _write(folder / "nanogpt.txt", "".join(lines).replace("\\n", "\n"))
    expected.file(folder / "nanogpt.txt", 2 * len(records[::4]))
    lines, run = [], "formats/text/timed"
    for place, record in enumerate(records[9::10]):
        stamp = f"2026-05-01 08:00:{place:02d},250"
        lines.append(f"{stamp} trainer INFO: Epoch[1], Iter[{record.step}] Loss: {record.loss:.4f}")
        expected.scalar(run, "Loss", record.step, float(f"{record.loss:.4f}"))
    lines.append(
        "2026-05-01 08:01:00,000 trainer INFO: Validation Results - Epoch: 1  Avg loss: 0.5"
    )
    expected.scalar(run, "validation/Avg loss", 1, 0.5)
    _write(folder / "timed.log", "\n".join(lines) + "\n")
    expected.file(folder / "timed.log", len(lines))


def _tutorial(path: Path, records: list, expected: Expected) -> None:  # type: ignore[type-arg]
    """Steps start again with each epoch of 40; values of an epoch stand on lines of their own."""
    lines, run, count = (
        ["Using device: cpu", "Model has 1234 parameters"],
        "formats/text/tutorial",
        0,
    )
    for record in records[9::10]:
        epoch, step = divmod(record.step - 1, 40)
        lines.append(
            f"Epoch [{epoch + 1}/2], Step [{step + 1}/40], Loss: {record.loss:.4f}, Time: 12.5ms"
        )
        expected.scalar(run, "Loss", record.step, float(f"{record.loss:.4f}"))
        expected.scalar(run, "Time", record.step, 12.5)
        count += 2
        if step + 1 == 40:
            lines.append(f"Test accuracy: {record.acc:.4f}")
            expected.scalar(run, "test/accuracy", record.step, float(f"{record.acc:.4f}"))
            count += 1
    _write(path, "\n".join(lines) + "\n")
    expected.file(path, count)


def keras_console(root: Path, expected: Expected) -> None:
    r"""Bars that are overwritten with `\r` and backspaces, in colour."""
    records = Training(Config(seed=14, steps=50)).records[9::10]
    lines = []
    for epoch, record in enumerate(records):
        values = f"accuracy: {record.acc:.4f} - loss: {record.loss:.4f}"
        half = f"\r\x1b[1m 5/10\x1b[0m \x1b[32m━━━━\x1b[0m \x1b[1m0s\x1b[0m 3ms/step - {values}"
        back = "\b" * 40
        full = f"\r\x1b[1m10/10\x1b[0m \x1b[32m━━━━━━━━\x1b[0m \x1b[1m1s\x1b[0m 4ms/step - {values}"
        lines.append(f"Epoch {epoch + 1}/5\n{half}{back}{full} - val_loss: {record.loss + 1:.4f}\n")
        run = "formats/keras-console"
        expected.scalar(f"{run}/train", "epoch_accuracy", epoch, float(f"{record.acc:.4f}"))
        expected.scalar(f"{run}/train", "epoch_loss", epoch, float(f"{record.loss:.4f}"))
        value = float(f"{record.loss + 1:.4f}")
        expected.scalar(f"{run}/validation", "epoch_loss", epoch, value)
    path = root / "formats" / "keras-console" / "stdout.log"
    _write(path, "".join(lines))
    expected.file(path, 3 * len(records))


def hf_console(root: Path, expected: Expected) -> None:
    """Dicts whose numbers are strings, as transformers 5 prints them, after a progress bar."""
    records = Training(Config(seed=15, steps=60)).records[9::10]
    lines = []
    run = "formats/hf-console"
    for record in records:
        loss, epoch = f"{record.loss:.4g}", f"{record.epoch:.4g}"
        bar = f"\r {record.step}%|##   | {record.step}/60 [00:01<00:02,  9.1it/s]"
        lines.append(f"{bar}{{'loss': '{loss}', 'epoch': '{epoch}'}}\n")
        expected.scalar(run, "train/loss", record.step, float(loss))
        expected.scalar(run, "train/epoch", record.step, float(epoch))
    path = root / run / "console.log"
    _write(path, "".join(lines))
    expected.file(path, 2 * len(records))


def fairseq(root: Path, expected: Expected) -> None:
    """JSON lines of the inner loop, and an epoch's end in the simple form."""
    records = Training(Config(seed=16, steps=60)).records[9::10]
    run = "formats/fairseq/train_inner"
    lines = ["2026-05-01 08:00:00 | INFO | fairseq_cli.train | model: tiny"]
    for place, record in enumerate(records):
        said = {"epoch": 1, "loss": f"{record.loss:.4g}", "num_updates": str(record.step)}
        lines.append(f"2026-05-01 08:00:{place + 1:02d} | INFO | train_inner | {json.dumps(said)}")
        expected.scalar(run, "epoch", record.step, 1.0)
        expected.scalar(run, "loss", record.step, float(f"{record.loss:.4g}"))
    lines.append(
        "2026-05-01 08:01:00 | INFO | valid | epoch 001 | valid on 'valid' subset | loss 5.9"
        " | num_updates 60"
    )
    expected.scalar("formats/fairseq/valid", "epoch", 60, 1.0)
    expected.scalar("formats/fairseq/valid", "loss", 60, 5.9)
    path = root / "formats" / "fairseq" / "train.log"
    _write(path, "\n".join(lines) + "\n")
    expected.file(path, 2 * len(records) + 2)


def spacy(root: Path, expected: Expected) -> None:
    """A table whose names have blanks in them, under what stands before it."""
    records = Training(Config(seed=30, steps=60)).records[9::10]
    run = "formats/spacy-train"
    lines = [
        "\x1b[38;5;4mi Pipeline: ['tok2vec', 'ner']\x1b[0m",
        "E    #       LOSS TOK2VEC  LOSS NER  ENTS_F  SCORE",
        "---  ------  ------------  --------  ------  ------",
    ]
    for record in records:
        loss, acc = f"{record.loss:.2f}", f"{record.acc:.2f}"
        lines.append(f"  0  {record.step:6}  {loss:>12}  {loss:>8}  {acc:>6}  {acc:>6}")
        expected.scalar(run, "epoch", record.step, 0.0)
        for tag, value in (
            ("loss/TOK2VEC", loss),
            ("loss/NER", loss),
            ("ENTS_F", acc),
            ("SCORE", acc),
        ):
            expected.scalar(run, tag, record.step, float(value))
    path = root / run / "train.log"
    _write(path, "\n".join([*lines, "\x1b[38;5;2m✔ Saved pipeline to output directory\x1b[0m"]))
    expected.file(path, 5 * len(records))


MAKERS = (
    (spacy, "formats/spacy-train"),
    (text, "formats/text"),
    (keras_console, "formats/keras-console"),
    (hf_console, "formats/hf-console"),
    (fairseq, "formats/fairseq"),
)
