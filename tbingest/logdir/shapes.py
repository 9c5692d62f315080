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


def either(*shapes: Shape) -> Shape:
    """One of several."""
    return lambda value: any(shape(value) for shape in shapes)


def all_of(shape: Shape) -> Shape:
    """A list."""
    return lambda value: isinstance(value, list) and all(map(shape, value))


def row(*shapes: Shape) -> Shape:
    """A list of so many."""
    return lambda value: (
        isinstance(value, list)
        and len(value) == len(shapes)
        and all(shape(one) for shape, one in zip(shapes, value, strict=True))
    )


def by_name(shape: Shape) -> Shape:
    """An object whose names are free."""
    return lambda value: isinstance(value, dict) and all(map(shape, value.values()))


def fields(shapes: dict[str, Shape], *, others: bool = False, needed: Iterable[str] = ()) -> Shape:
    """An object of these names, `others` among them or not, with those that are `needed`."""

    def fits(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and (others or value.keys() <= shapes.keys())
            and value.keys() >= {*needed}
            and all(shapes.get(name, anything)(one) for name, one in value.items())
        )

    return fits


_PLACES: dict[str, Shape] = {
    "head": row(count, text),
    "tail": digits,
    "sums": all_of(count),
    "stamp": either(row(), row(whole, whole, whole)),
    "identity": all_of(count),
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
        "tags": all_of(text),
        "start": whole,
        "last": either(none, whole),
        "count": count,
        "falls": count,
        "before": whole,
        "strides": all_of(whole),
        "courses": all_of(row(whole, count, count)),
        "order": whole,
        "unordered": flag,
    },
    needed=("tags",),
)
_ROLES = dict.fromkeys(("step", "time", "unit", "split", "run", "epoch"), text) | {
    "first_time": either(none, number),
    "unused": all_of(text),
    "why": by_name(text),
    "fields": all_of(text),
}
_MEMORY = {
    "seen": count,
    "step": either(none, whole),
    "time": either(none, number),
    "names": by_name(text),
    "texts": by_name(all_of(text)),
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
_READ: dict[str, Shape] = {
    "format": text,
    "rule": text,
    "root": text,
    "encoding": text,
    "sure": number,
    "claim": text,
    "head": row(count, text),
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
    "roles": fields(_ROLES),
    "base": number,
    "base_from": text,
    "feed": _FEED,
}
is_read = fields(_READ, others=True, needed=_READ)
"""What is saved of a source that was read; what is not of it, `checked` looks at."""
