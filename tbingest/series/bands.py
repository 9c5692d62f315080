"""Tags that are the middle and the edges of one quantity: `x_mean` with `x_min` and `x_max`."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tbingest.series.curves import Curve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tbingest.model.charts import Charted
    from tbingest.model.points import Points

_MEANS = ("mean", "avg", "average", "median")
_EDGES = (
    (("",), "/lower", "/upper"),
    *(
        (("", *(join + word for word in _MEANS)), low, high)
        for join in ("_", "/", "-", ".")
        for low, high in ((f"{join}min", f"{join}max"), (f"{join}low", f"{join}high"))
    ),
)
"""Endings of the middle, the lower edge and the upper edge of a band."""
_DEVIATIONS = tuple(
    (("", *(join + word for word in _MEANS)), f"{join}std") for join in ("_", "/", "-", ".")
)
_WORDS = ("Average", "Mean", "Avg", "mean_", "avg_")


class Band(NamedTuple):
    """The tags of a band, and what they are of."""

    name: str
    middle: str
    low: str
    high: str


def bands(tags: Iterable[str]) -> list[Band]:
    """A band for each quantity that has a middle and both edges, in the order of the low ones."""
    known = set(tags)
    found = {}
    for tag in sorted(known):
        for middles, low, high in _EDGES:
            if tag.endswith(low) and len(tag) > len(low):
                name = tag[: -len(low)]
                middle = next((name + end for end in middles if name + end in known), "")
                if middle and name + high in known:
                    found[name] = Band(name, middle, tag, name + high)
        name, middle = _worded(tag, "Min", known)
        high = name.rpartition("/")[0] + "/" * ("/" in name) + "Max" + name.rpartition("/")[2]
        if middle and high in known:
            found[name] = Band(name, middle, tag, high)
    return list(found.values())


def deviations(tags: Iterable[str]) -> dict[str, str]:
    """By the tag of a mean the one of its standard deviation."""
    known = set(tags)
    found = {}
    for tag in sorted(known):
        for middles, end in _DEVIATIONS:
            if tag.endswith(end) and len(tag) > len(end):
                name = tag[: -len(end)]
                middle = next((name + one for one in middles if name + one in known), "")
                if middle:
                    found[middle] = tag
        for word in ("Std", "std_"):
            middle = _worded(tag, word, known)[1]
            if middle:
                found.setdefault(middle, tag)
    return found


def edgeless(tags: Iterable[str], wanted: Iterable[Charted]) -> dict[str, str]:
    """By the tag of a mean, of those whose band is wanted and has no edges, the one of its
    standard deviation.
    """
    globs = [glob for one in wanted if one.band for glob in one.globs]
    if not globs:
        return {}
    known = {band.middle for band in bands(tags)}
    return {
        mean: deviation
        for mean, deviation in deviations(tags).items()
        if mean not in known and any(fnmatchcase(mean, glob) for glob in globs)
    }


def edges(points: Points, deviation_of: Mapping[str, str]) -> Points:
    """`mean - std` and `mean + std` of scalars, as `<mean>/lower` and `<mean>/upper`."""
    values = np.asarray(points.values)
    means = values[:, [points.tags.index(mean) for mean in deviation_of]]
    spreads = values[:, [points.tags.index(deviation) for deviation in deviation_of.values()]]
    tags = tuple(f"{mean}/{edge}" for edge in ("lower", "upper") for mean in deviation_of)
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.hstack([means - spreads, means + spreads])
    return replace(points, tags=tags, values=values)


def _worded(tag: str, word: str, known: set[str]) -> tuple[str, str]:
    """(name, tag of its mean) of `MinReturn`, where there is `AverageReturn`; empty if none."""
    group, slash, last = tag.rpartition("/")
    stem = last.removeprefix(word)
    if not stem or stem == last:
        return "", ""
    names = (f"{group}{slash}{one}{stem}" for one in _WORDS)
    return f"{group}{slash}{stem}", next((name for name in names if name in known), "")


def banded(curves: Mapping[str, Curve]) -> dict[str, Curve]:
    """The curves, those of edges and deviations folded into the bins of their middle.

    Where they have the same steps; others stay as they are.
    """
    found = dict(curves)
    for band in bands(curves):
        middle, low, high = (curves[tag] for tag in (band.middle, band.low, band.high))
        if _match(middle, low) and _match(middle, high):
            bins = middle.bins.copy()
            bins[:, 2], bins[:, 3] = low.bins[:, 2], high.bins[:, 3]
            found[band.middle] = Curve(middle.width, middle.filled, bins)
            found.pop(band.low, None)
            found.pop(band.high, None)
    for mean, deviation in deviations(curves).items():
        middle, wide = curves[mean], curves[deviation]
        if found.get(mean) is middle and deviation in found and _match(middle, wide):
            bins = middle.bins.copy()
            with np.errstate(over="ignore"):
                bins[:, 2] = middle.bins[:, 4] - wide.bins[:, 4]
                bins[:, 3] = middle.bins[:, 4] + wide.bins[:, 4]
            found[mean] = Curve(middle.width, middle.filled, bins)
            del found[deviation]
    return found


def _match(one: Curve, other: Curve) -> bool:
    return one.width == other.width and np.array_equal(one.bins[:, :2], other.bins[:, :2])
