"""Lines by their shape, which is a line with one `0` for each run of digits: cut once for all.

Where the tokens of a line are follows from its shape, but for dates, times and names, whose digits
are looked at as well. So of the lines of a shape one alone is cut by `TOKEN`, and the others in the
places where that one was.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.formats.textlog.columns import Layout, layout_of
from tbingest.formats.textlog.cuts import NUMBER, cut_of
from tbingest.formats.textlog.tokens import NUMBER_MARK, TOKEN
from tbingest.formats.textlog.understand import understand

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tbingest.formats.textlog.line import Line

_RUN = re.compile("[0-9]+")
_MOST_KNOWN = 40_000
_MOST_CHARACTERS = 8 << 20
_MOST_CUTS = 12
"""Ways to cut the lines of one shape: by the digits of their dates and names."""


class Token(NamedTuple):
    """Where a token stands: from `before` characters before a run of digits to `after` behind one.

    `text` is a token without digits; `layout` says how a number is written whose digits are any.
    """

    first: int
    before: int
    last: int
    after: int
    text: str
    layout: Layout | None

    @property
    def is_run(self) -> bool:
        """True for a whole number without a sign."""
        plain = self.first == self.last >= 0 and not (self.before or self.after)
        return plain and self.layout is not None


class Cut:
    """How the lines of one shape are cut. `fixed`: runs of a known length, perhaps a known text."""

    __slots__ = ("fixed", "line", "tokens", "way")

    def __init__(self, text: str, tokens: Sequence[tuple[int, int, str]], line: Line) -> None:
        self.line = line
        runs = [found.span() for found in _RUN.finditer(text)]
        begins = {start: place for place, (start, _) in enumerate(runs)}
        ends = {end: place for place, (_, end) in enumerate(runs)}
        free: set[int] = set()
        inside: set[int] = set()
        self.tokens: list[Token] = []
        for start, end, kind in tokens:
            own = [place for place, (a, b) in enumerate(runs) if start <= a and b <= end]
            inside.update(own)
            if kind == NUMBER:
                free.update(own)
            if own:
                a, b = runs[own[0]][0], runs[own[-1]][1]
                layout = layout_of(text[start:end]) if kind == NUMBER else None
                self.tokens.append(Token(begins[a], a - start, ends[b], end - b, "", layout))
            else:
                self.tokens.append(Token(-1, 0, -1, 0, text[start:end], None))
        self.fixed = [
            (place, b - a, "" if place in inside else text[a:b])
            for place, (a, b) in enumerate(runs)
            if place not in free
        ]
        telling = [part.total for part in line.parts if part.total >= 0]
        if line.who and line.who[1] >= 0:
            telling.append(line.who[1])
        for token in telling:
            # By its total, or its rank, such a line is of one family or of another.
            for place in {self.tokens[token].first, self.tokens[token].last} - {-1}:
                a, b = runs[place]
                self.fixed.append((place, b - a, text[a:b]))
        self.way: Any = None

    def fits(self, text: str, starts: Sequence[int], ends: Sequence[int]) -> bool:
        """Whether a line of the shape is cut so, whose runs begin and end there."""
        return all(
            ends[place] - starts[place] == size and text.startswith(own, starts[place])
            for place, size, own in self.fixed
        )

    def fitting(self, lines: Lines, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of some lines of the shape are cut so."""
        fit = np.ones(len(places), bool)
        for place, size, own in self.fixed:
            runs = lines.all_firsts[places] + place
            starts = lines.all_starts[runs]
            fit &= lines.all_ends[runs] - starts == size
            for offset, character in enumerate(own):
                fit &= lines.codes[np.where(fit, starts, 0) + offset] == ord(character)
        return fit


