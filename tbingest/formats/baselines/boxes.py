"""The boxes that Stable-Baselines3 and OpenAI Baselines print and keep in `log.txt`, rounded.

| rollout/           |          |
|    ep_rew_mean     | 17.7     |
|    total_timesteps | 128      |

A line of dashes stands before and after each box. Indented keys belong to the section above them.
Keys are cut to 36 characters, numbers to three digits; where a step is cut as well (`1.22e+03`), or
there is none, the number of the box is the step, as Baselines' TensorBoard logger counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tbingest.formats.baselines.fields import CLOCKS, FIELDS, ROW, STEPS
from tbingest.formats.readers.head import text_lines
from tbingest.formats.readers.lines import LineReader
from tbingest.formats.readers.records import group_records
from tbingest.formats.readers.running import clocked
from tbingest.formats.readers.table_layout import MISSING, to_number
from tbingest.model.contracts import Evidence, Format, Head
from tbingest.model.rows import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.model.rows import Rows

_DASHES = re.compile(r"-{5,}")
_INDENT = "   "
_MAX_BOX = 64 << 10


@dataclass
class Boxes(LineReader):
    """Reads boxes. `counted` says that their number is the step, `boxes` how many there were."""

    counted: bool = False
    boxes: int = 0
    clock: list[float] = field(default_factory=lambda: [0.0, 0.0])

    def cut(self, block: bytes) -> int:
        """Where the last line of dashes begins, if only rows follow it: they may go on."""
        end = above = block.rfind(b"\n") + 1
        while above and end - above < _MAX_BOX:
            start = block.rfind(b"\n", 0, above - 1) + 1
            if block.startswith(b"-", start):
                return start
            if not block.startswith(b"|", start):
                break
            above = start
        return end

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """The boxes of one block, one record each; of an unfinished one the step may lack."""
        lines = block.decode("utf-8", "replace").split("\n")
        records, places = [], []
        for box in boxes_of(lines):
            if final and not box.whole:
                torn = lines[-1].startswith("|") and not _is_row(lines[-1].rstrip())
                lost = len(box.record) + torn
                line = self.line + box.line
                yield Problem("", line, None, "a box is cut off", "is the file growing?", lost)
                continue
            self.boxes += 1
            number = {ROW: self.boxes} if self.counted else {}
            records.append({**box.record, **number})
            places.append(self.line + box.line)
        found = [item for _, item in group_records(records, places)]
        yield from clocked(found, CLOCKS, self.clock)


class Box(NamedTuple):
    """A box: the line of its last row, from 1, and its values by their whole names.

    `whole` says that something follows the last row.
    """

    line: int
    record: dict[str, Any]
    whole: bool = True


def boxes_of(lines: Sequence[str]) -> Iterator[Box]:
    """The boxes that have a value."""
    record: dict[str, Any] = {}
    section, inside, last = "", False, 0
    for place, raw in enumerate(lines, 1):
        line = raw.rstrip()
        if inside and _is_row(line):
            last = place
            key, _, value = line[1:-1].rpartition("|")
            section = _enter(record, section, key.removeprefix(" ").rstrip(), value.strip())
        else:
            if record:
                ended = place < len(lines) or (line and not line.startswith("|"))
                yield Box(last, record, whole=bool(ended))
            record, section = {}, ""
            inside = bool(_DASHES.fullmatch(line))
    if record:
        yield Box(last, record, whole=False)


def _is_row(line: str) -> bool:
    return line.startswith("|") and line.endswith("|") and line.count("|") > 2


def _enter(record: dict[str, Any], section: str, key: str, value: str) -> str:
    """Note one row of a box; gives the section that the next one belongs to."""
    if not value and key.endswith("/"):
        return key
    indented = key.startswith(_INDENT)
    number = to_number(value, ".")
    if value.lower() not in MISSING:
        name = f"{section if indented else ''}{key.strip()}"
        record[name] = value if number is None else number
    return section if indented else ""


def is_counted(head: Head) -> bool:
    """True where no box says its step, or one says it rounded."""
    steps = [
        next((box.record[name] for name in STEPS if name in box.record), None)
        for box in boxes_of(text_lines(head))
    ]
    said = [step for step in steps if step is not None]
    return not said or not all(isinstance(step, int) for step in said)


def detect(head: Head) -> Evidence:
    """Lines of dashes around rows of a key and a value."""
    lines = text_lines(head) if b"-----" in head.data else ()
    rows = boxed = 0
    above = ""
    for raw in lines:
        line = raw.rstrip()
        if _is_row(line):
            rows += 1
            boxed += len(line) == len(above)
        elif line:
            above = line if _DASHES.fullmatch(line) else ""
    reason = f"{boxed} of {rows} rows stand in boxes of dashes"
    if boxed < 2 or boxed < 0.5 * rows:
        return Evidence(0.0, reason)
    return Evidence(0.92, reason)


FORMAT = Format(
    name="baselines-boxes",
    about="boxes of Stable-Baselines3 and OpenAI Baselines (log.txt, stdout): rounded values",
    sample="--------------------\n| time/    |       |\n|    fps   | 1200  |\n--------------------",
    detect=detect,
    reader=lambda head: Boxes(counted=is_counted(head)),
    fields=FIELDS,
)
