"""A message as parts, and which of its numbers is called what: each template is parsed once."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tbingest.formats.textlog.lists import Lists
from tbingest.formats.textlog.name import name_before
from tbingest.formats.textlog.parts import Slot, changed
from tbingest.formats.textlog.pieces import owned, pieces_of
from tbingest.formats.textlog.words import (
    SPLITS,
    clean,
    ends_in_stop,
    has_stop,
    is_measure,
    is_outer,
    rank_of,
    split_of,
    without_counter,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNIT = re.compile(
    r"(?:s|sec|secs|seconds?|ms|us|min|minutes?|h|hours?|days?|[KMGT]i?B|bytes|it|its)\b"
)
_RATE = re.compile(r"s\b|\s?[\w.]{0,12}(?:/s\b|/sec|s/it|/second|/hour|/min)")
_LASTED = re.compile(r"s(?![\w/])")
"""Behind a number that `:` or `=` binds to its name, which tells what it is: `Time: 12.5s`."""
_LOADED = re.compile(r"(?:(?:re)?load|restor)(?:ed|ing)\s+\w+\s", re.IGNORECASE)
"""`Loaded the best model with validation loss: 0.5`, which is the loss of an earlier epoch."""
_SCALE = {"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9}
_LETTERS = re.compile(r"[A-Za-z/%µ]+(?:/[a-z]+)?")
_DICT = re.compile(r"[:=]\s?\{[\s\"']{0,2}\w{1,40}[\"']?\s?[:=]\s?$")
_TAIL_NAME = re.compile(
    r"(?:%?\s+|(?=[\u3040-\uffff]))([^\W\d][\w. /@\-]*?)\s*(?=$|[,;|)\]\t]|\s\s)"
)
_OVER = re.compile(r"[\])]?[a-zA-Z]{0,4}\s*(?:/|of|out of|//)\s*[\[(]?")
_PLUS_MINUS = re.compile(r"\s*(?:±|\+/-|\+-|\+\s?-)\s*")
_WINDOW = re.compile(r"(?<=[A-Za-z])(?:\(|\s?\((?:last|past|over|avg|mean)\s)$")
_WINDOWED = re.compile(
    r"(?:\s?(?:ep|eps|episodes?|epochs?|steps?|iters?|games?|runs?))?+\)\s*+[:=]?+\s*+"
)
_TURNED = re.compile(r"\s*(?:-{1,2}>|→)\s*")
_AT = re.compile(r"(.*?)(?<!\s)\s++(?:at|in|for|of|after|on)\s++(?:\w++\s++)?+\S+$")
_LAST_AT = re.compile(r"\b(?:at|in|for|of|after|on)\b\s*$")
_COPULA = re.compile(r"\s*(?:is|was|:|=|->|\])\s*")
_SIZE = re.compile(r"\s[a-z]{2,12}[\])]")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_THROUGHPUT = re.compile(r"\s?[a-z]{1,12}/s(?:ec|econd)?\b")
_OTHER_UNIT = re.compile(r"\s?([A-Za-z]{2,10})\)")
_PER = re.compile(r"(?:ms|s|sec|seconds?)/\w+$")
_NEXT = re.compile(r":? ")
_BAR_CELL = re.compile(r"\s*[|│]\s*[^\s|│\0:=][^|│\0:=]{0,20}\s+")
_FEW_CELLS = 3
_CLOSED = re.compile(r"\s{0,4}[^\W\d_]{0,12}\s{0,4}[)\]]")
"""How a bracket closes behind a number, or behind what it counts: `(20/69 races)`."""
_BEHIND = re.compile(r"\]\s+")
_LONE_WORD = re.compile(r"\s+[A-Za-z]{2,20}:?\s+")
_OF_WHAT = re.compile(r"\s(?:of|on|for|over|in)\s")
_NOUNS = re.compile(r"\s[^\W\d_]{2,12}(?:\s[^\W\d_]{2,12}){0,2}\s?[:=]\s?$")
"""Behind a number in a sentence: `Accuracy of the network on the 10000 test images: 54 %`."""
_PHASE = re.compile(
    r"(?<![^\W_])(?:phase|mode|split|subset)[\"']?\s?[:=]?\s?[\[\"']?([^\W\d_]{2,12})(?![^\W_])",
    re.IGNORECASE,
)
"""A split that is a value: `Epoch 3 | phase: val | loss: 0.5`."""
_COUNTER = 3
_STAGES = frozenset("begin beginning end ended start started finish finished done".split())
"""No labels: `END epoch:0 loss: 0.5`."""
_OF_ALL = frozenset({"global", "total", "overall", "cumulative"})
"""No labels before a counter: `global step 5`."""
_BOOKKEEPING = frozenset(
    "eta copypaste progress remaining remaining_time time_left pid rank port seed timestamp"
    " v_num".split()
)


class Message(Lists):
    """The parse of one message: `pieces` are the texts around its numbers, `first` the place of
    the first of these numbers among the line's tokens.
    """

    def __init__(self, text: str, first: int) -> None:
        self.pieces = pieces_of(text)
        self.first = first
        self.count = len(self.pieces) - 1
        self.slots: list[Slot | None] = []
        self.labels: list[str] = []
        self.holds: dict[int, str] = {}
        self.head = ""
        self.about = ""
        self.turned = False
        self._parse()

    def _parse(self) -> None:
        if not self._named_before():
            while len(self.slots) < self.count:
                self._next()
        label = ""
        for place, slot in enumerate(self.slots):
            label = self.holds.get(place, label)
            if slot and label:
                self.slots[place] = changed(slot, label=label)
        names = [slot.name if slot else "" for slot in self.slots]
        for place, name in {**_carried(names), **owned(self.pieces, names)}.items():
            self.slots[place] = replace(self.slots[place] or Slot(place), name=name)
        for place, slot in enumerate(self.slots):
            if slot and self.pieces[place + 1].lstrip()[:1] == "%":
                self.slots[place] = replace(slot, share=True)
        phase = next(filter(None, map(_PHASE.search, self.pieces)), None)
        if phase and phase[1].lower() in SPLITS and not any(map(split_of, self.labels)):
            self.labels.append(phase[1])
        labels = map(clean, self.labels)
        self.labels = [name for name in labels if name and name.lower() not in _STAGES]
        self._bind_cells()

    def _bind_cells(self) -> None:
        """`U 1 | F 2048 | H 1.9 | V 0.1`: in cells a name and its number need no colon."""
        barred = [piece for piece in self.pieces[1:-1] if "|" in piece or "│" in piece]
        cells = sum(bool(_BAR_CELL.fullmatch(piece)) for piece in barred)
        if cells < max(_FEW_CELLS, 0.7 * len(barred)):
            return
        for place, slot in enumerate(self.slots):
            if slot and slot.name and (place == 0 or _BAR_CELL.fullmatch(self.pieces[place])):
                self.slots[place] = replace(slot, strong=True)

    @property
    def prose(self) -> bool:
        """True where more words stand in it than name its numbers, or it tells of a change."""
        if self.turned or self.about:
            return self.turned
        slots = [slot for slot in self.slots if slot]
        names = {slot.name for slot in slots} | set(self.labels)
        known = sum(len(words(name)) for name in names)
        count = sum(len(_WORDS.findall(piece)) for piece in self.pieces)
        return count - known > 3 + len(slots)

    def _next(self) -> None:
        """Understand the next number, or the next few where they are a list."""
        place = len(self.slots)
        before, after = self.pieces[place], self.pieces[place + 1]
        last = self.slots[-1] if self.slots else None
        if last and (self._shared(place, before, last) or self._further(place, before, last)):
            return
        if last and last.total < 0 and last.kind != "list" and _OVER.fullmatch(before):
            pair = after.startswith("%") or (last.name.endswith(")") and last.strong)
            if pair and last.name and not rank_of(last.name):  # D(G(z)): 0.5 / 0.4
                self.slots.append(self._slot(place, f"{last.name} 2", strong=last.strong))
                return
            self.slots[-1] = changed(last, total=self.first + place)
            self.slots.append(None)
            return
        if self._in_brackets(before, after) or self._follows(place, before, last):
            return
        if self.slots and _PLUS_MINUS.fullmatch(before):
            self.slots.append(None)
            return
        if self.slots and before.strip() == "(*":  # Caffe: `loss = 2.3 (* 0.5 = 1.15 loss)`
            self.slots += [None] * (2 if after.strip() == "=" and place + 1 < self.count else 1)
            return
        window = _WINDOW.search(before)
        if window and self._windowed(place, before[: window.start()], after):
            return
        name, strong = self._name(place, before)
        if before.rstrip(" '\"").endswith(("[", "(")) and self._list(place, name):
            return
        if not name:
            self.slots.append(self._unnamed(place, before, after))
        elif name == "第":  # 第1轮
            self.slots.append(self._slot(place, "", kind="count"))
        elif strong or not self._counted(place, name, after):
            self.slots.append(self._named(place, name, after, strong=strong))

    def _counted(self, place: int, name: str, after: str) -> bool:
        """`Train loss 120 2.5 Grad Norm 0.5`, `Validation loss 120: 2.5`: a counter in between."""
        last = self.count - (2 if after == " " else 1)
        if place >= last or not _NEXT.fullmatch(after):
            return False
        if not split_of(name) or words(name)[-1] != "loss":
            return False
        self.slots.append(self._slot(place, "", kind="count"))
        self.slots.append(self._slot(place + 1, name, strong=True))
        return True

    def _follows(self, place: int, before: str, last: Slot | None) -> bool:
        """`loss decreased (0.6 --> 0.5)`: what it became; `epoch 1-599`: a pair of counters."""
        if last and last.kind == "value" and is_outer(last.name) and before == "-":
            self.slots.append(self._slot(place, "", kind="count"))
            return True
        if last and last.name and not rank_of(last.name) and _TURNED.fullmatch(before):
            self.slots[-1] = None
            self.slots.append(self._slot(place, last.name, strong=last.strong))
            self.turned = True
            return True
        return False

    def _in_brackets(self, before: str, after: str) -> bool:
        """`0.5 (0.6)`: a running mean; `9832/10000 (98%)`: the value itself; `0.5 (0.7 bpd)`."""
        if not self.slots or before.strip(" %s") not in {"(", "["}:
            return False
        unit = _OTHER_UNIT.match(after)
        if self._share_of(before, after):
            self.slots += [None, None]  # Acc: 45.0% (2250/5000)
            return True
        if not unit and after.lstrip(" %")[:1] not in {")", "]"}:
            return False
        place = len(self.slots)
        last = self.slots[-1]
        over = place > 1 and last is None
        source = self.slots[-2] if over else last
        if source is None or not source.name or rank_of(source.name):
            self.slots.append(None)
        elif unit:
            other = "" if _UNIT.match(unit[1]) else f"{source.name}/{unit[1]}"
            self.slots.append(self._slot(place, other, strong=True) if other else None)
        elif over and source.total == self.first + place - 1 and not split_of(source.name):
            self.slots[-2] = None
            self.slots.append(self._slot(place, source.name, strong=True))
        elif not over and source.kind == "value" and "avg" not in words(source.name):
            self.slots.append(self._slot(place, f"{source.name}/avg", strong=source.strong))
        else:
            self.slots.append(None)
        return True

    def _share_of(self, before: str, after: str) -> bool:
        """Whether two numbers in brackets say what the percentage before them is of."""
        place = len(self.slots)
        last = self.slots[-1]
        ends = place + 1 < self.count and _CLOSED.match(self.pieces[place + 2])
        named = last is not None and bool(last.name) and not rank_of(last.name)
        return named and before.lstrip()[:1] == "%" and after.strip() == "/" and bool(ends)

    def _windowed(self, place: int, before: str, after: str) -> bool:
        """`AvgR(100) 57.2`, `return (last 10) = 5`: over how many a mean was taken."""
        if place + 1 >= self.count or not _WINDOWED.fullmatch(after) or rank_of(before.strip()):
            return False
        name, _ = self._name(place, before)
        if not name or rank_of(name):
            return False
        strong = after.rstrip()[-1] in ":="
        self.slots += [None, self._slot(place + 1, name, strong=strong)]
        return True

    def _unnamed(self, place: int, before: str, after: str) -> Slot | None:
        """A number without a name before it: its name stands behind, or it counts."""
        last = self.slots[-1] if self.slots else None
        if last and self.head and rank_of(last.name) and _COPULA.fullmatch(before):
            return self._slot(place, self.head, strong=True)
        tail = _TAIL_NAME.match(after)
        if self._leads(place, before, after):
            return self._slot(place, "", kind="count")
        if not tail or _RATE.match(after) or _UNIT.match(tail[1]) or self._is_next(place + 1):
            return None
        name = clean(tail[1])
        if name.lower() in {"true", "false", "none", "yes", "no"}:
            return None
        short = len(name.split()) <= 3
        return self._slot(place, name, strong=short and (is_measure(name) or rank_of(name) > 0))

    def _leads(self, place: int, before: str, after: str) -> bool:
        """A counter without a name: `12: `, `[3/9]`, `12 | `, `5 of 9`, `[  0]   120 || `."""
        last = self.slots[-1] if self.slots else None
        second = place == 1 and last is not None and last.kind == "count" and last.total < 0
        if second and _BEHIND.fullmatch(before) and re.match(r"\s*[|│]", after):
            return True
        lead = place == 0 and not before.strip("\x02 -:|[\t(<")
        if lead and self.count == 2 and not before.strip() and _LONE_WORD.fullmatch(after):
            return True
        if lead and self.count > 1 and re.match(r"\s*(?::\s|\t|\s[|│]|\]|\)|>\s|\s-\s)", after):
            return True
        if re.match(r"\s*/\s*$|\s*of\s*$", after) and place + 1 < self.count:
            return True
        return before.rstrip().endswith("[") and after.lstrip()[:1] == "]"

    def _named(self, place: int, name: str, after: str, *, strong: bool) -> Slot | None:
        before = self.pieces[place]
        if self.about and strong and not is_measure(name):
            name, self.holds[place] = self.about, split_of(name)
        unit = _LETTERS.match(after)
        scale = _SCALE.get(unit[0], 1.0) if unit and rank_of(name) else 1.0
        lasted = strong and bool(_LASTED.match(after)) and not rank_of(name)
        rate = (_RATE.match(after) and not lasted) or _PER.match(name)
        if rate and not (strong and _THROUGHPUT.match(after)):
            return None
        # 8598/11171 MB (76.97%)
        of_unit = not strong and len(name) > 1 and not rank_of(name) and _UNIT.fullmatch(name)
        if of_unit or _of_no_step(name) or (unit and rank_of(name) and _UNIT.fullmatch(unit[0])):
            return None  # Step: 45ms
        if not strong and (ends_in_stop(name) or (not rank_of(name) and has_stop(name))):
            if is_measure(name) and _NOUNS.match(after):
                self.about = _OF_WHAT.split(name, 1)[0]
            return None
        if not strong and place == 0 and before.rstrip().endswith("#") and split_of(name):
            self.labels.append(split_of(name))
            return None
        if name.lower() in SPLITS and before.rstrip()[-1:] in {"[", "("} and _SIZE.match(after):
            self.holds[place + 1] = name  # Train [500 samples] loss 0.5
            return None
        inner = self._over(place, after)
        if name.lower() in SPLITS and inner:  # Test: [10/200]
            self.labels.append(name)
            return self._slot(place, "", kind="count")
        if len(name.split()) > (6 if strong or rank_of(name) else 4):
            return None
        if rank_of(name) and not any(self.slots):
            self._title(name)
        elif rank_of(name) >= _COUNTER and " " in name and split_of(name):
            self.labels.append(split_of(name))  # [Pass 0, test batch 10]
        kind = "time" if lasted else "value"
        return self._slot(place, name, kind=kind, strong=strong, scale=scale)

    def _over(self, place: int, after: str) -> bool:
        """`Test: [10/200]`, `Train: 0 [50/1251]`: a counter behind the name of a split."""
        if place + 1 >= self.count:
            return False
        opened = after.strip() in {"[", "("} and place + 2 <= self.count
        if self.pieces[place + 2].startswith("%"):  # Train: 0.8 / 72%
            return False
        return after.strip() == "/" or (opened and self.pieces[place + 2].strip() == "/")

    def _title(self, name: str) -> None:
        """Words before the first counter: `Policy evaluation iteration 1`, `Loss at step 5`."""
        at = _AT.match(name)
        if at and at[1]:
            self.head = at[1]
            self.labels.append(self.head)
        elif " " in name:
            left = _LAST_AT.sub("", without_counter(name))
            if left and left.lower() not in _OF_ALL:
                self.labels.append(left)

    def _name(self, place: int, text: str) -> tuple[str, bool]:
        """The name in the text before a number, and whether `:` or `=` binds it to it.

        What stands further in front becomes a label.
        """
        found = name_before(text, first=not place, only=self.count == 1)
        self._in_front(place, found.front)
        return found.name, found.strong

    def _in_front(self, place: int, texts: Sequence[str]) -> None:
        for name in map(clean, texts):
            if not name or name.isdigit() or "=" in name:
                continue
            count = len(name.split())
            if place == 0 and count <= 4:
                self.labels.append(name)
            elif place and _names_split(name) and "_" not in name:
                self.holds[place] = name
            elif place and split_of(name) and count <= 4 and _DICT.search(self.pieces[place]):
                self.holds[place] = split_of(name)  # Val Loss Dict: {'acc': 0.5, …}

    def _is_next(self, place: int) -> bool:
        """Whether the text behind a number names the next number rather than this one."""
        text = self.pieces[place]
        if place >= self.count or re.search(r"[,;|)\]\t]|\s\s", text.rstrip()):
            return False
        dashed = not self.pieces[-1].strip()  # the last of `acc - 0.5 f1 - 0.6` has its name before
        ends = r"[:=]\s*[\[(\"']?\s*$|\w\s+$" + (r"|\w\s-\s$" if dashed else "")
        return bool(re.search(ends, text))


def _names_split(name: str) -> bool:
    """Whether a label within a line names a split: `val`, `Test set`, `Accuracies on val`."""
    short = len(name.split()) <= 2
    return bool(split_of(name)) if short else words(name)[-1:] == (split_of(name),)


def _carried(names: list[str]) -> dict[int, str]:
    """`LOSS train 0.5 valid 0.6`: by place, the splits with the measure that holds for them."""
    found, measure = {}, ""
    for place, name in enumerate(names):
        front, _, last = name.rpartition(" ")
        if last.lower() in SPLITS and is_measure(front):
            measure = front
        elif measure and name.lower() in SPLITS:
            found[place] = f"{measure} {name}"
        elif name:
            measure = ""
    return found


def _of_no_step(name: str) -> bool:
    """True for what is told beside the steps, and for what is of another one than this."""
    loaded = _LOADED.match(name) and not rank_of(name)
    return bool(loaded) or name.lower() in _BOOKKEEPING or name.endswith("_copypaste")


__all__ = ["Message"]
