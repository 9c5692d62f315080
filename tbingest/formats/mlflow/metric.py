"""A metric of MLflow's file store: `metrics/<name>`, a line for each value.

1664364007310 0.6931471824645996 0
1664364007510 0.5412890315055847 1

Milliseconds, value, step; old versions leave the step out. The tag is the path below `metrics/`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tbingest.formats.readers.head import text_lines
from tbingest.formats.readers.lines import LineReader
from tbingest.formats.readers.records import number_column
from tbingest.formats.readers.table_layout import to_number
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem, Rows
from tbingest.names.tags import as_is
from tbingest.names.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGITS = 18
_LINE = re.compile(r"\d{12,14} [-+]?[\w.+-]{1,40}(?: -?\d{1,18})?\r?")


@dataclass
class MlflowMetric(LineReader):
    """Reads one metric; without steps, they are counted."""

    tag: str = "metric"
    count: int = 0

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """The values of a block."""
        found: list[tuple[int, int, float, int]] = []
        lines = block.decode("utf-8", "replace").split("\n")
        for number, line in enumerate(lines, self.line + 1):
            if not line.strip():
                continue
            stamp, _, rest = line.strip().partition(" ")
            text, _, step = rest.partition(" ")
            value = to_number(text, ".")
            whole = (step or str(self.count)).lstrip("-").isdecimal() and len(step) <= _DIGITS
            if not stamp.isdecimal() or len(stamp) > _DIGITS or value is None or not whole:
                cut = final and number == self.line + len(lines)
                what = "cut off" if cut else "expected milliseconds, value and step"
                yield Problem("", number, None, what, "see MLflow's file store", values=1)
                continue
            found.append((number, int(stamp), value, int(step or self.count)))
            self.count += 1
        if found:
            places, stamps, values, steps = zip(*found, strict=True)
            columns = {
                "time": np.asarray(stamps, np.float64),
                "step": number_column(steps),
                self.tag: number_column(values),
            }
            yield Rows(columns, np.asarray(places, np.int64))


def below(name: str, folder: str) -> str:
    """What a path says below a folder of the store, or its last part."""
    _, found, rest = f"/{name}".rpartition(f"/{folder}/")
    return rest if found else name.rpartition("/")[2]


def detect(head: Head) -> Evidence:
    """Every line is milliseconds, a number and a step."""
    lines = [line for line in text_lines(head)[:50] if line.strip()]
    if not lines or not all(map(_LINE.fullmatch, lines)):
        return Evidence(0.0, "no lines of milliseconds, value and step")
    return Evidence(0.96, f"{plural(len(lines), 'line')} of milliseconds, value and step")


FORMAT = Format(
    name="mlflow-metric",
    about="a metric of MLflow's file store",
    sample="1664364007310 0.69 0\n1664364007510 0.54 1",
    detect=detect,
    reader=lambda head: MlflowMetric(tag=below(head.name, "metrics")),
    joins=True,
    fields=Fields(step=("step",), time=("time",), rename=as_is),
)
