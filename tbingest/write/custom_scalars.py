"""Which tags of a run share a chart of the Custom Scalars tab.

The splits of one quantity (`train/loss` and `val/loss`, or `loss` and `val_loss`) share a chart of
lines, which is the same one for all runs; a mean with its least and greatest values is a line with
a band. A tag that holds ` (` is kept out: TensorBoard's page leaves its chart empty.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tbingest.model.charts import Chart, Layout
from tbingest.series.bands import bands
from tbingest.series.splits import pattern_of, split_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tbingest.model.charts import Charted

LAYOUT_TAG = "custom_scalars__config__"
_MAX_CHARTS = 200


def layout(tags: Iterable[str], wanted: Sequence[Charted] = ()) -> Layout | None:
    """The charts for a run's scalar tags: those `wanted`, then our own.

    None where no two tags belong together. At most 200 charts of our own, by title, so that those
    of one group stand together; a title is given once.
    """
    shown = sorted(tag for tag in set(tags) if " (" not in tag)
    charts: dict[str, Chart] = {}
    ranges = _bands(shown)
    for one in wanted:
        for chart in _wanted(one, shown, ranges):
            charts.setdefault(chart.title, chart)
    told = {chart.tags for chart in charts.values()}
    ranges = [chart for chart in ranges if chart.tags not in told]
    own = sorted((*_shared(shown), *ranges), key=lambda chart: chart.title)
    for chart in own[:_MAX_CHARTS]:
        charts.setdefault(chart.title, chart)
    return Layout(tuple(charts.values())) if charts else None


def _wanted(one: Charted, tags: Sequence[str], ranges: Sequence[Chart]) -> list[Chart]:
    """The chart that the user names; of several bands one each, which TensorBoard keeps apart."""
    if not one.band:
        found = tuple(tag for tag in tags if _matches(tag, one))
        return [Chart(one.title, found)] if found else []
    found_ranges = [chart for chart in ranges if _matches(chart.tags[0], one)]
    if len(found_ranges) == 1:
        return [replace(found_ranges[0], title=one.title)]
    return [replace(chart, title=f"{one.title}: {chart.tags[0]}") for chart in found_ranges]


def _matches(tag: str, one: Charted) -> bool:
    return any(fnmatchcase(tag, glob) for glob in one.globs)


def _shared(tags: Sequence[str]) -> list[Chart]:
    """The charts of quantities that at least two splits have."""
    found: dict[str, list[str]] = defaultdict(list)
    split = set()
    for tag in tags:
        side, name = split_of(tag)
        found[name].append(tag)
        if side:
            split.add(name)
    return [
        Chart(name, tuple(members), pattern=pattern_of(name))
        for name, members in found.items()
        if len(members) > 1 and name in split
    ]


def _bands(tags: Sequence[str]) -> list[Chart]:
    """A line with a band for each quantity that has a middle and both edges."""
    return [
        Chart(f"{name} range", (middle, low, high), band=True)
        for name, middle, low, high in bands(tags)
    ]
