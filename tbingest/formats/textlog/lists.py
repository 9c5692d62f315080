"""Several numbers that share a name or a list of names: in brackets, between slashes, in a row."""

from __future__ import annotations

import re
from dataclasses import replace

from tbingest.formats.textlog.parts import Slot
from tbingest.formats.textlog.pieces import shared
from tbingest.formats.textlog.words import SPLITS, is_measure, rank_of

_NAMES = re.compile(
    r"\s*+([^\W\d][\w@./\-]{0,99}(?:(?:,\s*+|/)[^\W\d][\w@.\-]{0,99}){1,16})"
    r"\s*+(?:[:=]|[-=]{1,4}>)?\s*+[\[(]?"
)
_FRONT = re.compile(r"^.{0,80}\s[:|\-]{1,3}\s+")
_MOST_LISTED = 16
_SEVERAL = 2
_ENDS = re.compile(r"\s*$|\s*[,;|\])]|\s+[^\W\d][^:=\0]{0,40}[:=]\s*\S?$")
"""What stands behind the last number of a row: nothing, a comma, or the next name."""


class Lists:
    """A message's numbers that are told as lists. `slots` are those of the numbers before."""

    pieces: list[str]
    first: int
    count: int
    slots: list[Slot | None]
    labels: list[str]

    def _slot(self, place: int, name: str, **more: object) -> Slot:
        return Slot(self.first + place, name, **more)  # type: ignore[arg-type]

    def _named_before(self) -> bool:
        """`loss1,loss2,acc 5.4 5.5 0.7`, `P R F1: 0.5 0.6 0.5`: names before as many numbers."""
        if self.count < _SEVERAL:
            return False
        names = _NAMES.fullmatch(_FRONT.sub("", self.pieces[0]))
        measures = self.pieces[0].rstrip(" :=").split()
        between = all(not piece.strip(" ,/") for piece in self.pieces[1:-1])
        if not between or self.pieces[-1].strip(" ]),"):
            return False
        found = re.split(r",\s*|/", names[1]) if names else measures
        if names and len(found) == self.count + 1 and found[0].lower() in SPLITS:
            self.labels.append(found.pop(0))  # val, round, loss: 3, 0.5
        if len(found) != self.count or not (names or all(map(is_measure, found))):
            return False
        self.slots = [self._slot(place, name, strong=True) for place, name in enumerate(found)]
        return True

    def _shared(self, place: int, before: str, last: Slot) -> bool:
        """`mIoU/mAcc 0.5/0.6`: as many numbers as names."""
        names = shared(last.name) if before.strip() == "/" else []
        between = self.pieces[place : place + len(names) - 1]
        if not names or place + len(names) - 1 > self.count or {*map(str.strip, between)} != {"/"}:
            return False
        self.slots[-1] = replace(last, name=names[0])
        for name in names[1:]:
            self.slots.append(self._slot(len(self.slots), name, strong=last.strong))
        return True

    def _list(self, place: int, name: str) -> bool:
        """A list of numbers in brackets: one curve for each element, or `[epoch, batch]`."""
        end = place
        while end + 1 < self.count and not self.pieces[end + 1].strip(" ,'\""):
            end += 1
        ends = self.pieces[end + 1].lstrip(" ,'\"")[:1]
        if end == place or ends not in {"]", ")", ""}:
            return False
        if not ends:  # it goes on in the next line
            self.slots += [None] * (end - place + 1)
            return True
        size = end - place + 1
        for index in range(size):
            if not name and place == 0 and size == 2 and self.pieces[place].strip() == "[":
                self.slots.append(self._slot(place + index, "", kind="count"))
            elif name and size <= _MOST_LISTED:
                listed = f"{name}/{index}"
                self.slots.append(self._slot(place + index, listed, kind="list", strong=True))
            else:
                self.slots.append(None)
        return True

    def _further(self, place: int, before: str, last: Slot) -> bool:
        """`loss: 0.5 0.4 0.1`, `D loss: 0.5/0.1/0.2`: what follows is of the same name.

        Of two numbers between slashes the second is a total, and of two behind a bare name,
        `loss 0.5 0.4`, it may be anything.
        """
        joint = "/" if before == "/" else " "
        if not last.name or last.kind != "value" or last.total >= 0 or rank_of(last.name):
            return False
        if before.strip() != joint.strip():
            return False
        end = place
        while end + 1 < self.count and self.pieces[end + 1].strip(" ") == joint.strip():
            end += 1
        size = end - place + 1
        if size >= _MOST_LISTED or not _ENDS.match(self.pieces[end + 1]):
            return False
        if size < _SEVERAL and (joint == "/" or not last.strong):
            return False
        for index in range(size):
            name = f"{last.name} {index + 2}"
            self.slots.append(self._slot(place + index, name, strong=last.strong))
        return True
