"""Where the numbers of an event stand among its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tbingest.model.protowire import fields, placed_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_FLOAT = 1


class Template(NamedTuple):
    """What all events have in common that differ in wall time, step and values only.

    mask (length,): the bits that are alike: none of wall time and values, the highest of the
    step's bytes, which says whether more follow; step: the places of these bytes; values: where
    the float32 of each tag starts; time: where the wall time starts, or -1.
    """

    tags: tuple[str, ...]
    mask: NDArray[np.uint8]
    step: range
    values: tuple[int, ...]
    time: int = -1


def template_of(record: bytes) -> Template | None:
    """The template of an event whose values are all float32 scalars; None for any other."""
    mask = np.full(len(record), 0xFF, np.uint8)
    step, time, found = range(0), -1, list[tuple[str, int]]()
    seen: set[int] = set()
    try:
        for number, value, place in placed_fields(record):
            if number in seen or not _expected(number, value):
                return None
            seen.add(number)
            if isinstance(value, int):
                end = place
                while record[end] & 0x80:
                    end += 1
                step = range(place, end + 1)
            elif number == 1:
                mask[place : place + 8] = 0
                time = place
            else:
                found += _values(value, place)
    except (IndexError, ValueError):
        return None
    if not found:
        return None
    mask[step.start : step.stop] = 0x80
    for _, at in found:
        mask[at : at + 4] = 0
    tags, places = zip(*found, strict=True)
    return Template(tags, mask, step, places, time)


def _expected(number: int, value: int | bytes) -> bool:
    if number == 2 or isinstance(value, int):
        return number == 2 and isinstance(value, int)
    return number == 5 or (number == 1 and len(value) == 8)


def _values(summary: bytes, start: int) -> Iterator[tuple[str, int]]:
    """(tag, place of its float32) of each value. Raises ValueError where one is something else."""
    for number, value, place in placed_fields(summary):
        if number != 1 or not isinstance(value, bytes):
            raise ValueError(number)
        tag, at = "", None
        for inner, held, inside in placed_fields(value):
            if not isinstance(held, bytes):
                raise ValueError(inner)  # noqa: TRY004 - of the wire format
            if inner == 1:
                tag = held.decode("utf-8", "replace")
            elif inner in {2, 8}:
                if at is not None:
                    raise ValueError(inner)
                at = start + place + inside + (0 if inner == 2 else _in_tensor(held))
                if inner == 2 and len(held) != 4:
                    raise ValueError(inner)
        if at is None:
            raise ValueError(number)
        yield tag, at


def _in_tensor(data: bytes) -> int:
    """The place of the one float32 of a tensor. Raises ValueError for any other tensor."""
    dtype, places = 0, []
    for number, value, place in placed_fields(data):
        if number == 1 and isinstance(value, int):
            dtype = value
        elif number == 2 and isinstance(value, bytes) and is_single(value):
            continue
        elif number in {4, 5} and isinstance(value, bytes) and len(value) == 4:
            places.append(place)
        else:
            raise ValueError(number)
    if dtype != _FLOAT or len(places) != 1:
        raise ValueError(dtype)
    return places[0]


def is_single(shape: bytes) -> bool:
    """True for a TensorShapeProto without dimensions."""
    return all(number != 2 for number, _ in fields(shape))
