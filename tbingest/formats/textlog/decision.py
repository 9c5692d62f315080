"""What was decided of a log's families of lines: plain data that the state keeps."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_JOINT = "\x1f"


_DIGITS = re.compile(r"\d+")


def unnumbered(family: str) -> str:
    """A family's name without its digits: `img_001 - PSNR` and `img_002 - PSNR` share it."""
    return _DIGITS.sub("#", family)


def named(family: tuple[str, ...]) -> str:
    """A family as one text, for JSON."""
    return _JOINT.join(family)


@dataclass(slots=True)
class Decision:
    """How a family of lines finds its steps, and which of its numbers are shown.

    kind: `own` counter; `pair` of an outer and an inner one in the line; `nested`, the outer one in
    another family's lines; `pass`, which has one point at its end, where the training then stands;
    `block`, which belongs to the last line that counts; `number`, its own record's; `even`, spaced
    evenly; `none`.

    inner, outer: the slots. length: inner steps in an outer one; base: the first outer one.
    follows: the family whose lines have the outer counter. reduce: `falls` where only the last line
    of each pass counts, `changes` where only the last of equal ones does. by: the slot that tells
    it. restarts: a fall to the beginning is another training; again: so is the first step that is
    told again. clock: other families may follow it.
    stride: spaced evenly. first, rise: where the counter begins, and its usual stride. dropped:
    slots that are no values. count, kept, why: the evidence. late: no sample showed it. inherits: a
    `block` has the split of the lines above it. unit: `epoch` where epochs count. ahead: the lines
    that it follows stand below it; the rise to the next of their steps.
    """

    kind: str = "none"
    inner: list[Any] = field(default_factory=list)
    outer: list[Any] = field(default_factory=list)
    length: int = 0
    base: int = 0
    follows: str = ""
    reduce: str = ""
    by: list[Any] = field(default_factory=list)
    restarts: bool = False
    again: bool = False
    clock: bool = False
    stride: float = 0
    first: float = 0
    rise: float = 1
    dropped: list[str] = field(default_factory=list)
    count: int = 0
    kept: float = 1.0
    why: str = ""
    late: bool = False
    inherits: bool = True
    unit: str = ""
    ahead: int = 0

    @property
    def saved(self) -> dict[str, Any]:
        """As JSON: what is not as it usually is."""
        return {
            name: value for name, plain in _PLAIN.items() if (value := getattr(self, name)) != plain
        }


@dataclass
class Plan:
    """The decisions of a log, by family; tags that two families claim; whether it counts at all.

    clashes: tags in lower case, each with the family that has it without a word in front. timed:
    lines have timestamps. lines, valued: of the sample, and those of them that say values; size:
    its bytes. table: nearly all is rows of a table. headings: families whose title labels nothing.
    samples: names, without their digits, of families that tell results of a sample each. rising:
    likewise, of families that are one, as the number in their names rises. plain: clashing tags
    that their family has without a word in front though it has such words. wrapper: what
    a launcher wrote before every line.
    """

    families: dict[str, Decision] = field(default_factory=dict)
    clashes: dict[str, str] = field(default_factory=dict)
    moving: bool = False
    timed: bool = False
    lines: int = 0
    valued: int = 0
    size: int = 0
    table: bool = False
    headings: list[str] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)
    rising: list[str] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    wrapper: str = ""

    @property
    def restarts(self) -> bool:
        """Whether several trainings are in the log."""
        return any(one.restarts for one in self.families.values())

    @property
    def printed(self) -> int:
        """How many lines of the sample are dicts, as trainers print them, that are numbered."""
        dicts = (one for name, one in self.families.items() if name.endswith(f"{_JOINT}dict"))
        return sum(one.count for one in dicts if one.kind in {"number", "even"})

    def saved(self, known: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """As JSON. `known` are families as they were saved before: what is decided stays."""
        known = known or {}
        return {
            "families": {name: known.get(name) or one.saved for name, one in self.families.items()},
            "clashes": self.clashes,
            "moving": self.moving,
            "timed": self.timed,
            "size": self.size,
            "headings": self.headings,
            "samples": self.samples,
            "rising": self.rising,
            "plain": self.plain,
            "wrapper": self.wrapper,
        }

    @classmethod
    def restored(cls, saved: dict[str, Any]) -> Plan:
        """From what `saved` gave."""
        families = {name: Decision(**one) for name, one in saved.get("families", {}).items()}
        known = {one.name for one in fields(cls)}
        more = {name: one for name, one in saved.items() if name in known}
        return cls(**{**more, "families": families})


_PLAIN = asdict(Decision())
