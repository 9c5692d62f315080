"""What a reading left out, as plain data: it goes from the readers to every report."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_KINDS = 500
"""So many kinds of lines of a source are told apart; further ones are one kind without a name."""
REPEATED = 3
"""Numbers of fewer lines are no curve: a title, a setting, a sentence."""
NOTABLE = 0.05
"""A log of which a larger share is missed may not have been understood."""
FEW = 3
"""So many values of a source that gave way to others are no loss to speak of."""
SAME_STEP = "others of the same step"
OTHER_LOG = "those of another log of the run"
FELL = "those after the step fell back"
_SHOWN = 20
_MOST_TAGS = 100


@dataclass(slots=True)
class LineKind:
    """Lines of a text log that are alike but for their numbers, and what became of these.

    key: tells the kinds of a source apart. sample, line: the first of them, and its number. lines:
    how many there are. numbers: how many of theirs could be values, which counters and totals
    cannot; taken: how many are. counter: what says their steps; kept: the share of the steps of a
    sample that it keeps apart. why: why numbers were not taken. aside: names of numbers that are no
    values, such as counters and settings. measured: one of the numbers is called like a measure, so
    that those that are not taken are missed.
    """

    key: str
    sample: str = ""
    line: int = 0
    lines: int = 0
    numbers: int = 0
    taken: int = 0
    counter: str = ""
    kept: float = 1.0
    why: str = ""
    aside: tuple[str, ...] = ()
    measured: bool = False

    @property
    def left(self) -> int:
        """Numbers that were seen and not taken."""
        return self.numbers - self.taken

    @property
    def is_missed(self) -> bool:
        """True where numbers are left that look like those of a curve."""
        return self.measured and self.left > 0 and self.lines >= REPEATED

    @property
    def is_counter(self) -> bool:
        """True for lines that say where the training is, and nothing else."""
        return bool(self.counter) and not self.numbers

    def absorb(self, later: LineKind) -> None:
        """Take in further lines of the kind."""
        if later.sample and (not self.sample or later.line < self.line):
            self.sample, self.line = later.sample, later.line
        self.lines += later.lines
        self.numbers += later.numbers
        self.taken += later.taken
        self.counter, self.kept = later.counter or self.counter, later.kept
        self.why = self.why or later.why
        self.aside = self.aside or later.aside
        self.measured |= later.measured

    def without_first(self) -> LineKind:
        """The kind without its first line, which was counted before."""
        left = self.lines - 1
        numbers, taken = (count * left // self.lines for count in (self.numbers, self.taken))
        return replace(self, sample="", lines=left, numbers=numbers, taken=taken)


@dataclass(slots=True)
class Superseded:
    """Values that gave way to others which differ from them.

    why: to which. tags: how many of each tag, as far as there are few. first, last: between which
    places of the source, 0 where that is not known: lines, or records of a document.
    """

    why: str
    values: int = 0
    tags: dict[str, int] = field(default_factory=dict)
    first: int = 0
    last: int = 0

    def absorb(self, later: Superseded) -> None:
        """Take in more of them."""
        self.values += later.values
        for tag, count in later.tags.items():
            if tag in self.tags or len(self.tags) < _MOST_TAGS:
                self.tags[tag] = self.tags.get(tag, 0) + count
        places = [place for place in (self.first, later.first) if place]
        self.first, self.last = min(places, default=0), max(self.last, later.last)


@dataclass(slots=True)
class Aside:
    """Numbers of a table or document that its reader leaves out, as no rows hold them.

    name: the column or key. whole: the document was read from its start, so that these are all.
    """

    name: str
    values: int
    why: str
    whole: bool = False


@dataclass
class Account:
    """What a reading left out of a source.

    kinds: of a text log, what became of the numbers of each kind of line, which no rows hold if
    they were not taken. superseded: values that were read and gave way to others, by why. aside:
    of tables and documents, numbers that are not shown, by name.
    """

    kinds: dict[str, LineKind] = field(default_factory=dict)
    superseded: dict[str, Superseded] = field(default_factory=dict)
    aside: dict[str, Aside] = field(default_factory=dict)

    def gave_way(self, why: str, tag: str, values: int = 1, first: int = 0, last: int = 0) -> None:
        """So many values of a tag gave way to others that differ."""
        if values:
            found = self.superseded.setdefault(why, Superseded(why))
            found.absorb(Superseded(why, values, {tag: values}, first, last))

    def absorb(self, other: Account) -> None:
        """Take in another account of the same source."""
        self.add(other.kinds.values())
        self.add(other.aside.values())
        for why, one in other.superseded.items():
            self.superseded.setdefault(why, Superseded(why)).absorb(one)

    @property
    def lost(self) -> list[Superseded]:
        """What gave way, where that is more than a few values."""
        return [one for one in self.superseded.values() if one.values > FEW]

    def add(self, kinds: Iterable[LineKind | Aside]) -> None:
        """Take in what a reader says of the lines of a block, or of what it left out."""
        for one in kinds:
            if isinstance(one, Aside):
                self._set_aside(one)
                continue
            key = one.key if one.key in self.kinds or len(self.kinds) < MOST_KINDS else ""
            if key in self.kinds:
                self.kinds[key].absorb(one)
            elif key:
                self.kinds[key] = replace(one)
            else:
                self.kinds[key] = LineKind("", "", one.line, one.lines, one.numbers, one.taken)

    def _set_aside(self, one: Aside) -> None:
        name = one.name if one.name in self.aside or len(self.aside) < MOST_KINDS else "others"
        found = self.aside.setdefault(name, Aside(name, 0, one.why, one.whole))
        found.values = one.values + (0 if one.whole and name == one.name else found.values)

    @property
    def set_aside(self) -> int:
        """How many numbers of a table or document are not shown, as its reader leaves them out."""
        return sum(one.values for one in self.aside.values())

    def copy(self) -> Account:
        """What it is now, to go back to."""
        aside = {name: replace(one) for name, one in self.aside.items()}
        given = {why: replace(one, tags=dict(one.tags)) for why, one in self.superseded.items()}
        return Account({key: replace(one) for key, one in self.kinds.items()}, given, aside)

    @property
    def taken(self) -> int:
        """How many numbers are values."""
        return sum(one.taken for one in self.kinds.values())

    @property
    def missed(self) -> int:
        """How many look like those of a curve, and are not."""
        return sum(one.left for one in self.kinds.values() if one.is_missed)

    @property
    def is_notable(self) -> bool:
        """True where so much of a log is missed that it may not have been understood."""
        return self.missed > NOTABLE * (self.missed + self.taken)

    @property
    def not_taken(self) -> list[LineKind]:
        """The kinds with numbers that were not taken: the missed first, then by their count."""
        found = [one for one in self.kinds.values() if one.left]
        return sorted(found, key=lambda one: (not one.is_missed, -one.left, one.line))

    @property
    def by_line(self) -> list[LineKind]:
        """All kinds with numbers, by where they begin."""
        found = [one for one in self.kinds.values() if one.numbers or one.is_counter]
        return sorted(found, key=lambda one: one.line)

    def to_dict(self, *, everything: bool = False) -> dict[str, Any]:
        """As JSON: the sums, and the kinds of which most was left, or `everything`."""
        kinds = self.by_line if everything else self.not_taken[:_SHOWN]
        return {
            "taken": self.taken,
            "missed": self.missed,
            "not_taken": sum(one.left for one in self.kinds.values()),
            "lines": [plain(one) for one in kinds],
            "superseded": [asdict(one) for one in self.superseded.values()],
            "aside": [
                {"name": one.name, "values": one.values, "why": one.why}
                for one in self.aside.values()
            ],
        }


def plain(one: LineKind) -> dict[str, Any]:
    """A kind of lines as JSON."""
    return {
        "sample": one.sample,
        "line": one.line,
        "lines": one.lines,
        "numbers": one.numbers,
        "taken": one.taken,
        "counter": one.counter,
        "kept": round(one.kept, 4),
        "why": one.why,
        "aside": list(one.aside),
        "missed": one.is_missed,
    }
