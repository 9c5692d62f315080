"""Shapes of JSON, held against what a state says of a source: the words that others unpack."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Shape = Callable[[Any], bool]
_FAR = 1 << 63


def count(value: Any) -> bool:
    """A whole number from 0 on."""
    return type(value) is int and 0 <= value < _FAR


def whole(value: Any) -> bool:
    """A whole number."""
    return type(value) is int and abs(value) < _FAR


def number(value: Any) -> bool:
    """A number that is a time."""
    return isinstance(value, int | float) and type(value) is not bool and abs(value) < _FAR


def text(value: Any) -> bool:
    """A text."""
    return isinstance(value, str)


def flag(value: Any) -> bool:
    """True or false."""
    return isinstance(value, bool)


def none(value: Any) -> bool:
    """Nothing."""
    return value is None


def digits(value: Any) -> bool:
    """Bytes as hexadecimal digits."""
    return text(value) and len(value) % 2 == 0 and not set(value) - set("0123456789abcdef")


def anything(_: Any) -> bool:
    """What its reader looks at itself."""
    return True


def either(first: Shape, second: Shape) -> Shape:
    """One of two."""
    return lambda value: first(value) or second(value)


def texts(value: Any) -> bool:
    """A list of texts; in one go, as states hold many."""
    return isinstance(value, list) and set(map(type, value)) <= {str}


def wholes(value: Any) -> bool:
    """A list of whole numbers, likewise."""
    return (
        isinstance(value, list)
        and set(map(type, value)) <= {int}
        and (not value or (max(value) < _FAR and min(value) > -_FAR))
    )


def named_texts(value: Any) -> bool:
    """An object of texts, likewise."""
    return isinstance(value, dict) and set(map(type, value.values())) <= {str}


def all_of(shape: Shape) -> Shape:
    """A list."""
    return lambda value: isinstance(value, list) and all(map(shape, value))


def row(*shapes: Shape) -> Shape:
    """A list of so many."""

    def fits(value: Any) -> bool:
        if not isinstance(value, list) or len(value) != len(shapes):
            return False
        return all(map(_holds, shapes, value))

    return fits


def by_name(shape: Shape) -> Shape:
    """An object whose names are free."""
    return lambda value: isinstance(value, dict) and all(map(shape, value.values()))


def fields(shapes: dict[str, Shape], *, others: bool = False, needed: Iterable[str] = ()) -> Shape:
    """An object of these names, `others` among them or not, with those that are `needed`."""
    names, must = shapes.keys(), frozenset(needed)

    def fits(value: Any) -> bool:
        if not isinstance(value, dict) or not value.keys() >= must:
            return False
        if not others and not value.keys() <= names:
            return False
        return all(map(_holds, map(shapes.get, value), value.values()))

    return fits


def _holds(shape: Shape | None, value: Any) -> bool:
    return shape is None or shape(value)


_PLACES: dict[str, Shape] = {
    "head": row(count, text),
    "tail": digits,
    "sums": wholes,
    "stamp": either(row(), row(whole, whole, whole)),
    "identity": wholes,
    "closed": count,
    "given": all_of(anything),
    "reader": fields({"consumed": count}, others=True, needed=("consumed",)),
}
_FEED = either(
    fields(_PLACES, others=True, needed=("head", "tail", "reader")),
    fields(_PLACES, others=True, needed=("given",)),
)
_COUNTER = fields(
    {
        "tags": texts,
        "start": whole,
        "last": either(none, whole),
        "count": count,
        "falls": count,
        "before": whole,
        "strides": wholes,
        "courses": all_of(row(whole, count, count)),
        "order": whole,
        "unordered": flag,
    },
    needed=("tags",),
)
_ROLES = dict.fromkeys(("step", "time", "unit", "split", "run", "epoch"), text) | {
    "first_time": either(none, number),
    "unused": texts,
    "why": named_texts,
    "fields": texts,
}
_MEMORY = {
    "seen": count,
    "step": either(none, whole),
    "time": either(none, number),
    "names": named_texts,
    "texts": by_name(texts),
    "runs": by_name(count),
    "epochs": fields(
        {
            "epoch": either(none, whole),
            "first": whole,
            "low": whole,
            "high": whole,
            "offset": whole,
            "anew": either(none, flag),
        }
    ),
}
_MEANINGS: dict[str, Shape] = {
    "memory": fields(_MEMORY, needed=_MEMORY),
    "restarts": fields(
        {
            "number": count,
            "offset": whole,
            "highest": either(none, whole),
            "last": by_name(whole),
        }
    ),
    "trainings": by_name(fields({"part": count, "counters": all_of(_COUNTER), "open": flag})),
}
_TAKEN_FOR: dict[str, Shape] = {
    "format": text,
    "rule": text,
    "encoding": text,
    "sure": number,
    "claim": text,
    "head": row(count, text),
    "roles": fields(_ROLES),
}
_READ: dict[str, Shape] = {
    **_TAKEN_FOR,
    "root": text,
    **_MEANINGS,
    "base": number,
    "base_from": text,
    "feed": _FEED,
}
is_read = fields(_READ, others=True, needed=_READ)
"""What is saved of a source that was read; what is not of it, `checked` looks at."""
is_taken_for = fields(_TAKEN_FOR, others=True, needed=_TAKEN_FOR)
"""What stays of one that lacks its header where it is to be read anew."""
is_before = fields(_MEANINGS, needed=_MEANINGS)
"""What the records before a last line without an end mean."""
