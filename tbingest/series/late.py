"""Records that are late, or in no order, sorted in among the others of their tag."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.series.slicing import chosen, take

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tbingest.model.points import Points


def sorted_in(
    groups: Sequence[Points], late: Sequence[NDArray[np.bool_]]
) -> tuple[list[Points], int, int]:
    """The points of a run in the order of their steps, with what stands of each tag.

    late: of each group, which of its records are sorted in; they take away just what stands at
    their own step, where others take away all that stands at theirs or beyond. Gives how many
    values were superseded by others, and how many were told twice, too.
    """
    masks = [np.zeros((len(points), len(points.tags)), bool) for points in groups]
    places: dict[str, list[tuple[int, int]]] = {}
    for number, points in enumerate(groups):
        for column, tag in enumerate(points.tags):
            places.setdefault(tag, []).append((number, column))
    superseded = repeated = 0
    for where in places.values():
        lost, twice = _stands(groups, where, late, masks)
        superseded += lost
        repeated += twice
    kept = [one for points, mask in zip(groups, masks, strict=True) for one in chosen(points, mask)]
    return sorted_by_step(kept), superseded, repeated


def _stands(
    groups: Sequence[Points],
    where: Sequence[tuple[int, int]],
    late: Sequence[NDArray[np.bool_]],
    masks: list[NDArray[np.bool_]],
) -> tuple[int, int]:
    """Mark what stands of a tag; how many values others replaced, and how many were the same."""
    found = sorted(
        (place, number, row, column)
        for number, column in where
        for row, place in enumerate(groups[number].order.tolist())
    )
    steps: list[int] = []
    stand: list[tuple[int, int, int]] = []
    superseded = repeated = 0
    for _, number, row, column in found:
        step = int(groups[number].steps[row])
        at = bisect_left(steps, step)
        end = len(steps)
        if late[number][row]:
            end = at + (at < len(steps) and steps[at] == step)
        mine = (number, row, column)
        for other in stand[at:end]:
            same = _same(_value(groups, other), _value(groups, mine))
            repeated += same
            superseded += not same
        steps[at:end] = [step]
        stand[at:end] = [mine]
    for number, row, column in stand:
        masks[number][row, column] = True
    return superseded, repeated


def _value(groups: Sequence[Points], at: tuple[int, int, int]) -> Any:
    number, row, column = at
    return groups[number].values[row][column]


def _same(one: Any, other: Any) -> bool:
    if not (isinstance(one, float) and isinstance(other, float)):
        return one is other
    return one == other or (math.isnan(one) and math.isnan(other))


def sorted_by_step(groups: Sequence[Points]) -> list[Points]:
    """Points in the order of their steps; equal steps keep their order."""
    if not groups:
        return []
    order = np.concatenate([points.order for points in groups])
    steps = np.concatenate([points.steps for points in groups])
    rank = np.empty(len(order), np.int64)
    rank[np.lexsort((order, steps))] = np.arange(len(order))
    result, start = [], 0
    for points in groups:
        mine = rank[start : start + len(points)]
        start += len(points)
        moved = take(points, np.argsort(mine, kind="stable"))
        result.append(replace(moved, order=np.sort(mine)))
    return result
