"""Fills that make a pattern with two ways through the same text work quadratically, or worse.

They are made from the pattern itself: what it begins with, and what its repetitions take.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections import defaultdict
from pathlib import Path
from re import _constants as sre
from re import _parser
from typing import TYPE_CHECKING, Any

import tbingest

if TYPE_CHECKING:
    from collections.abc import Iterator

METHODS = frozenset({"match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split"})
_MANY = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
_CLASS = {
    sre.CATEGORY_DIGIT: "1",
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_WORD: "a",
    sre.CATEGORY_NOT_DIGIT: "a",
    sre.CATEGORY_NOT_SPACE: "a",
    sre.CATEGORY_NOT_WORD: "-",
}
_OTHERS = "a1 -.[\n"


def modules() -> Iterator[Any]:
    """Every module of the package."""
    for found in pkgutil.walk_packages(tbingest.__path__, "tbingest."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def patterns() -> dict[str, tuple[re.Pattern[Any], set[str]]]:
    """Each pattern of the package by the place it stands in, with the methods it is used by.

    A pattern whose use cannot be told is taken to be used by `search`, which is the worst.
    """
    named: dict[str, re.Pattern[Any]] = {}
    uses: dict[str, set[str]] = defaultdict(set)
    for module in modules():
        for name, value in vars(module).items():
            for place, one in _held(value, name, 0):
                named.setdefault(f"{module.__name__}.{place}", one)
        tree = ast.parse(Path(module.__file__).read_bytes())
        for node in ast.walk(tree):
            _note(node, module.__name__, named, uses)
    plain = {place: place.rpartition(".")[2].partition("[")[0] for place in named}
    return {
        place: (one, uses.get(place) or uses.get(plain[place]) or {"search"})
        for place, one in named.items()
    }


def _held(value: object, name: str, depth: int) -> Iterator[tuple[str, re.Pattern[Any]]]:
    if isinstance(value, re.Pattern):
        yield name, value
    elif depth < 3 and isinstance(value, dict):
        for place, item in enumerate(value.values()):
            yield from _held(item, f"{name}[{place}]", depth + 1)
    elif depth < 3 and isinstance(value, list | tuple | set | frozenset):
        for place, item in enumerate(value):
            yield from _held(item, f"{name}[{place}]", depth + 1)


def _note(
    node: ast.AST, module: str, named: dict[str, re.Pattern[Any]], uses: dict[str, set[str]]
) -> None:
    """Take a method of a pattern that is used, or a pattern that is a text in a call of `re`."""
    if not isinstance(node, ast.Attribute | ast.Call):
        return
    if isinstance(node, ast.Attribute):
        if node.attr in METHODS and isinstance(node.value, ast.Name):
            uses[f"{module}.{node.value.id}"].add(node.attr)
            uses[node.value.id].add(node.attr)
        return
    called = node.func
    if not (isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name)):
        return
    if called.value.id == "re" and node.args and isinstance(node.args[0], ast.Constant):
        text = node.args[0].value
        place = f"{module}:{node.lineno}"
        if called.attr in METHODS:
            named[place] = re.compile(text)
            uses[place].add(called.attr)


def fills(pattern: re.Pattern[Any], size: int) -> list[Any]:
    """Texts of about `size` characters on which a pattern may go wrong."""
    tree = _parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    taken = dict.fromkeys([*_repeated(tree), *_OTHERS])
    begins = list(dict.fromkeys(_beginnings(tree)))
    texts: dict[str, None] = {}
    for unit in (*taken, *begins, *(a + b for a in list(taken)[:6] for b in list(taken)[:6])):
        for end in ("", unit[0], "\x00"):
            texts[unit * (size // len(unit)) + end] = None
    for begin in begins[-8:]:
        for unit in list(taken)[:8]:
            texts[begin + unit * (size // len(unit)) + "\x00"] = None
    if isinstance(pattern.pattern, bytes):
        return [text.encode("latin-1", "replace") for text in texts]
    return list(texts)


def _repeated(tree: Any) -> Iterator[str]:
    """What stands in the repetitions of a pattern, once."""
    for op, value in tree:
        if op in _MANY:
            if value[1] > 30:
                yield from (text for text in _samples(value[2]) if text)
            yield from _repeated(value[2])
        elif op is sre.SUBPATTERN:
            yield from _repeated(value[3])
        elif op is sre.ATOMIC_GROUP:
            yield from _repeated(value)
        elif op is sre.BRANCH:
            for one in value[1]:
                yield from _repeated(one)
        elif op in {sre.ASSERT, sre.ASSERT_NOT}:
            yield from _repeated(value[1])


def _samples(tree: Any) -> list[str]:
    """A few texts that a tree takes."""
    found = [""]
    for op, value in tree:
        found = [before + after for before in found for after in _taken(op, value)][:6]
    return found


def _beginnings(tree: Any) -> Iterator[str]:
    """What a text that matches begins with, longer and longer."""
    before = [""]
    for op, value in tree:
        before = [text + more for text in before for more in _taken(op, value)][:4]
        yield from (text for text in before if text)


def _taken(op: Any, value: Any) -> list[str]:
    if op in {sre.LITERAL, sre.NOT_LITERAL, sre.ANY}:
        other = "b" if value == ord("a") else "a"
        return [chr(value) if op is sre.LITERAL else other]
    if op is sre.IN:
        return _of_class(value)
    if op in _MANY:
        least, _, inner = value
        once = _samples(inner)
        return [text * max(least, 1) for text in once] + ([""] if least == 0 else [])
    if op in {sre.SUBPATTERN, sre.ATOMIC_GROUP}:
        return _samples(value[3] if op is sre.SUBPATTERN else value)
    if op is sre.BRANCH:
        return [text for one in value[1] for text in _samples(one)[:2]][:6]
    return [""]


def _of_class(items: Any) -> list[str]:
    if items and items[0][0] is sre.NEGATE:
        wrong = set()
        for op, value in items[1:]:
            if op is sre.LITERAL:
                wrong.add(chr(value))
            elif op is sre.RANGE:
                wrong |= {chr(code) for code in range(value[0], min(value[1], 255) + 1)}
            elif op is sre.CATEGORY:
                wrong |= {c for c in map(chr, range(128)) if re.match(_WRITTEN[value], c)}
        return [c for c in "a1 -.,=[(|/\"'{" if c not in wrong][:3] or ["~"]
    found = []
    for op, value in items:
        if op is sre.LITERAL:
            found.append(chr(value))
        elif op is sre.RANGE:
            found.append(chr(value[0]))
        elif op is sre.CATEGORY:
            found.append(_CLASS[value])
    return found[:4] or ["a"]


_WRITTEN = {
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_WORD: r"\w",
    sre.CATEGORY_NOT_DIGIT: r"\D",
    sre.CATEGORY_NOT_SPACE: r"\S",
    sre.CATEGORY_NOT_WORD: r"\W",
}
