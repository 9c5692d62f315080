"""W&B's own file of a run: `run-<id>.wandb`, binary, written while the run goes on.

bytes 0 to 6: ":W&B", a magic number and a version
then LevelDB's log: records in blocks of 32 KiB, with checksums
each record a protocol buffer: the run, its configuration, its history, the machine's load

Numbers are text (JSON) in it. Steps are those that `define_metric` names, as Hugging Face's Trainer
and Lightning do, for the values that it names, else W&B's own. The machine's load is shown with
seconds since the start as steps. The summary repeats the history: what is in it only is shown when
the run has ended. Nothing is taken of what the file says about people and machines.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.json_values import JsonError, parse_json
from tbingest.formats.readers.leveldb_log import BlockLog
from tbingest.formats.readers.records import MAX_TAGS_DEPTH
from tbingest.formats.wandb.summary import FIELDS, series
from tbingest.formats.wandb.values import ELAPSED, OWN, STEP, TIME, hyperparameters
from tbingest.model.contracts import Evidence, Format, Head
from tbingest.model.protowire import WireError, fields, messages, signed
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.model.rows import Column

_MAGIC = b":W&B"
_START = 7
_MAX_SUMMARY = 100_000
_PART = "\n"
"""Stands between the parts of a nested name, where it is a key."""
# Numbers of fields in wandb_internal.proto.
_HISTORY, _SUMMARY, _CONFIG, _LOAD, _METRIC, _RUN, _EXIT = 2, 3, 5, 7, 12, 17, 18
_ITEM, _HISTORY_STEP, _UPDATE, _RUN_CONFIG, _RUN_SUMMARY, _RUN_START = 1, 2, 1, 4, 5, 17
_LOAD_TIME, _LOAD_ITEM = 2, 3
_KEY, _NESTED_KEY, _JSON = 1, 2, 16
_NAME, _GLOB, _AXIS = 1, 2, 4
_OWN = {*OWN, STEP, TIME}


@dataclass
class RunFile(BlockLog):
    """Reads the history of a run, its configuration and the machine's load.

    `place` counts the records that were given out, `step` and `time` are the last ones; `began`
    is when the run began. `summary` holds, as JSON, what the history has not told. `axes` says of
    names, which may end with `*`, what their step is, and `reached` where each of those stands.
    """

    start: int = _START
    place: int = 0
    step: int = 0
    time: float = 0.0
    began: float = 0.0
    told: dict[str, bool] = field(default_factory=dict)
    summary: dict[str, str] = field(default_factory=dict)
    axes: dict[str, str] = field(default_factory=dict)
    reached: dict[str, int] = field(default_factory=dict)

    def read(self, records: Sequence[bytes | Problem]) -> Iterator[Rows | Problem]:
        """The rows of some records."""
        found: list[dict[str, Any]] = []
        places: list[int] = []
        for record in records:
            if isinstance(record, Problem):
                yield record
                continue
            self.place += 1
            try:
                for number, value in fields(record):
                    if not isinstance(value, bytes):
                        continue
                    if number in {_RUN, _CONFIG}:
                        yield from self._configured(number, value)
                        continue
                    made = self._record(number, value)
                    parts = self._by_axis(made) if made and number == _HISTORY else [made]
                    found += filter(None, parts)
                    places += [self.place] * sum(map(bool, parts))
            except WireError as error:
                what = f"record {self.place} is not a message of W&B: {error}"
                yield Problem("", None, None, what, values=1)
        for _, one in series(found, places):
            yield one

    def _record(self, number: int, message: bytes) -> dict[str, Any]:
        """The values of a record; empty where it has none to show."""
        if number == _HISTORY:
            return self._history(message)
        if number == _LOAD:
            return self._load(message)
        if number == _SUMMARY:
            self._summarised(message)
        elif number == _METRIC:
            given = [(key, one) for key, one in fields(message) if isinstance(one, bytes)]
            said = {key: one.decode("utf-8", "replace") for key, one in given}
            name = said.get(_NAME) or said.get(_GLOB, "")
            if name and _AXIS in said:
                self.axes[name] = said[_AXIS]
        elif number == _EXIT:
            texts, self.summary = self.summary, {}
            values: dict[str, Any] = {}
            for name, text in texts.items():
                put(values, name.split(_PART), value_of(text))
            if values:
                return {STEP: self.step, TIME: self.time, **values}
        return {}

    def _history(self, message: bytes) -> dict[str, Any]:
        record: dict[str, Any] = {}
        step = self.step
        for number, value in fields(message):
            if number == _ITEM and isinstance(value, bytes):
                names, text = item(value)
                put(record, names, value_of(text))
                self.told.setdefault(_PART.join(names), True)
                self.summary.pop(_PART.join(names), None)
            elif number == _HISTORY_STEP and isinstance(value, bytes):
                step = signed(dict(fields(value)).get(1, 0))
        own = record.pop(STEP, None)
        self.step = own if type(own) is int and abs(own) < 1 << 62 else step
        time = record.pop(TIME, None)
        self.time = float(time) if type(time) in {int, float} else self.time
        record.pop(ELAPSED, None)
        return {STEP: self.step, TIME: self.time, **record} if record else {}

    def _by_axis(self, record: dict[str, Any]) -> list[dict[str, Any]]:
        """The values of a record by their steps: those that were defined, and W&B's own."""
        if not self.axes:
            return [record]
        for axis in {*self.axes.values()}:
            value = record.get(axis)
            if not isinstance(value, int | float) or isinstance(value, bool):
                continue
            if 0 <= value < 1 << 62 and float(value).is_integer():
                self.reached[axis] = int(value)
        parts: dict[int, dict[str, Any]] = {}
        for name, value in record.items():
            if name not in {STEP, TIME}:
                step = self.reached.get(self._axis_of(name), self.step)
                parts.setdefault(step, {STEP: step, TIME: self.time})[name] = value
        return list(parts.values())

    def _axis_of(self, name: str) -> str:
        if name in self.axes.values():
            return name
        globs = (one for one in self.axes if one.endswith("*") and name.startswith(one[:-1]))
        return self.axes.get(name) or self.axes.get(max(globs, key=len, default=""), "")

    def _load(self, message: bytes) -> dict[str, Any]:
        """What the machine did, under tags of its own: its steps are seconds."""
        stamps = [_seconds(value) for value in messages(message, _LOAD_TIME)]
        values = {}
        for value in messages(message, _LOAD_ITEM):
            names, text = item(value)
            values["/".join(("system", *names))] = value_of(text)
        if not values or not stamps:
            return {}
        self.began = self.began or stamps[0]
        return {STEP: max(0, int(stamps[0] - self.began)), TIME: stamps[0], **values}

    def _summarised(self, message: bytes) -> None:
        for update in messages(message, _UPDATE):
            names, text = item(update)
            name = _PART.join(names)
            if (
                names[0] not in {*OWN, STEP, TIME}
                and name not in self.told
                and len(text) <= _MAX_SUMMARY
            ):
                self.summary[name] = text

    def _configured(self, number: int, message: bytes) -> Iterator[Rows]:
        """Hyperparameters, at the beginning of the run or later."""
        configs = [message]
        if number == _RUN:
            configs = list(messages(message, _RUN_CONFIG))
            for start in messages(message, _RUN_START):
                self.began = _seconds(start)
                self.time = self.time or self.began
            for summary in messages(message, _RUN_SUMMARY):
                self._summarised(summary)
        values: dict[str, Any] = {}
        for config in configs:
            for update in messages(config, _UPDATE):
                names, text = item(update)
                put(values, names, value_of(text))
        made = hyperparameters(values)
        if made:
            columns: dict[str, Column] = {
                STEP: np.asarray([self.step]),
                TIME: np.asarray([self.time]),
                ":config": [made],
            }
            yield Rows(columns, np.asarray([self.place], np.int64))


