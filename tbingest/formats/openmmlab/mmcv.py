"""MMCV's `<time>.log.json`: JSON lines of OpenMMLab's older libraries (MMDetection 2 and its kin).

{"env_info": "...", "seed": 0, "exp_name": "retinanet.py"}      or {}, once or twice
{"mode": "train", "epoch": 1, "iter": 50, "lr": 0.02, "data_time": 0.01, "loss": 1.9, "time": 0.3}
{"mode": "val", "epoch": 1, "iter": 625, "lr": 0.02, "bbox_mAP": 0.21}

`iter` begins anew with every epoch, or never, where it trains by iterations; in rows of validation
it counts those. The step is counted on with the most iterations that the first epoch has. Tags are
those of its own TensorBoard events.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.head import first_objects, text_lines
from tbingest.formats.readers.json_lines import JsonLines
from tbingest.formats.readers.json_values import JsonError, parse_json
from tbingest.formats.readers.records import group_records, plain_hparams
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import HParams
from tbingest.model.rows import Rows
from tbingest.names.tags import as_is

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tbingest.model.rows import Problem

STEP = "step"
_MODES = frozenset({"train", "val", "test"})
_KEYS = frozenset({"mode", "epoch", "iter"})
_AHEAD = 2_000
_LONG = 200


@dataclass
class MmcvLog(JsonLines):
    """Reads the lines. `iters` counts the iterations of an epoch, 0 while that is not known;
    `by_iter` says that `iter` goes on over epochs; `epoch` and `last` are those of the last row
    of training, `validated` is the epoch of the last row of validation.
    """

    iters: int = 0
    by_iter: bool = False
    epoch: int = 0
    last: int = 0
    validated: int = 0

    def records(
        self, objects: Sequence[dict[str, Any]], places: Sequence[int]
    ) -> Iterator[Rows | Problem]:
        """The objects with a step, under the names of the events."""
        records, kept = [], []
        for place, one in zip(places, objects, strict=True):
            if one.keys() >= _KEYS:
                records.append(self._record(one))
                kept.append(place)
            elif short := _short(one):
                order = np.asarray([place], np.int64)
                yield Rows({STEP: np.zeros(1, np.int64), "hparams": [HParams(short)]}, order)
        for _, found in group_records(records, kept):
            yield found

    def _record(self, found: dict[str, Any]) -> dict[str, Any]:
        mode = str(found["mode"])
        record: dict[str, Any] = {STEP: self.step(found)}
        for name, value in found.items():
            if name in _KEYS:
                continue
            if name == "momentum":
                record[name] = value
            else:
                record["learning_rate" if name == "lr" else f"{mode}/{name}"] = value
        return record

    def step(self, found: Mapping[str, Any]) -> int:
        """The step over all epochs, of a row as it comes."""
        epoch, number = found.get("epoch"), found.get("iter")
        if not isinstance(epoch, int) or not isinstance(number, int):
            epoch, number = self.epoch, self.last
        if found.get("mode") != "train":
            self.validated = epoch
            before = (epoch - 1) * self.iters
            return self.last if self.by_iter else before + (self.iters or self.last) + 1
        if self.epoch and not self.iters:
            if epoch > self.epoch:
                self.by_iter = number > self.last
                self.iters = 0 if self.by_iter else self.last
            elif epoch == self.validated:  # it goes on after validation
                self.by_iter = True
        self.epoch, self.last = epoch, number
        return number if self.by_iter else (epoch - 1) * self.iters + number


def _short(found: Mapping[str, Any]) -> dict[str, bool | float | str]:
    """What the first line says in few words: not the machine, nor the source of the config."""
    return {
        name: value
        for name, value in plain_hparams(found).items()
        if name != "env_info"
        and not (isinstance(value, str) and (len(value) > _LONG or "\n" in value))
    }


def make_reader(head: Head) -> MmcvLog:
    """A reader that has looked ahead: how many iterations the first epoch has."""
    scout = MmcvLog()
    for line in islice(text_lines(head), _AHEAD):
        try:
            found = parse_json(line.encode())
        except JsonError:
            continue
        if isinstance(found, dict) and found.keys() >= _KEYS:
            scout.step(found)
    return MmcvLog(iters=scout.iters, by_iter=scout.by_iter)


def detect(head: Head) -> Evidence:
    """JSON lines with `mode`, `epoch` and `iter`, but for those that begin a training."""
    objects = [found for found in first_objects(head) if not _KEYS.isdisjoint(found)]
    own = [found for found in objects if found.keys() >= _KEYS and str(found["mode"]) in _MODES]
    if own and len(own) == len(objects):
        return Evidence(0.95, "JSON lines with mode, epoch and iter")
    return Evidence(0.0, "no JSON lines with mode, epoch and iter")


FORMAT = Format(
    name="mmcv",
    about="MMCV's <time>.log.json (MMDetection 2, MMSegmentation 0, ...)",
    sample='{"mode": "train", "epoch": 1, "iter": 50, "lr": 0.02, "loss": 1.9, "time": 0.3}',
    detect=detect,
    reader=make_reader,
    fields=Fields(step=(STEP,), rename=as_is),
)
