"""What the values in W&B's files mean: numbers, histograms, and descriptions of media."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.records import MAX_TAGS_DEPTH, NON_FINITE, flatten, is_number, plain
from tbingest.model.points import Histogram, HParams
from tbingest.model.rows import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STEP, TIME, ELAPSED = "_step", "_timestamp", "_runtime"
OWN = frozenset({"_wandb", "wandb_version", ELAPSED})
_BESIDE = frozenset({"image-file", "images/separated", "table-file"})
_PERSONAL = re.compile(
    r"(?:.*[/_.-])?(?:api_?key|wandb_key|hf_token|(?:access|auth)_?token|password|passwd|secret|"
    r"e_?mail|user_?name|host_?name)",
    re.IGNORECASE,
)
_MAX_KEYS = 5_000


def sorted_out(
    record: Mapping[str, Any], place: int
) -> tuple[dict[str, Any], dict[str, Histogram], list[Problem]]:
    """(plain fields, histograms, problems) of a record; W&B's own fields are left out.

    Descriptions of pictures and tables are left out, as these lie beside; those of other media are
    reported.
    """
    kept: dict[str, Any] = {}
    histograms: dict[str, Histogram] = {}
    problems = []
    for name, value in _flat({key: one for key, one in record.items() if key not in OWN}):
        if not isinstance(value, dict):
            known = NON_FINITE.get(value.lower()) if isinstance(value, str) else None
            kept[name] = value if known is None else known
            continue
        made = histogram(value)
        kind = str(value.get("_type"))[:40]
        if made:
            histograms[name] = made
        elif kind not in _BESIDE:
            what = f"{name!r} is of W&B's kind {kind!r}, which is not shown"
            problems.append(Problem("", place, None, what, values=1))
    return kept, histograms, problems


def _flat(record: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """(name, value) pairs of a nested record; a description of media is a value."""
    for key, value in record.items():
        name = f"{prefix}/{key}" if prefix else str(key)
        if isinstance(value, dict) and "_type" not in value and depth < MAX_TAGS_DEPTH:
            yield from _flat(value, name, depth + 1)
        else:
            yield name, value


def histogram(value: Mapping[str, Any]) -> Histogram | None:
    """W&B's histogram, bucket by bucket: counts between edges, or in buckets of equal width."""
    counts, edges = value.get("values"), value.get("bins")
    packed = value.get("packedBins")
    if value.get("_type") != "histogram" or not isinstance(counts, list) or not counts:
        return None
    if isinstance(packed, dict):
        low, width = packed.get("min"), packed.get("size")
        if not (is_number(low) and is_number(width)):
            return None
        edges = [low + place * width for place in range(len(counts) + 1)]  # type: ignore[operator]
    if not isinstance(edges, list) or len(edges) != len(counts) + 1:
        return None
    if not all(map(is_number, edges)) or not all(map(is_number, counts)):
        return None
    try:
        sides, held = np.asarray(edges, np.float64), np.asarray(counts, np.float64)
    except OverflowError:
        return None
    good = np.isfinite(sides).all() and np.isfinite(held).all() and (np.diff(sides) >= 0).all()
    return Histogram(np.stack((sides[:-1], sides[1:], held), axis=1)) if good else None


def hyperparameters(config: Mapping[str, Any]) -> HParams | None:
    """A run's configuration without what W&B adds to it, and without keys and names of people."""
    own = {key: value for key, value in config.items() if key not in OWN}
    values: dict[str, bool | float | str] = {}
    for name, value in flatten(own):
        if len(values) < _MAX_KEYS and value is not None and not _PERSONAL.fullmatch(name):
            values[name] = plain(value)
    return HParams(values) if values else None