def item(message: bytes) -> tuple[list[str], str]:
    """(name, JSON) of a value; a nested one has a name of several parts."""
    names = []
    text = b""
    for number, value in fields(message):
        if number in {_KEY, _NESTED_KEY} and isinstance(value, bytes) and value:
            names.append(value.decode("utf-8", "replace"))
        elif number == _JSON and isinstance(value, bytes):
            text = value
    return names[:MAX_TAGS_DEPTH] or ["value"], text.decode("utf-8", "replace")


def put(record: dict[str, Any], names: Sequence[str], value: Any) -> None:
    """Put a value where its name says; what stands in its way gives way."""
    *above, last = names
    for name in above:
        below = record.get(name)
        if not isinstance(below, dict):
            below = record[name] = {}
        record = below
    record[last] = value


def value_of(text: str) -> Any:
    """What a JSON text says; a text that is no JSON is missing."""
    try:
        return parse_json(text.encode())
    except JsonError:
        return None


def _seconds(stamp: bytes) -> float:
    parts = dict(fields(stamp))
    return signed(parts.get(1, 0)) + signed(parts.get(2, 0)) / 1e9


def detect(head: Head) -> Evidence:
    """By its first four bytes, once something of the run stands in it."""
    if not head.data.startswith(_MAGIC):
        return Evidence(0.0, "does not begin with :W&B")
    found = RunFile().feed(head.data)
    if any(isinstance(one, Rows) for one in found):
        return Evidence(0.99, "begins with :W&B")
    return Evidence(0.3, "begins with :W&B, but nothing of a run stands in it yet")


FORMAT = Format(
    name="wandb-run",
    about="W&B's binary file of a run (run-<id>.wandb)",
    sample="wandb/offline-run-20261123_031459-viqv9rgu/run-viqv9rgu.wandb",
    detect=detect,
    reader=lambda _: RunFile(),
    fields=FIELDS,
)
