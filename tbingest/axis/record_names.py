"""What records of a document are called: by a name in them, or by what tells them apart."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tbingest.axis.vocabulary import RUN_WORDS, THING
from tbingest.axis.words import word_set

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NAMES = frozenset({"name", "run", "id", "label", "seed"})
_LONGEST_NAME = 40


def joined(*parts: str) -> str:
    """The parts that say anything, with `/` between them."""
    return "/".join(part for part in parts if part)


def name_of(record: Mapping[str, Any]) -> str:
    """What a record is called, by itself or in a part that describes it."""
    parts = [record, *(value for value in record.values() if isinstance(value, dict))]
    found = ((k, v) for part in parts for k, v in part.items())
    return next((str(v) for k, v in found if word_set(k) & _NAMES and _is_label(v)), "")


def names_of(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each of some records is called: by itself, else by what tells it apart from the others,
    `lstm/short/seed=42`; by its place where nothing does.
    """
    names = [name_of(one).replace("/", "_") for one in records]
    if all(names) and len(set(names)) == len(names):
        return names
    keys = [key for key in records[0] if all(_tells(one.get(key)) for one in records)]
    keys.sort(key=lambda key: not word_set(key) & (THING | RUN_WORDS | _NAMES))
    told = [""] * len(records)
    for key in keys:
        said = [joined(name, _told(key, one[key])) for name, one in zip(told, records, strict=True)]
        if len(set(said)) > len(set(told)):
            told = said
        if len(set(told)) == len(told):
            return told
    counts = Counter(told)
    return [name if counts[name] == 1 else joined(name, str(at)) for at, name in enumerate(told)]


def _tells(value: Any) -> bool:
    """True for a short text or a whole number: no path, no score."""
    if isinstance(value, str):
        return 0 < len(value) < _LONGEST_NAME and not set(value) & set("/\\")
    return isinstance(value, int) and not isinstance(value, bool)


def _told(key: str, value: str | int) -> str:
    return value if isinstance(value, str) else f"{key}={value}"


def _is_label(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)
