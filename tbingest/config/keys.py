"""The keys that a config may hold, and what each of them takes."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from tbingest.check.rules import KEYS
from tbingest.options import OnRestart, Plots

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXTS = "a string or a list of strings"
_KINDS: dict[str, tuple[type, ...]] = {
    "a string": (str,),
    TEXTS: (str, list),
    "true or false": (bool,),
    "a whole number": (int,),
    "a string or a number": (str, int, float),
    "a number": (int, float),
    "a string, a number or a time": (str, int, float, datetime, date),
}
SETTINGS = {
    "logdir": "a string",
    "as": "a string",
    "run": "a string",
    "step": "a string",
    "time": "a string",
    "wall-time": "a string, a number or a time",
    "include": TEXTS,
    "exclude": TEXTS,
    "tag-map": TEXTS,
    "run-map": TEXTS,
    "drop-tags": TEXTS,
    "only": "a string",
    "thin": "a whole number",
    "on-restart": "a string",
    "plots": "a string",
    "adopt": "true or false",
    "aggregate": "a string",
    "best": "true or false",
    "also-by": "a string",
    "tensors": TEXTS,
    "every": "a whole number",
    "statistics": "true or false",
    "projector": "a string",
    "jobs": "a whole number",
    "strict": "true or false",
    "verify": "true or false",
    "output-format": "a string",
    "report": "a string",
    "port": "a whole number",
    "all-points": "true or false",
}
"""The flags that may stand in a config, and what they hold."""
CHOICES = {"plots": [*map(str, Plots)], "on-restart": [*map(str, OnRestart)]}
"""What some of them may be."""
SOURCE = {
    "match": "a string",
    "format": "a string",
    "run": "a string",
    "step": "a string",
    "time": "a string",
    "pattern": TEXTS,
}
_TAG = {"match": "a string", "to": "a string"}
_LAYOUT = {"name": "a string", "tags": TEXTS, "band": "true or false"}
_PLOT = {
    "title": "a string",
    "kind": "a string",
    "y": TEXTS,
    "x": "a string",
    "log": "a string",
    "smoothing": "a number",
}
FOLLOW = {
    "interval": "a string or a number",
    "until-idle": "a string or a number",
    "once-done": "a string",
}
"""The flags that may stand in the table `[follow]`."""
TABLES = {
    "check": KEYS,
    "source": SOURCE,
    "tag": _TAG,
    "layout": _LAYOUT,
    "plot": _PLOT,
    "follow": FOLLOW,
}


def is_kind(value: object, kind: str) -> bool:
    """True where a value is what a key takes."""
    if isinstance(value, bool):
        return kind == "true or false"
    if isinstance(value, list) and not all(isinstance(item, str) for item in value):
        return False
    return isinstance(value, _KINDS[kind])


def said(value: object) -> str:
    """What a value is, in words."""
    names = {
        bool: "true or false",
        str: "a string",
        int: "a whole number",
        float: "a number",
        dict: "a table",
        datetime: "a time",
        date: "a date",
        time: "a time of day",
    }
    return "a list" if isinstance(value, list) else names.get(type(value), "something else")


def listed(value: str | Sequence[str]) -> Sequence[str]:
    """A value that may be one text or several."""
    return (value,) if isinstance(value, str) else value


def plain(value: Any) -> Any:
    """As the flag would be written."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, float) else value
