"""What was understood of a table or document: curves by run, hyperparameters, tables of texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Curve:
    """The points of one tag in the order of the log; order: their records' numbers, from 1; times:
    unix seconds, or a text as it stands there, None where none is said.
    """

    steps: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    times: list[float | str | None] = field(default_factory=list)

    def add(self, step: int, value: Any, order: int, time: float | str | None = None) -> None:
        """One point."""
        self.steps.append(step)
        self.values.append(value)
        self.order.append(order)
        self.times.append(time)

    def extend(self, other: Curve) -> None:
        """Take the points of another one behind these."""
        self.steps += other.steps
        self.values += other.values
        self.order += other.order
        self.times += other.times


@dataclass
class Shape:
    """How a table was taken: the columns of its step (none: the record's number), of its runs, of
    its things, of its split; `odd` says that a plain reader would not read it so, `tidy` that
    each of its rows names its tag.
    """

    step: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    things: tuple[str, ...] = ()
    split: str = ""
    odd: bool = False
    tidy: bool = False


@dataclass
class Listing:
    """A table whose rows are no steps, as texts."""

    tag: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    numbers: int = 0


@dataclass
class Outcome:
    """Curves, texts and hyperparameters by run and tag. why: the choices, in words; averaged: how
    many numbers went into means; unread: (what, numbers) that were left out; shapes: of its tables;
    nested: something stands below the first level of a document; documents: how many stand in a
    file.
    """

    curves: dict[str, dict[str, Curve]] = field(default_factory=dict)
    texts: dict[str, dict[str, Curve]] = field(default_factory=dict)
    hparams: dict[str, dict[str, Any]] = field(default_factory=dict)
    listings: list[tuple[str, Listing]] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    averaged: int = 0
    unread: list[tuple[str, int]] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    nested: bool = False
    documents: int = 1

    def curve(self, run: str, tag: str) -> Curve:
        """A curve, which is made where it is not."""
        return self.curves.setdefault(run, {}).setdefault(tag, Curve())

    def text(self, run: str, tag: str) -> Curve:
        """The texts of a tag."""
        return self.texts.setdefault(run, {}).setdefault(tag, Curve())

    def setting(self, run: str, name: str, value: Any) -> None:
        """One hyperparameter."""
        self.hparams.setdefault(run, {})[name] = value

    def join(self, other: Outcome, run: str = "", prefix: str = "") -> None:
        """Take in another one, below a run and behind a prefix."""
        for mine, theirs in ((self.curves, other.curves), (self.texts, other.texts)):
            for name, tags in theirs.items():
                known = mine.setdefault(_join(run, name), {})
                for tag, curve in tags.items():
                    into = known.setdefault(_join(prefix, tag), Curve())
                    into.extend(curve)
        for name, settings in other.hparams.items():
            self.hparams.setdefault(_join(run, name), {}).update(settings)
        for name, listing in other.listings:
            listing.tag = _join(prefix, listing.tag)
            self.listings.append((_join(run, name), listing))
        self.why += other.why
        self.averaged += other.averaged
        self.unread += other.unread
        self.shapes += other.shapes

    def last(self, run: str) -> int:
        """The highest step of a run and those below it."""
        steps = [
            max(curve.steps)
            for name, tags in self.curves.items()
            if not run or name == run or name.startswith(f"{run}/")
            for curve in tags.values()
            if curve.steps
        ]
        return max(steps, default=0)


def _join(*parts: str) -> str:
    return "/".join(part for part in parts if part)
