"""A run while it is written: what is known of its tags, and what is kept of them in the state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tbingest.figures.sketch import Sketch
from tbingest.series.curves import Curve
from tbingest.series.spreads import Spread
from tbingest.series.track import Track

if TYPE_CHECKING:
    from tbingest.logdir.state import RunState
    from tbingest.write.woven import Weaving


@dataclass
class Run:
    """What is known of a run's tags, and what its figures will show.

    `best` changes when its best values have to be looked for again; `weaving` holds what is woven
    of it while a source speaks.
    """

    tracks: dict[str, Track] = field(default_factory=dict)
    sketch: Sketch = field(default_factory=Sketch)
    time: float = 0.0
    best: str = ""
    weaving: Weaving | None = None

    @classmethod
    def of(cls, saved: RunState, blank: Sketch) -> Run:
        """The run as it was saved; `blank` are figures that show nothing yet."""
        blank.curves = {tag: Curve.from_json(curve) for tag, curve in saved.curves.items()}
        blank.spreads = {tag: Spread.from_json(spread) for tag, spread in saved.spreads.items()}
        blank.drawn = saved.drawn
        tracks = {tag: Track.from_json(track) for tag, track in saved.tracks.items()}
        return cls(tracks, blank, saved.time, saved.best)

    def save(self, saved: RunState) -> None:
        """Put what is kept between conversions into the state."""
        saved.tracks = {tag: track.to_json() for tag, track in self.tracks.items()}
        saved.curves = {tag: one.to_json() for tag, one in self.sketch.curves.items()}
        saved.spreads = {tag: one.to_json() for tag, one in self.sketch.spreads.items()}
        saved.time = self.time
        saved.best = self.best
        saved.drawn = self.sketch.drawn

    @property
    def has_scalars(self) -> bool:
        """True where a scalar was written, the figure's own tag apart."""
        return any(track.kind == "scalar" for track in self.tracks.values())