class Lines:
    """The lines of a text, and its runs of digits."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.text = "\n".join(lines)
        self.lines = lines
        self.codes = codes_of(self.text)
        self.shapes, self.all_starts, self.all_ends, self.all_firsts = shaped(self.codes)

    def tokens(self, at: int, cut: Cut) -> list[str]:
        """The tokens of a line that is cut so."""
        text, (starts, ends) = self.text, self.runs(at)
        return [
            text[starts[a] - before : ends[b] + after] if a >= 0 else own
            for a, before, b, after, own, _ in cut.tokens
        ]

    def runs(self, at: int) -> tuple[list[int], list[int]]:
        """Where the runs of digits of a line begin and end."""
        runs = slice(self.all_firsts[at], self.all_firsts[at + 1])
        return self.all_starts[runs].tolist(), self.all_ends[runs].tolist()


class Shapes:
    """The shapes and the templates that were seen, how their lines are cut and what they are."""

    def __init__(self) -> None:
        self._cuts: dict[str, list[Cut | None]] = {}
        self._known: dict[str, Line] = {}
        self._size = 0

    def look(self, text: str) -> tuple[Line, list[str]]:
        """What a line is, and its tokens."""
        pieces = TOKEN.split(text)
        return self._line(text, pieces), pieces[1::2]

    def _line(self, text: str, pieces: list[str]) -> Line:
        key = NUMBER_MARK.join(pieces[::2])
        line = self._known.get(key)
        if line is None:
            self._make_room(len(text))
            line = self._known[key] = understand(text)
        return line

    def looked(self, lines: Lines, at: int) -> tuple[Line, list[str]]:
        """What a line of many is, and its tokens."""
        cut = self.cut(lines, at)
        return (cut.line, lines.tokens(at, cut)) if cut else self.look(lines.lines[at])

    def template(self, text: str) -> str:
        """What lines have in common that differ in their numbers only."""
        return NUMBER_MARK.join(TOKEN.split(text)[::2])

    def cuts(self, lines: Lines) -> Iterator[tuple[Cut | None, NDArray[np.int64]]]:
        """The cuts of many lines, each with the places of its lines among all."""
        count = len(lines.lines)
        places = dict(zip(dict.fromkeys(lines.shapes), range(count + 1), strict=False))
        of = np.fromiter(map(places.__getitem__, lines.shapes[:count]), np.int64, count)
        order = np.argsort(of, kind="stable")
        bounds = np.flatnonzero(np.diff(of[order])) + 1
        for group in np.split(order, bounds) if count else ():
            rest = group
            while len(rest):
                cut = self.cut(lines, int(rest[0]))
                same = cut.fitting(lines, rest) if cut else np.ones(len(rest), bool)
                yield cut, rest[same]
                rest = rest[~same]

    def cut(self, lines: Lines, at: int) -> Cut | None:
        """How a line is cut; None where `TOKEN` has to say it."""
        known = self._cuts.get(lines.shapes[at])
        if known is None:
            self._make_room(len(lines.shapes[at]))
            known = self._cuts[lines.shapes[at]] = []
        if known:
            starts, ends = lines.runs(at)
            for one in known:
                if one is None or one.fits(lines.text, starts, ends):
                    return one
        cut = None
        if len(known) < _MOST_CUTS:
            text = lines.lines[at]
            pieces = TOKEN.split(text)
            found = cut_of(text, pieces)
            cut = Cut(text, found, self._line(text, pieces)) if found is not None else None
        known.append(cut)
        return cut

    def _make_room(self, size: int) -> None:
        self._size += size
        if max(len(self._cuts), len(self._known)) >= _MOST_KNOWN or self._size > _MOST_CHARACTERS:
            self._cuts.clear()
            self._known.clear()
            self._size = size


def codes_of(text: str) -> NDArray[Any]:
    """The characters of a text as numbers."""
    if text.isascii():
        return np.frombuffer(text.encode(), np.uint8)
    return np.frombuffer(text.encode("utf-32-le"), "<u4")


def shaped(
    codes: NDArray[Any],
) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The shapes of a text's lines, where its runs of digits begin and end, and each line's first.

    Characters of other scripts that Python takes for digits are none.
    """
    digit = codes - 48 < 10  # of unsigned numbers: what is less wraps around
    edges = np.flatnonzero(np.diff(digit, prepend=False, append=False))
    starts, ends = edges[::2], edges[1::2]
    keep = ~digit
    keep[starts] = True
    kept = np.where(digit, codes.dtype.type(48), codes)[keep].tobytes()
    shapes = kept.decode("ascii" if codes.itemsize == 1 else "utf-32-le")
    breaks = np.flatnonzero(codes == 10)
    firsts = np.concatenate([[0], np.searchsorted(starts, breaks), [len(starts)]])
    return shapes.split("\n"), starts, ends, firsts
