"""What the Hugging Face Trainer prints: a Python dict for each entry of its log history.

 10%|#         | 50/500 [00:41<06:10,  1.21it/s]{'loss': 0.69, 'learning_rate': 2e-05, 'epoch': 0.1}
{'eval_loss': '0.55', 'eval_accuracy': '0.92', 'epoch': '1'}
{'train_runtime': 12.3, 'train_loss': 0.31, 'epoch': 3.0}

Newer versions quote the numbers. Tags are those of the Trainer's TensorBoard callback. The step is
that of the progress bar before the dict; without one, how many different epochs came so far: the
step itself is not printed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbingest.formats.huggingface.trainer import tag
from tbingest.formats.readers.lines import LineReader
from tbingest.formats.readers.records import group_records
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Rows

_ENTRY = re.compile(r"\{(?=[^{}]{0,4000}'epoch': )('\w[^{}]{0,4000})\}")
_PAIR = re.compile(r"'([^']{1,200})': '?([^',]{1,60})'?(?:, |$)")
_STEP = re.compile(r"(\d{1,12})/\d{1,12} \[")
_STATE = re.compile(r"(?:train_runtime|eval_\w{1,200}|loss)'")


@dataclass
class HfConsole(LineReader):
    """Reads the dicts. `epoch` is the last one's, `step` its step."""

    epoch: float | None = None
    step: int = 0

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """The values of the dicts."""
        records: list[dict[str, Any]] = []
        places: list[int] = []
        lines = block.decode("utf-8", "replace").split("\n")
        for number, line in enumerate(lines, self.line + 1):
            for entry in _ENTRY.finditer(line):
                record = self._record(entry[1], line[: entry.start()])
                if record:
                    records.append(record)
                    places.append(number)
            if final and number == self.line + len(lines) and "{'" in line and "}" not in line:
                yield Problem("", number, None, "cut off", "is the file still growing?")
        for _, rows in group_records(records, places):
            yield rows

    def _record(self, entry: str, before: str) -> dict[str, Any]:
        values: dict[str, float] = {}
        for name, text in _PAIR.findall(entry):
            try:
                values[name] = float(text)
            except ValueError:
                continue  # a value that the callback does not write either
        bars = _STEP.findall(before[-400:])
        epoch = values.get("epoch")
        if bars:
            self.step = int(bars[-1])
        elif epoch != self.epoch:
            self.step += 1
        self.epoch = epoch
        return {"step": self.step, **values} if values else {}


def detect(head: Head) -> Evidence:
    """Python dicts with an epoch."""
    if head.binary or b"'epoch': " not in head.data:
        return Evidence(0.0, "no dict with an epoch")
    text = head.data.decode("utf-8", "replace")
    found = sum(bool(_STATE.search(entry[1])) for entry in _ENTRY.finditer(text))
    if not found:
        return Evidence(0.0, "no dict with an epoch and a loss")
    return Evidence(0.93, f"{found} Python dicts with an epoch and a loss")


FORMAT = Format(
    name="hf-console",
    about="what the Hugging Face Trainer prints",
    sample="{'loss': 0.69, 'grad_norm': 1.2, 'epoch': 0.5}\n{'eval_loss': 0.55, 'epoch': 1.0}",
    detect=detect,
    reader=lambda _: HfConsole(),
    rounded=True,
    fields=Fields(step=("step",), time=("@time",), elapsed=("@elapsed",), rename=tag),
)
