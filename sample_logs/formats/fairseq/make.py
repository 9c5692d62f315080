"""Sample logs of fairseq: the curves are those of a small network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from training import Config, Training
from writing import write

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


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
    write(path, "\n".join(lines) + "\n")
    expected.file(path, 2 * len(records) + 2)


MAKERS = (fairseq,)
