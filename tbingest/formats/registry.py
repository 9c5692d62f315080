"""Which formats and stores there are: the built-in ones and those of installed packages.

One door for both.
"""

from __future__ import annotations

import importlib
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, TypeVar

from tbingest.errors import UsageError
from tbingest.model import Evidence, Format, Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.model import Head

ENOUGH = 0.5
"""A source is read when a format is at least this sure."""

FORMATS = (
    "dumps.npy",
    "dumps.npz",
    "formats.baselines_boxes",
    "formats.baselines_csv",
    "formats.baselines_jsonl",
    "formats.config",
    "formats.d3rlpy",
    "formats.deepspeed",
    "formats.dopamine",
    "formats.dowel",
    "formats.evaluations",
    "formats.hf_results",
    "formats.hf_trainer",
    "formats.image",
    "formats.jsondoc",
    "formats.jsonlines",
    "formats.keras_csv",
    "formats.keras_history",
    "formats.lightning",
    "formats.monitor",
    "formats.notes",
    "formats.ray_csv",
    "formats.ray_json",
    "formats.spinup",
    "formats.stylegan",
    "formats.stylegan_metric",
    "formats.table",
)
STORES = ("stores.baselines", "stores.hf_checkpoints", "stores.repeats")
_Kind = TypeVar("_Kind", Format, Store)


@cache
def formats() -> dict[str, Format]:
    """Every format by its name. Raises UsageError where a plug-in is none, or does not load."""
    return {entry.name: entry for entry in _found(FORMATS, "FORMAT", Format)}


@cache
def stores() -> dict[str, Store]:
    """Every store by its name. Raises UsageError where a plug-in is none, or does not load."""
    return {entry.name: entry for entry in _found(STORES, "STORE", Store)}


def _found(modules: Sequence[str], name: str, kind: type[_Kind]) -> Iterator[_Kind]:
    for module in modules:
        yield getattr(importlib.import_module(f"tbingest.{module}"), name)
    group = f"tbingest.{name.lower()}s"
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
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
                f"plug-in {point.name!r} ({point.value}) is no tbingest.{kind.__name__}",
                f"its entry point must name a {kind.__name__} object",
            )
        yield loaded


def evidence(head: Head) -> list[tuple[Format, Evidence]]:
    """What every format says of a source, the surest first; ties in order of name."""
    said = [(entry, entry.detect(head)) for entry in formats().values()]
    return sorted(said, key=lambda pair: (-pair[1].confidence, pair[0].name))
