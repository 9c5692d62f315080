"""Pictures of one step that belong together: which are shown in one, and that one.

Those are the pictures of a run whose names differ in numbers only, where a step is said beside
them: `epoch_3/0.png` and `epoch_3/1.png` are one picture at step 3, `samples/step_000100_0.png` and
`..._1.png` one at step 100. What names say in words are tags, each with its steps. Which it is
shows in the names, whatever else lies there, so a tag stays what it is as pictures come.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from tbingest.names.files import join
from tbingest.names.steps import step_of_picture
from tbingest.names.tags import clean_tag
from tbingest.plan.attachments import below_of, natural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.plan.planned import Planned

_NUMBER = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # a UUID
    r"|(?<![^\W_])(?=[a-f]*[0-9])[0-9a-f]{8,64}(?![^\W_])"  # a digest
    r"|[0-9]+(?:\.[0-9]+)?",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"([._\-= ])[._\-= ]+")
_MOVING = (".gif", ".apng")


@dataclass(frozen=True)
class _Named:
    """A picture by its tag: the words of its last part, and the numbers between them."""

    entry: Planned
    above: str
    words: tuple[str, ...]
    numbers: tuple[str, ...]

    @property
    def series(self) -> tuple[str, ...]:
        return (self.entry.run, self.above, *self.words)


def in_grids(members: Sequence[Planned], folder: str) -> list[Planned]:
    """The members of the run at `folder`, where pictures that belong together are one."""
    taken: list[Planned] = []
    found: dict[tuple[str, ...], list[_Named]] = {}
    for entry in members:
        if _may_join(entry, folder):
            named = _named(entry)
            found.setdefault(named.series, []).append(named)
        else:
            taken.append(entry)
    tags = {(entry.run, entry.prefix) for entry in taken}
    for series in sorted(found.values(), key=len):
        run, tag = series[0].entry.run, _tag(series)
        tag = tag if (run, tag) not in tags else clean_tag(join(tag, "grid"))
        tags.add((run, tag))
        taken += _by_step(series, tag)
    return taken


def _may_join(entry: Planned, folder: str) -> bool:
    if entry.format != "image" or entry.source.single:
        return False
    if entry.source.name.lower().endswith(_MOVING):
        return False  # in a grid it would stand still
    if entry.member and entry.member.format:
        return entry.step is not None
    return step_of_picture(below_of(entry, folder))[0] is not None


def _named(entry: Planned) -> _Named:
    above, _, last = entry.prefix.rpartition("/")
    return _Named(entry, above, tuple(_NUMBER.split(last)), tuple(_NUMBER.findall(last)))


def _tag(named: Sequence[_Named]) -> str:
    """What all names of a series say: their words, and the numbers that never change."""
    first = named[0]
    if len(named) == 1:
        return first.entry.prefix
    changing = _changing(named)
    kept = ["" if place in changing else one for place, one in enumerate(first.numbers)]
    last = "".join(part for pair in zip_longest(first.words, kept, fillvalue="") for part in pair)
    last = _SEPARATORS.sub(r"\1", last).strip("._-= ")
    return clean_tag(join(first.above, last) or "image")


def _changing(named: Sequence[_Named]) -> set[int]:
    """The places of the numbers that are not the same in all names of a series."""
    columns = zip(*(one.numbers for one in named), strict=True)
    return {place for place, column in enumerate(columns) if len(set(column)) > 1}


def _by_step(named: Sequence[_Named], tag: str) -> Iterator[Planned]:
    steps: dict[int | None, list[_Named]] = {}
    for one in named:
        steps.setdefault(one.entry.step, []).append(one)
    changing = sorted(_changing(named))
    for found in steps.values():
        found.sort(key=lambda one: natural(one.entry.source.name))
        first = replace(found[0].entry, prefix=tag)
        if len(found) == 1:
            yield first
            continue
        cells = tuple(
            (one.entry.source, "_".join(one.numbers[place] for place in changing)) for one in found
        )
        source = replace(
            first.source,
            shown=f"{first.source.shown} and {len(cells) - 1:,} more",
            size=sum(one.size for one, _ in cells),
            mtime_ns=max(one.mtime_ns for one, _ in cells),
        )
        yield replace(first, source=source, grid=cells)
