"""Which formats and stores there are: the built-in ones and those of installed packages.

One door for both.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tbingest.errors import UsageError
from tbingest.formats.blame import asked
from tbingest.model.contracts import Evidence, Format, Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from importlib.metadata import EntryPoint

    from tbingest.model.contracts import Head

SCHEMA = "tbingest.formats/1"
ENOUGH = 0.5
"""A source is read when a format is at least this sure."""

_CALLED = re.compile(rb'\n(?:FORMAT|STORE) = \w+\(\s*(?:name=)?"([^"\n]+)"')

_Kind = TypeVar("_Kind", Format, Store)


@cache
def formats() -> dict[str, Format]:
    """Every format by its name. Raises UsageError where a plug-in is none, or does not load."""
    return {entry.name: entry for entry in _found("FORMAT", Format)}


def format_of(name: str) -> Format:
    """One format. Raises KeyError where there is none.

    Until all are asked for, its module alone is loaded: what was read before needs no other, and
    to load all is most of the work where nothing has changed.
    """
    if name not in _built_in() or formats.cache_info().currsize:
        return formats()[name]
    found: Format = importlib.import_module(_built_in()[name]).FORMAT
    return found


def is_format(name: str) -> bool:
    """True where there is a format of this name."""
    return name in _built_in() or name in formats()


@cache
def _points(name: str) -> tuple[EntryPoint, ...]:
    """What installed packages add of a kind."""
    group = f"tbingest.{name.lower()}s"
    return tuple(sorted(entry_points(group=group), key=lambda point: point.name))


@cache
def stores() -> dict[str, Store]:
    """Every store by its name. Raises UsageError where a plug-in is none, or does not load."""
    return {entry.name: entry for entry in _found("STORE", Store)}


def modules() -> dict[str, list[str]]:
    """The modules below `tbingest.formats` that assign FORMAT, and those that assign STORE."""
    return {name: [*homes] for name, homes in _homes().items()}


@cache
def _homes() -> dict[str, dict[str, str]]:
    """As `modules`, with the name that each gives to what it assigns; empty where it is not plain.

    Their source is searched, so that a new file is a new format, and helpers are not imported: 6 ms
    once a process, where loading all formats takes 450.
    """
    top = Path(__file__).parent
    found: dict[str, dict[str, str]] = {"FORMAT": {}, "STORE": {}}
    for path in sorted(top.rglob("*.py")):
        source = path.read_bytes()
        for name, homes in found.items():
            if f"\n{name} = ".encode() in source:
                parts = path.relative_to(top).with_suffix("").parts
                called = _CALLED.search(source)
                homes[".".join(("tbingest.formats", *parts))] = called[1].decode() if called else ""
    return found


@cache
def _built_in() -> dict[str, str]:
    """The module of each built-in format; of none where packages add some, which come first."""
    return {} if _points("FORMAT") else {name: home for home, name in _homes()["FORMAT"].items()}


def _found(name: str, kind: type[_Kind]) -> Iterator[_Kind]:
    found = [getattr(importlib.import_module(module), name) for module in modules()[name]]
    yield from sorted(found, key=lambda entry: entry.name)
    for point in _points(name):
        try:
            loaded = point.load()
        except Exception as error:
            raise UsageError(
                f"plug-in {point.name!r} ({point.value}) cannot be loaded: "
                f"{type(error).__name__}: {error}",
                "repair or uninstall its package",
            ) from error
        if not isinstance(loaded, kind):
            raise UsageError(
                f"plug-in {point.name!r} ({point.value}) is not a tbingest.{kind.__name__}",
                f"its entry point must name a {kind.__name__} object",
            )
        yield loaded


def use(plugins: Iterable[str]) -> None:
    """Add the formats and stores of Python files to those known; each file is run once.

    Raises UsageError where one does not load, or holds neither.
    """
    for path in plugins:
        for entry in _from_file(path):
            if isinstance(entry, Format):
                formats()[entry.name] = entry
            else:
                stores()[entry.name] = entry


@cache
def _from_file(path: str) -> tuple[Format | Store, ...]:
    # A dataclass looks its module up by name.
    name = f"tbingest_plugin_{hashlib.blake2b(path.encode(), digest_size=8).hexdigest()}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"plug-in {path}: is not a Python file", "its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(
            f"plug-in {path} cannot be loaded: {type(error).__name__}: {error}",
            "repair it, or take it out of plugins",
        ) from error
    found = tuple(entry for entry in vars(module).values() if isinstance(entry, Format | Store))
    if not found:
        raise UsageError(
            f"plug-in {path} holds no tbingest.Format", "end it with FORMAT = tbingest.Format(...)"
        )
    return found


def evidence(head: Head) -> list[tuple[Format, Evidence]]:
    """What every format says of a source, the surest first; ties in order of name."""
    said = [(entry, asked(entry, head)) for entry in formats().values()]
    return sorted(said, key=lambda pair: (-pair[1].confidence, pair[0].name))
