"""Sample logs of lm_eval: the curves are those of a small network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from training import Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def lm_eval(root: Path, expected: Expected) -> None:
    """Two checkpoints of one training: their names say the steps, and they are one curve."""
    folder = root / "formats" / "lm_eval"
    folder.mkdir(parents=True, exist_ok=True)
    records = Training(Config(seed=44, steps=20)).records
    for step, record in ((1000, records[9]), (2000, records[19])):
        task = {"alias": "boolq", "acc,none": record.val_acc, "acc_stderr,none": "N/A"}
        other = {"exact_match,strict-match": record.acc, "exact_match_stderr,strict-match": 0.01}
        results = {"boolq": task, "gsm8k": other}
        path = folder / f"mlp_global_step{step}_2026-05-28T20-26-40.json"
        document = {"results": results, "versions": {"boolq": 1}, "date": record.time}
        path.write_text(json.dumps(document, indent=2), encoding="utf-8")
        expected.file(path, 3)
        expected.scalar("formats/lm_eval", "boolq/acc", step, float(record.val_acc or 0))
        for name in ("exact_match,strict-match", "exact_match_stderr,strict-match"):
            expected.scalar("formats/lm_eval", f"gsm8k/{name}", step, other[name])


def samples(root: Path, expected: Expected) -> None:
    """The answers to a few documents, as `--log_samples` keeps them."""
    path = root / "formats" / "lm_eval" / "samples_sums_2026-05-28T20-26-40.jsonl"
    lines = []
    for number in range(1, 4):
        answer = f"{number} + {number} = {2 * number}"
        record = {
            "doc_id": number,
            "doc": {"question": f"{number} + {number}"},
            "target": str(2 * number),
            "resps": [[answer]],
            "filtered_resps": [answer],
            "exact_match": 1.0,
        }
        lines.append(json.dumps(record))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    expected.file(path, 1)


MAKERS = (lm_eval, samples)
