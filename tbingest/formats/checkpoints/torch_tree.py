"""What lies in the objects of a checkpoint: its tensors by name, its step, and what else it says.

{"epoch": 3, "model_state_dict": {"encoder.0.weight": <tensor>, ...}, "optimizer": {"state": ...}}

A module that was saved whole is walked as its own state_dict() would walk it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tbingest.formats.checkpoints.pickle_machine import Name, Opaque
from tbingest.formats.checkpoints.safetensors import STEPS
from tbingest.formats.checkpoints.torch_objects import Array, Storage, Unread, View

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_DEPTH = 64
_MAX_PATH = 500
_MAX_VISITS = 2_000_000
_MAX_SCANNED = 10_000_000
"""So many elements are passed over: a small file can name one long list many times."""
_AGAIN = 200
"""So many visits are counted for what is walked again: each of 60 dicts may hold the next twice."""
_MAX_TENSORS = 200_000
_MAX_LOST = 50
_MAX_FACTS = 50
_MAX_FACT = 200
_FACT_LEVELS = 2
_FIELDS = (*STEPS[:3], "iter", "num_updates", *STEPS[3:], "current_epoch")
_LEAVES = (View, Array, Unread)
_SCALARS = (str, int, float, bool, bytes, type(None), Name)


@dataclass
class Tree:
    """What was found.

    tensors: (name, record) in the order of the file; lost: (name, why) of what is not read, and
    `more` that could not even be named; holds: what the whole is, in words.
    """

    tensors: list[tuple[str, View | Array | Unread]] = field(default_factory=list)
    lost: list[tuple[str, str]] = field(default_factory=list)
    facts: dict[str, bool | float | str] = field(default_factory=dict)
    holds: str = ""
    more: int = 0
    _visits: int = 0
    _scanned: int = 0
    _above: set[int] = field(default_factory=set)
    _walked: set[int] = field(default_factory=set)
    _names: dict[str, int] = field(default_factory=dict)

    def add(self, thing: Any, path: str = "") -> None:
        """Take everything below `thing`, whose name is `path`."""
        self.holds = describe(thing)
        if isinstance(thing, _LEAVES):
            self._leaf(path or "tensor", thing)
        else:
            self._walk(thing, path, 0, "/")

    def step(self) -> tuple[int | None, str]:
        """(the step, the field that says it); (None, "") where none does."""
        for before in ("", "meta/"):
            for name in _FIELDS:
                said = self.facts.get(before + name)
                if (found := count(said)) is not None:
                    return found, before + name
        return None, ""

    def _leaf(self, path: str, thing: View | Array | Unread) -> None:
        if len(self.tensors) >= _MAX_TENSORS or len(path) > _MAX_PATH:
            self._lose(path)
            return
        known = self._names[path] = self._names.get(path, 0) + 1
        self.tensors.append((path if known == 1 else f"{path}#{known}", thing))

    def _lose(self, path: str) -> None:
        if len(self.lost) < _MAX_LOST:
            self.lost.append((path[:_MAX_PATH], "lies too deep, or is one of too many"))
        else:
            self.more += 1

    def _walk(self, thing: Any, path: str, depth: int, joint: str) -> None:
        if id(thing) in self._above:
            return  # a module that names its parent
        self._scanned += _length(thing)
        spent = self._visits > _MAX_VISITS or self._scanned > _MAX_SCANNED
        if spent or depth > _MAX_DEPTH or len(path) > _MAX_PATH:
            self._lose(path)
            return
        self._visits += _AGAIN * (id(thing) in self._walked)
        self._walked.add(id(thing))
        self._above.add(id(thing))
        dots = "." if isinstance(thing, Opaque) and _is_module(thing) else "/"
        for name, value in _children(thing):
            self._visits += 1
            if isinstance(value, _SCALARS):
                self._fact(f"{path}/{name}" if path else name, value, depth)
                continue
            below = f"{path}{joint}{name}" if path and name else path or name
            if isinstance(value, Storage):
                flat = View(value, 0, (value.count,), (1,), value.dtype or "uint8")
                self._leaf(below, flat)
            elif isinstance(value, _LEAVES):
                if not (isinstance(value, Array) and value.text):
                    self._leaf(below, value)
            else:
                self._walk(value, below, depth + 1, dots)
        self._above.discard(id(thing))

    def _fact(self, path: str, value: Any, depth: int) -> None:
        plain = isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 1 << 63)
        short = isinstance(value, str) and 0 < len(value) <= _MAX_FACT
        if depth < _FACT_LEVELS and len(self.facts) < _MAX_FACTS and (plain or short):
            self.facts.setdefault(path, value)


def count(said: Any) -> int | None:
    """A whole number that is not negative, or None."""
    if isinstance(said, bool) or not isinstance(said, int | float):
        return None
    return int(said) if 0 <= said < 1 << 62 and said == int(said) else None


def describe(thing: Any) -> str:
    """What an object is, in a few words."""
    if isinstance(thing, Opaque):
        return f"a {thing.name[:100]}"
    if isinstance(thing, dict):
        names = [str(name)[:30] for name in list(thing)[:6] if isinstance(name, str | int)]
        more = ", ..." if len(thing) > len(names) else ""
        return f"a dict of {', '.join(names)}{more}" if names else "an empty dict"
    kinds = {list: "a list", tuple: "a tuple", str: "text", bytes: "bytes", type(None): "None"}
    return kinds.get(type(thing), "a number")


def _state(thing: Opaque) -> Any:
    state = thing.state
    if isinstance(state, tuple) and len(state) == 2 and isinstance(state[1], dict):
        return {**(state[0] if isinstance(state[0], dict) else {}), **state[1]}  # with __slots__
    return state


def _is_module(thing: Opaque) -> bool:
    state = thing.state
    scripted = thing.name.startswith("__torch__.")
    return isinstance(state, dict) and (scripted or "_parameters" in state or "_modules" in state)


def _length(thing: Any) -> int:
    """How many elements a walk of one thing passes over."""
    if isinstance(thing, Opaque):
        state = thing.state if isinstance(thing.state, tuple) else (thing.state,)
        parts = (thing.arguments, thing.items, thing.entries, *state[:2])
        return 1 + sum(len(part) for part in parts if isinstance(part, dict | list | tuple))
    return len(thing) if isinstance(thing, dict | list | tuple) else 1


def _children(thing: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(thing, dict):
        for name, value in thing.items():
            yield _text(name), value
    elif isinstance(thing, list | tuple):
        for place, value in enumerate(thing):
            if not isinstance(value, _SCALARS):
                yield str(place), value
    elif isinstance(thing, Opaque):
        if _is_module(thing):
            yield from _module(thing)
            return
        for part in (thing.arguments, _state(thing), thing.items, thing.entries):
            if isinstance(part, (*_LEAVES, Opaque)):
                yield "", part
            elif part is not None and not isinstance(part, _SCALARS):
                yield from _children(part)


def _module(thing: Opaque) -> Iterator[tuple[str, Any]]:
    """The parts of a module, as its state_dict names them, then tensors that it holds aside."""
    kinds = ("_parameters", "_buffers", "_modules")
    for kind in kinds:
        part = thing.state.get(kind)
        if isinstance(part, dict):
            for name, value in part.items():
                if not isinstance(value, _SCALARS):
                    yield _text(name), value
    scripted = thing.name.startswith("__torch__.")
    for name, value in thing.state.items():
        inside = scripted and isinstance(value, Opaque | list | tuple | dict)
        if name not in kinds and (isinstance(value, _LEAVES) or inside):
            yield _text(name), value


def _text(name: Any) -> str:
    if isinstance(name, bytes):
        return name[:_MAX_PATH].decode("utf-8", "backslashreplace")
    if isinstance(name, tuple):
        return ",".join(map(_text, name))[:_MAX_PATH]
    return str(name)[:_MAX_PATH]
