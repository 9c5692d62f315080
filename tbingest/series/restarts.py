"""What becomes of points whose steps fall back or repeat: the policies of `--on-restart`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tbingest.names.files import join
from tbingest.series.slicing import chosen, take

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tbingest.model.points import Points


def keep_first(
    groups: Sequence[Points], lasts: Mapping[str, int | None]
) -> tuple[list[Points], int]:
    """Drop what does not lie above every earlier step of its tag; how many values that was."""
    masks = [np.ones((len(points), len(points.tags)), bool) for points in groups]
    places: dict[str, list[tuple[int, int]]] = {}
    for number, points in enumerate(groups):
        for column, tag in enumerate(points.tags):
            places.setdefault(tag, []).append((number, column))
    for tag, where in places.items():
        order = np.concatenate([groups[number].order for number, _ in where])
        steps = np.concatenate([groups[number].steps for number, _ in where])
        sequence = np.argsort(order, kind="stable")
        last = lasts.get(tag)
        highest = np.maximum.accumulate(steps[sequence])
        keep = np.ones(len(steps), bool)
        keep[1:] = steps[sequence][1:] > highest[:-1]
        if last is not None:
            keep &= steps[sequence] > last
        back = np.empty_like(keep)
        back[sequence] = keep
        start = 0
        for number, column in where:
            count = len(groups[number])
            masks[number][:, column] = back[start : start + count]
            start += count
    dropped = sum(int((~mask).sum()) for mask in masks)
    kept = [
        part for points, mask in zip(groups, masks, strict=True) for part in chosen(points, mask)
    ]
    return kept, dropped


@dataclass
class Restarts:
    """What `sub-run` and `renumber` remember of a source; its fields are JSON.

    `number` counts restarts, `offset` is added to every step, `highest` is the highest step so
    far, `last` the last step of each tag since the last restart.
    """

    number: int = 0
    offset: int = 0
    highest: int | None = None
    last: dict[str, int] = field(default_factory=dict)


def follow_restarts(
    groups: Sequence[Points],
    memory: Restarts,
    *,
    renumber: bool,
) -> list[Points]:
    """Cut the groups of a source where steps fall back; each part gets a run or numbers of its own.

    For `renumber` a repeated step counts as a restart too; for `sub-run` only one that falls.
    """
    group, number, offsets = _numbered(groups, memory, renumber=renumber)
    result = []
    for place, points in enumerate(groups):
        mine = group == place
        for restart in np.unique(number[mine]):
            rows = np.flatnonzero(number[mine] == restart)
            if renumber:
                steps = points.steps[rows] + int(offsets[mine][rows[0]])
                result.append(take(points, rows, steps=steps))
            else:
                run = join(points.run, f"restart-{restart + 1}") if restart else points.run
                result.append(take(points, rows, run=run))
    return result


def _numbered(
    groups: Sequence[Points], memory: Restarts, *, renumber: bool
) -> tuple[NDArray[np.int64], ...]:
    """Of each record its group, its restart and what is added to its step."""
    order = np.concatenate([points.order for points in groups])
    group = np.repeat(np.arange(len(groups)), [len(points) for points in groups])
    row = np.concatenate([np.arange(len(points)) for points in groups])
    number = np.empty(len(order), np.int64)
    sequence = np.argsort(order, kind="stable").tolist()
    offsets = np.empty(len(order), np.int64)
    for place in sequence:
        points = groups[group[place]]
        step = int(points.steps[row[place]])
        keys = [f"{points.run}\n{tag}" for tag in points.tags]
        least = step if renumber else step + 1
        if any(memory.last.get(key, least - 1) >= least for key in keys):
            memory.number += 1
            memory.last.clear()
            if memory.highest is not None:
                memory.offset = memory.highest + 1 - step
        memory.last.update(dict.fromkeys(keys, step))
        placed = step + memory.offset
        memory.highest = placed if memory.highest is None else max(memory.highest, placed)
        number[place], offsets[place] = memory.number, memory.offset
    return group, number, offsets
