"""What a check found, as plain data: one stable document, `tbingest.check/1`."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from tbingest.series.metrics import ranked_tags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tbingest.check.series import Series

SCHEMA = "tbingest.check/1"
_SHAPES = 100_000


@dataclass(frozen=True)
class Failure:
    """One thing that is not as it was asked.

    rule: as the flag would be written; what: the sentence; run, tag, step, value, bound: as far as
    they are known; source, line: where the value was logged; sparkline: its curve; severity: how
    far beyond the bound, relative to it, for the order of the worst.
    """

    rule: str
    what: str
    run: str = ""
    tag: str = ""
    step: int | None = None
    value: float | None = None
    bound: float | None = None
    source: str = ""
    line: int | None = None
    sparkline: str = ""
    hint: str = ""
    severity: float = math.inf

    @property
    def place(self) -> str:
        """`source:line`, as far as they are known."""
        return f"{self.source}:{self.line}" if self.line is not None else self.source

    @property
    def text(self) -> str:
        """Place, run, tag, step and what is wrong, in one line."""
        subject = self.run if not self.tag else f"{self.run} {self.tag}" if self.run else self.tag
        at = f" at step {self.step}" if self.step is not None else ""
        parts = [part for part in (self.place, f"{subject}{at}".strip(), self.what) if part]
        return ": ".join(parts)


@dataclass(frozen=True)
class Curve:
    """One tag of one run in numbers; `shape` is the curve in 300 (value, step) at most, `old` and
    `delta` compare `last` to the baseline.
    """

    run: str
    tag: str
    points: int
    first: float
    last: float
    lowest: float
    highest: float
    last_step: int
    sparkline: str
    shape: tuple[tuple[float, float], ...] = ()
    old: float | None = None
    delta: float | None = None


def curves_of(
    found: Sequence[Series], old: Mapping[tuple[str, str], float] | None = None
) -> list[Curve]:
    """Curves in numbers, in each run those first that people look for first; beside the values of
    a baseline. All shapes have 100,000 points at most, or 20 each.
    """
    width = min(max(_SHAPES // max(len(found), 1), 20), 300)
    places = {tag: place for place, tag in enumerate(ranked_tags({one.tag for one in found}))}
    runs = {run: place for place, run in enumerate(dict.fromkeys(one.run for one in found))}
    ordered = sorted(found, key=lambda one: (runs[one.run], places[one.tag]))
    return [_curve(one, width, (old or {}).get((one.run, one.tag))) for one in ordered]


def _curve(one: Series, width: int, old: float | None) -> Curve:
    return Curve(
        one.run,
        one.tag,
        one.count,
        one.first.value,
        one.last.value,
        one.lowest,
        one.highest,
        one.last.step,
        one.sparkline(),
        one.shape(width),
        old,
        None if old is None else one.last.value - old,
    )


@dataclass
class Verdict:
    """A whole check: `passed` where `failures` is empty."""

    rules: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """True where nothing failed."""
        return not self.failures

    @property
    def runs(self) -> list[str]:
        """The runs that have curves."""
        return list(dict.fromkeys(curve.run for curve in self.curves))

    @property
    def worst(self) -> list[Failure]:
        """The failures, the worst first; those without a number come before all."""
        return sorted(self.failures, key=lambda one: -one.severity)

    def to_dict(self) -> dict[str, Any]:
        """The document as JSON holds it: numbers that JSON lacks are strings."""
        return {
            "schema": SCHEMA,
            "passed": self.passed,
            "rules": self.rules,
            "failures": [plain(asdict(one)) for one in self.worst],
            "curves": [plain(_without_shape(one)) for one in self.curves],
            "notes": self.notes,
            "seconds": round(self.seconds, 3),
        }


def _without_shape(curve: Curve) -> dict[str, Any]:
    return {key: value for key, value in asdict(curve).items() if key != "shape"}


def plain(data: dict[str, Any]) -> dict[str, Any]:
    """`data` with nan and infinities as the strings "nan", "inf" and "-inf"."""
    return {
        key: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in data.items()
    }
