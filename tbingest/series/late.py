"""Records that are late, or in no order, sorted in among the others of their tag."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.series.replaced import Replaced
from tbingest.series.slicing import chosen, take

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tbingest.model.accounts import Account
    from tbingest.model.points import Points


def sorted_in(
    groups: Sequence[Points], late: Sequence[NDArray[np.bool_]], account: Account
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
    for tag, where in places.items():
        replaced = Replaced(tag, account)
        _stands(groups, where, late, masks, replaced)
        superseded += replaced.superseded
        repeated += replaced.repeated
    kept = [one for points, mask in zip(groups, masks, strict=True) for one in chosen(points, mask)]
    return sorted_by_step(kept), superseded, repeated


def _stands(
    groups: Sequence[Points],
    where: Sequence[tuple[int, int]],
    late: Sequence[NDArray[np.bool_]],
    masks: list[NDArray[np.bool_]],
    replaced: Replaced,
) -> None:
    """Mark what stands of a tag, and say what does not."""
    found = sorted(
        (place, number, row, column)
        for number, column in where
        for row, place in enumerate(groups[number].order.tolist())
    )
    steps: list[int] = []
    stand: list[tuple[int, int, int]] = []
    for place, number, row, column in found:
        step = int(groups[number].steps[row])
        at = bisect_left(steps, step)
        end = len(steps)
        if late[number][row]:
            end = at + (at < len(steps) and steps[at] == step)
        mine = (number, row, column)
        for before, other in zip(steps[at:end], stand[at:end], strict=True):
            where_ = int(groups[other[0]].order[other[1]])
            falls = not late[number][row] and steps[-1] != step
            replaced.remove(before, _value(groups, other), where_, by=place, falls=falls)
        if replaced.is_open:
            replaced.told({step: _value(groups, mine)})
        steps[at:end] = [step]
        stand[at:end] = [mine]
    replaced.close()
    for number, row, column in stand:
        masks[number][row, column] = True


def _value(groups: Sequence[Points], at: tuple[int, int, int]) -> Any:
    number, row, column = at
    return groups[number].values[row][column]


def sorted_by_step(groups: Sequence[Points]) -> list[Points]:
    """Points in the order of their steps; equal steps keep their order.

    Where any of them moves, their places in the source are told no more: they count up to -1.
    """
    if not groups:
        return []
    order = np.concatenate([points.order for points in groups])
    steps = np.concatenate([points.steps for points in groups])
    sequence = np.lexsort((order, steps))
    places = order
    if (np.diff(order[sequence]) < 0).any():
        places = np.empty(len(order), np.int64)
        places[sequence] = np.arange(-len(order), 0)
    result, start = [], 0
    for points in groups:
        mine = places[start : start + len(points)]
        start += len(points)
        moved = take(points, np.argsort(mine, kind="stable"))
        result.append(replace(moved, order=np.sort(mine)))
    return result
