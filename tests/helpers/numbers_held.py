"""Every number of a table or JSON file, by the standard library alone, and every number shown."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from tensorboard.plugins.hparams import plugin_data_pb2

from helpers.loaded import accumulated
from helpers.stdlib_readers import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
CLOSE = 2e-5
"""Numbers are shown as float32, or in a table with six digits."""
COUNTER = 0.3
"""So much of a column that counts is seen among the steps."""
UNIX = 1e9
MOST, LEAST = 3e38, 1e-45


def held(path: Path) -> dict[str, list[float]]:
    """The numbers of a file by where they stand: a column, a path of keys."""
    text = text_of(path)
    found: dict[str, list[float]] = {}
    for where, value in cells(text) if path.suffix in {".csv", ".tsv"} else in_json(text):
        found.setdefault(where, []).append(value)
    return found


def cells(text: str) -> Iterator[tuple[str, float]]:
    """The cells that are numbers, by column."""
    first = text.lstrip().partition("\n")[0]
    mark = max(",;\t", key=first.count)
    header: list[str] = []
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark):
        header = header or row
        for at, cell in enumerate(row):
            try:
                yield header[at].strip() if at < len(header) else str(at), float(cell)
            except ValueError:
                continue


def in_json(text: str) -> Iterator[tuple[str, float]]:
    """The numbers of all documents of a text, by their keys."""
    decoder = json.JSONDecoder()
    at = 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        value, at = decoder.raw_decode(text, at)
        yield from leaves(value, "")


def leaves(node: Any, above: str) -> Iterator[tuple[str, float]]:
    """The numbers below a node; what stands in lists goes by the key of the list."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from leaves(value, f"{above}/{name}" if above else str(name))
    elif isinstance(node, list):
        for value in node:
            yield from leaves(value, above)
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield above, float(node)


class Pool:
    """Numbers, asked for those that are nearly the same."""

    def __init__(self, numbers: Iterable[float] = ()) -> None:
        self.numbers = np.unique([one for one in numbers if math.isfinite(one)])

    def lacks(self, value: float, off: float | None = None) -> bool:
        """True where there is no such number, `off` by so much at most."""
        if not math.isfinite(value) or abs(value) > MOST:
            return False
        near = abs(value) * CLOSE + LEAST if off is None else off
        first, last = np.searchsorted(self.numbers, (value - near, value + near))
        return bool(last <= first)


@dataclass
class Shown:
    """The numbers that TensorBoard holds: values, settings and those in texts; steps; times, as
    unix seconds and since the first.
    """

    values: Pool = field(default_factory=Pool)
    steps: Pool = field(default_factory=Pool)
    times: Pool = field(default_factory=Pool)
    since: Pool = field(default_factory=Pool)

    def missing(self, numbers: list[float]) -> list[float]:
        """Those of a column or key that are shown nowhere: as values, as steps or as times."""
        lost = [one for one in numbers if self.values.lacks(one)]
        if not lost or self._is_clock(numbers):
            return []
        steps = [one for one in numbers if not self.steps.lacks(one)]
        if len(steps) >= len(numbers) * COUNTER:  # of pairs, each second number is a step
            lost = [one for one in lost if self.steps.lacks(one)]
        return [one for one in lost if one < UNIX or self.times.lacks(one, 1e-3)]

    def _is_clock(self, numbers: list[float]) -> bool:
        for unit in (1, 1e3, 1e6, 1e9):
            large = min(numbers) > UNIX * unit
            if large and not any(self.times.lacks(one / unit, 1e-3) for one in numbers):
                return True
        apart = max(numbers) > min(numbers)
        odd = sum(self.since.lacks(one - numbers[0], 1e-3) for one in numbers)
        return apart and 2 * odd <= len(numbers)  # those of a resumed log begin anew


def shown(logdir: Path) -> Shown:
    """What TensorBoard's own loader finds."""
    values: list[float] = []
    steps: list[float] = []
    times: list[float] = []
    scalars: list[float] = []
    for _, loaded in accumulated(logdir):
        tags = loaded.Tags()
        for tag in tags["scalars"]:
            events = loaded.Scalars(tag)
            values += (event.value for event in events)
            steps += (event.step for event in events)
            scalars += (event.wall_time for event in events)
        for tag in tags["tensors"]:
            for event in loaded.Tensors(tag):
                steps.append(event.step)
                times.append(event.wall_time)
                for text in event.tensor_proto.string_val:
                    values += in_text(text.decode(errors="replace"))
        values += settings(loaded)
    first = min(scalars, default=0.0)
    since = Pool(time - first for time in scalars)
    return Shown(Pool(values), Pool(steps), Pool(times + scalars), since)


def in_text(text: str) -> Iterator[float]:
    """The numbers of a text or of a table in Markdown."""
    return map(float, NUMBER.findall(re.sub(r"[\\,]", "", text)))


def settings(loaded: Any) -> Iterator[float]:
    """The numbers among the hyperparameters of a run."""
    try:
        content = loaded.PluginTagToContent("hparams")
    except KeyError:
        return
    for data in content.values():
        info = plugin_data_pb2.HParamsPluginData.FromString(data).session_start_info
        for value in info.hparams.values():
            if value.WhichOneof("kind") == "number_value":
                yield value.number_value
            else:
                yield from in_text(value.string_value)
