"""The run, step and wall time of each record."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tbingest.names.times import to_seconds
from tbingest.series.epochs import Epochs, numbers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tbingest.model.rows import Column, Rows
    from tbingest.plan.roles import Roles
    from tbingest.reading.memory import Memory, Naming


_Number = TypeVar("_Number", np.int64, np.float64)


_MAX_STEP = 2.0**63


@dataclass(frozen=True)
class Place:
    """Steps and times of some rows; a step that is not `usable` is 0 and means nothing."""

    steps: NDArray[np.int64]
    times: NDArray[np.float64]
    usable: NDArray[np.bool_]


def place_all(batch: Sequence[Rows], roles: Roles, naming: Naming, memory: Memory) -> list[Place]:
    """Steps and times of every record; what one lacks is that of the record before it.

    Only the fields that the roles name are looked at.
    """
    order = np.concatenate([rows.order for rows in batch])
    sequence = np.argsort(order, kind="stable")
    bounds = np.cumsum([0, *(len(rows.order) for rows in batch)])
    parts = [slice(a, b) for a, b in pairwise(bounds.tolist())]
    steps = np.zeros(len(order), np.int64)
    usable = np.ones(len(order), bool)
    known = np.ones(len(order), bool)
    # The same time for millions of records takes no memory.
    times = np.full(len(order), np.nan) if roles.time else np.broadcast_to(naming.base, len(order))
    if naming.step is not None:
        steps[:] = naming.step
    elif not roles.step:
        steps[sequence] = _counted(batch, roles.run, sequence, memory)
    for rows, part in zip(batch, parts, strict=True):
        if roles.step and naming.step is None:
            column = rows.columns.get(roles.step)
            if isinstance(column, np.ndarray):
                steps[part], usable[part] = _whole(column)
            else:
                known[part] = False
        if roles.time and roles.time in rows.columns:
            times[part] = to_seconds(rows.columns[roles.time], roles.unit, naming.base)
    if roles.epoch and naming.step is None:
        _count_on(batch, roles.epoch, steps, sequence[(known & usable)[sequence]], memory)
    steps = _carried(steps, known & usable, sequence, memory.step or 0)
    times = _carried(
        times, np.isfinite(times), sequence, naming.base if memory.time is None else memory.time
    )
    memory.seen += len(order)
    memory.step = int(steps[sequence[-1]])
    memory.time = float(times[sequence[-1]])
    return [Place(steps[part], times[part], usable[part]) for part in parts]


def _count_on(
    batch: Sequence[Rows],
    name: str,
    steps: NDArray[np.int64],
    sequence: NDArray[np.int64],
    memory: Memory,
) -> None:
    """Count steps on over the epochs that the field `name` says; the rest keep theirs."""
    state = Epochs(**memory.epochs)
    if state.anew is False or not len(sequence):
        return
    whole, usable = _whole(numbers_of(batch, name))
    epochs = _carried(whole, usable, sequence, state.epoch or 0)
    steps[sequence] = state.count_on(epochs[sequence], steps[sequence])
    memory.epochs = asdict(state)


def _counted(
    batch: Sequence[Rows], run: str, sequence: NDArray[np.int64], memory: Memory
) -> Sequence[int] | NDArray[np.int64]:
    """The number of each record, from 0, in its run."""
    if not run:
        return np.arange(memory.seen, memory.seen + len(sequence))
    labels = [
        label
        for rows in batch
        for label in labels_of(rows.columns.get(run), run) or [""] * len(rows.order)
    ]
    numbers = []
    for place in sequence.tolist():
        seen = memory.runs.get(labels[place], 0)
        numbers.append(seen)
        memory.runs[labels[place]] = seen + 1
    return numbers


def _whole(column: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Steps as whole numbers, rounded down, and which of them are steps at all."""
    if column.dtype.kind == "i":
        return column.astype(np.int64), np.ones(len(column), bool)
    usable = np.isfinite(column) & (np.abs(column) < _MAX_STEP)
    return np.floor(np.where(usable, column, 0)).astype(np.int64), usable


def _carried(
    values: NDArray[_Number],
    known: NDArray[np.bool_],
    sequence: NDArray[np.int64],
    before: float,
) -> NDArray[_Number]:
    """`values`, where one that is not known is that of the known record before it."""
    if known.all():
        return values
    rising = values[sequence]
    there = known[sequence]
    source = np.maximum.accumulate(np.where(there, np.arange(len(rising)), -1))
    filled = np.where(source < 0, values.dtype.type(before), rising[np.maximum(source, 0)])
    result = np.empty_like(values)
    result[sequence] = filled
    return result


def labels_of(column: Column | None, name: str) -> list[str]:
    """What a column of names says of each record; a number is said with the column's name.

    Empty where there is no such column.
    """
    if column is None:
        return []
    if isinstance(column, np.ndarray):
        return [f"{name}={int(n) if float(n).is_integer() else n}" for n in column.tolist()]
    return [str(label).strip() for label in column]
