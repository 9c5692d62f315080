"""The options of a conversion as the state keeps them, so that it can be verified with the same."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tbingest.options import KINDS, Options

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEPT = (
    *("as_format", "run", "step", "time", "wall_time", "include", "exclude", "run_map"),
    *("drop_tags", "only", "thin", "on_restart", "plots", "tensors", "every", "statistics"),
    *("events", "best"),
)
"""What the state may say. Not `tag_map`: a stranger's state would bring patterns to be run."""


def given(options: Options) -> dict[str, Any]:
    """What is not as it is without options; JSON."""
    plain = Options()
    return {
        name: getattr(options, name)
        for name in _KEPT
        if getattr(options, name) != getattr(plain, name)
    }


def as_given(options: Options, saved: Mapping[str, Any], digest: str) -> Options | None:
    """The options with those that a state keeps; None where these are not all, or not sound."""
    said: dict[str, Any] = {}
    for name in _KEPT:
        default = getattr(Options(), name)
        value = _frozen(saved.get(name, default))
        if isinstance(default, StrEnum) and isinstance(value, str):
            value = next((one for one in type(default) if one == value), None)
        if type(value) is not type(default) or (type(value) is int and value < 1):
            return None
        if isinstance(value, tuple) and not all(map(_is_text, value)):
            return None
        said[name] = value
    found = replace(options, **said)
    return found if found.digest == digest and {*found.only} <= KINDS.keys() else None


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _is_text(value: Any) -> bool:
    pair = isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, str) for v in value)
    return isinstance(value, str) or pair
