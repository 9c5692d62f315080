"""Sample logs of spacy_train: the curves are those of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training import Config, Training
from writing import write

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def spacy(root: Path, expected: Expected) -> None:
    """A table whose names have blanks in them, under what stands before it."""
    records = Training(Config(seed=30, steps=60)).records[9::10]
    run = "formats/spacy_train"
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
    write(path, "\n".join([*lines, "\x1b[38;5;2m✔ Saved pipeline to output directory\x1b[0m"]))
    expected.file(path, 5 * len(records))


MAKERS = (spacy,)
