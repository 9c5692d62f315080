"""Patterns of the user's over many lines at once, where none depends on the line before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, cast

import numpy as np

from tbingest.formats.generic.pattern_groups import CONTEXT, compiled, layout_of, time_of
from tbingest.formats.readers.records import number_column
from tbingest.model.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tbingest.model.rows import Column

_NOT_BY_LINE = re.compile(r"\\[AZ]|\(\?(?!P<|:)")


@dataclass(frozen=True)
class Search:
    """A pattern that finds its matches in all lines at once. `context`: step, perhaps time, run."""

    pattern: re.Pattern[str]
    context: tuple[str, ...]

    def rows(self, text: str, ends: NDArray[np.int64], first: int) -> Rows | None:
        """All matches; None where one is no record of its own line, or holds what is no number."""
        found = list(self.pattern.finditer(text))
        if not found:
            return Rows({}, np.empty(0, np.int64))
        places = np.searchsorted(ends, np.fromiter(map(re.Match.start, found), np.int64))
        stops = np.searchsorted(ends, np.fromiter(map(re.Match.end, found), np.int64))
        if not np.array_equal(places, stops) or not (np.diff(places) > 0).all():
            return None
        cells = list(zip(*map(re.Match.groups, found), strict=True))
        columns: dict[str, Column] = {}
        for name, number, tag in layout_of(self.pattern)[0]:
            column = _column(name, cells[number - 1])
            if column is None:
                return None
            columns[tag] = column
        return Rows(columns, places + first)


@cache
def searches(patterns: tuple[str, ...]) -> tuple[Search, ...]:
    """The patterns as searches over many lines; none where they must see line after line."""
    found = []
    for pattern in compiled(patterns):
        names = pattern.groupindex.keys()
        context = tuple(name for name in CONTEXT if name in names)
        if "step" not in names or "key" in names or _NOT_BY_LINE.search(pattern.pattern):
            return ()
        search = re.compile(pattern.pattern, pattern.flags | re.MULTILINE)
        found.append(Search(search, context))
    return tuple(found) if len({one.context for one in found}) == 1 else ()


def _column(name: str, cells: Sequence[str | None]) -> Column | None:
    """A column of matched texts; None where they are not all there and of one kind."""
    if not all(cells):
        return None
    texts = cast("Sequence[str]", cells)
    if name == "run":
        return list(texts)
    if name == "time":
        times = [time_of(text) for text in texts]
        stamps = [one for one in times if isinstance(one, str)]
        if len(stamps) == len(times):
            return stamps
    joined = "".join(texts)
    if "_" in joined or not joined.isascii():
        return None
    try:
        if joined.isdecimal():
            return number_column(list(map(int, texts)))
        return np.fromiter(map(float, texts), np.float64, len(texts))
    except ValueError:
        return None
