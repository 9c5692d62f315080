"""fairseq's console: `--log-format json` or `simple`.

2021-05-03 14:20:26 | INFO | train_inner | {"epoch": 1, "loss": "6.9", "num_updates": "200"}
2021-05-03 14:20:26 | INFO | train_inner | epoch 001:    100 / 487 loss=4.65, num_updates=100
2021-05-03 14:20:26 | INFO | valid | epoch 001 | valid on 'valid' subset | loss 5.9 | num_updates 9

Runs, tags and steps are those of fairseq's own TensorBoard wrapper: the run is the third field, the
step `num_updates`. JSON writes its numbers as strings, and a prefix (`train_`, `valid_`) before the
names of an epoch's end.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbingest.formats.readers.json_values import JsonError, parse_json
from tbingest.formats.readers.lines import LineReader
from tbingest.formats.readers.records import group_records
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem
from tbingest.names.tags import as_is
from tbingest.names.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Rows

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) \| INFO \| ([A-Za-z][\w./\-]{0,80}) \| (\{.*\}|epoch .*)\s*"
)
_PAIR = re.compile(
    r"(?:^|[\s,|])([A-Za-z_]\w{0,60})(?:=| )([-+]?[\d.]{1,40}(?:e[-+]?\d{1,3})?)(?=[,\s]|$)"
)
_HEADING = re.compile(
    r"epoch (\d+)(?::\s+\d+ / \d+ ?(?=\S)|:? \| ?(?:valid on '[^']*' subset \| ?)?)"
)
_STEP = "num_updates"


@dataclass
class Fairseq(LineReader):
    """Reads the statistics of each line."""

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """The values of the lines that have statistics."""
        del final
        records: list[dict[str, Any]] = []
        places: list[int] = []
        for number, line in enumerate(block.decode("utf-8", "replace").split("\n"), self.line + 1):
            match = _LINE.fullmatch(line.rpartition("\r")[2] if line[-1:] != "\r" else line)
            if not match:
                continue
            values = _values(match[3], f"{match[2].partition('_')[0]}_")
            if _STEP in values:
                records.append({"time": match[1], "run": match[2], **values})
                places.append(number)
            elif values:
                what = f"has no {_STEP}: its values have no place"
                yield Problem("", number, None, what, values=len(values))
        for _, rows in group_records(records, places):
            yield rows


def _values(text: str, prefix: str) -> dict[str, float]:
    if text.startswith("{"):
        try:
            pairs = list(parse_json(text.encode()).items())
        except (JsonError, AttributeError):
            return {}
    else:
        heading = _HEADING.match(text)
        pairs = [("epoch", heading[1])] if heading else []
        pairs += _PAIR.findall(text[heading.end() :] if heading else text)
    values: dict[str, float] = {}
    for name, value in pairs:
        try:
            values[str(name).removeprefix(prefix)] = float(value)
        except (ValueError, TypeError, OverflowError):
            continue  # a name or a list, which fairseq's wrapper leaves out too
    if not math.isfinite(values.get(_STEP, 0.0)):
        del values[_STEP]
    return values


def detect(head: Head) -> Evidence:
    """Lines with three bars whose statistics count updates."""
    if head.binary or b"num_updates" not in head.data:
        return Evidence(0.0, "no num_updates")
    text = head.data.decode("utf-8", "replace")
    found = sum(bool(_LINE.fullmatch(line)) for line in text.split("\n"))
    if not found:
        return Evidence(0.0, "no line '… | INFO | train_inner | …'")
    return Evidence(0.95, f"{plural(found, 'line')} '… | INFO | train_inner | …' with num_updates")


FORMAT = Format(
    name="fairseq",
    about="fairseq's console, as JSON or simple",
    sample='2021-05-03 14:20:26 | INFO | train | {"epoch": 1, "loss": "6.9", "num_updates": "200"}',
    detect=detect,
    reader=lambda _: Fairseq(),
    rounded=True,
    fields=Fields(step=(_STEP,), time=("time",), run=("run",), rename=as_is),
)
