"""What is kept of a run for its figures: curves and distributions, thinned as they stream by."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from tbingest.names.tags import media_tag
from tbingest.series.curves import Curve
from tbingest.series.metrics import is_telling
from tbingest.series.spreads import Spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tbingest.model.charts import Plot
    from tbingest.model.points import Image
    from tbingest.series.track import Track

_MAX_TAGS = 200


def is_of(plot: Plot, tag: str) -> bool:
    """True where a figure of the user's is of a tag."""
    return tag == plot.x or any(fnmatchcase(tag, glob) for glob in plot.y)


@dataclass
class Sketch:
    """The first 200 scalar tags and the first 200 histogram tags of a run.

    Beside them, 200 more scalar tags that the user's `plots` are of, or that people look for first.
    Of a run that is not to be drawn (`draw`), last values are kept, to compare it with others.
    `drawn` changes when a figure has to.
    """

    draw: bool = False
    curves: dict[str, Curve] = field(default_factory=dict)
    spreads: dict[str, Spread] = field(default_factory=dict)
    drawn: str = ""
    plots: Sequence[Plot] = ()
    _left: set[str] = field(default_factory=set, repr=False, compare=False)

    def __call__(
        self, tag: str, steps: NDArray[np.int64], values: NDArray[Any], *, falls: bool
    ) -> None:
        """Take a piece of a tag, as `steps.Watch` says."""
        if values.dtype == object:
            self._spread(tag, steps, values, falls=falls)
            return
        curve = self.curves.get(tag)
        if curve is None:
            if tag in self._left or not self._has_room(tag):
                self._left.add(tag)
                return
            curve = self.curves[tag] = Curve(last_only=not self.draw)
        if falls and len(steps) > 1 and steps[0] == steps[-1]:
            curve.again(int(steps[0]), values)
            return
        if falls and not curve.last_only:
            curve.rewind(int(steps[0]))
        curve.add(steps, values)

    def _has_room(self, tag: str) -> bool:
        if len(self.curves) < _MAX_TAGS:
            return True
        if len(self.curves) >= 2 * _MAX_TAGS:
            return False
        return is_telling(tag) or any(is_of(plot, tag) for plot in self.plots)

    def _spread(
        self, tag: str, steps: NDArray[np.int64], values: NDArray[Any], *, falls: bool
    ) -> None:
        if not self.draw or (tag not in self.spreads and len(self.spreads) >= _MAX_TAGS):
            return
        spread = self.spreads.setdefault(tag, Spread())
        if falls and steps[0] == steps[-1]:
            spread.again(int(steps[0]), values.tolist())
            return
        if falls:
            spread.rewind(int(steps[0]))
        for step, value in zip(steps.tolist(), values, strict=True):
            spread.add(step, value)

    @property
    def metrics(self) -> dict[str, Curve]:
        """The curves but for those of `weights_max/x` where there are distributions of `weights/x`.

        All of them where there is nothing else. What tells of a layer that is dead or explodes is
        never left out: half of its numbers are 0, or some are not finite.
        """

        def is_statistic(tag: str) -> bool:
            group, _, rest = tag.partition("/")
            tensor, _, what = group.rpartition("_")
            most = {"zeros": 0.5, "nonfinite": 0.0}.get(what, math.inf)
            return f"{tensor}/{rest}" in self.spreads and not self._last(tag) > most

        found = {tag: curve for tag, curve in self.curves.items() if not is_statistic(tag)}
        return found or self.curves

    def _last(self, tag: str) -> float:
        bins = self.curves[tag].bins
        return float(bins[-1, 4]) if len(bins) else 0.0

    def mark(self, tracks: Mapping[str, Track]) -> str:
        """Another one when what a figure would show is another."""
        mine = [tracks[tag] for tag in (*self.curves, *self.spreads)]
        last = max((track.last or 0 for track in mine), default=0)
        others = len(self._others(tracks))
        return f"{len(mine)}:{sum(track.shown for track in mine)}:{last}:{others}"

    def _others(self, tracks: Mapping[str, Track]) -> list[str]:
        """The scalar tags of which nothing was kept."""
        return [
            tag
            for tag, track in tracks.items()
            if track.kind == "scalar" and track.last is not None and tag not in self.curves
        ]

    def figures(self, run: str, tracks: Mapping[str, Track]) -> Iterator[tuple[str, int, Image]]:
        """(tag, step, picture) of each figure that the run has data for.

        None where a curve was kept for its last value only.
        """
        from tbingest.figures.distributions import distributions
        from tbingest.figures.overview import overview
        from tbingest.figures.plots import plot, tags_of

        if any(curve.last_only for curve in self.curves.values()):
            return  # its beginning was not kept

        others = self._others(tracks)

        def last(tags: Sequence[str]) -> int:
            return max(tracks[tag].last or 0 for tag in tags)

        if self.curves:
            yield "overview", last(list(self.curves)), overview(run, self.metrics, len(others))
        shown = distributions(run, self.spreads)
        if shown:
            yield "distributions", last(list(self.spreads)), shown
        for wanted in self.plots:
            tags = tags_of(wanted, self.curves)
            more = sum(is_of(wanted, tag) for tag in others)
            picture = plot(run, wanted, self.curves, more) if tags else None
            if picture:
                yield media_tag(f"plots/{wanted.title}"), last(tags), picture
