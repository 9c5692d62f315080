"""The name in the text before a number, told from what else stands there."""

from __future__ import annotations

import re
from typing import NamedTuple

from tbingest.formats.textlog.tokens import JUNK_MARK
from tbingest.formats.textlog.words import clean, is_measure, split_of

_UNIT_FIRST = re.compile(
    r"^\s(?:s|secs?|ms|mins?|hours?|it)(?=\s[A-Z])"
    r"|^\s?[a-z]{1,12}/s(?:ec|econd)?(?=\s{1,4}[^\W\d][\w\-/@.]{0,40}\s?[:=]\s?$)"
)
"""Of the number before: `time: 2 s Loss: 0.5`, `Speed: 47.3 samples/sec accuracy=0.5`."""
_IN_A_ROW = re.compile(r"(?<![\w.])([^\W\d][\w\-]{0,40}),\s++$")
"""A name and its number in a row of words: `epoch 1, phase train, loss_train, 0.5`.

A name of one word may be that of the number before: `0.25 Loss, 0.5 Accuracy`.
"""
_NAMES_ITSELF = re.compile(r"(?<![^\s,;|])([^\W\d_]{1,20}):\s+-\s++$")
"""A split whose first value has no other name: `train: - 0.5 acc - 0.6`."""
_GLUED = re.compile(r"^(?![A-Z][a-z]{3,20}(?![A-Za-z]))[A-Za-zµ]+(?:/[A-Za-z]+)?")
"""A unit right behind a number, and not a word, as in `1/30Time Taken: 5s`."""
_ORDINAL = re.compile(
    r"^\s?(?:轮次?|回合|步|个?周期|次迭代|个epoch)(?:训练)?的?(?=\s|[:,(\[|]|$|(?<=的))"
)
"""Behind a counter that it counts: `第 3/100 轮 损失: 0.5`."""
_ARROW_LAST = re.compile(r"(?<=\w)\s?[-=]>\s?$")
"""`valid_ppl -> 12.5`, the first of a line."""
_CALL = re.compile(r"[^\W\d]\w{0,60}+\((?:[^()\0]|\([^()\0]{0,20}\)){1,40}\)$")
_LOOSE_NOTE = re.compile(r"(?<=\w) ?\([A-Za-z][A-Za-z@\-. ]{0,20}\)\s++$")
_UNIT_NOTE = re.compile(r"(?<!\s)\s++\([^()\0]{0,40}\)\s*+(?=[:=]\s*+\S?$)")
_NOTE = re.compile(
    r"(?<=\w) ?\((micro|macro|weighted|binary|samples|avg|mean|max|min|std|best|final|ema"
    r"|train\w{0,5}|val\w{0,7}|test\w{0,3}|dev|eval\w{0,6})\)(?=\s*+(?:[:=]\s*+\S?)?$)",
    re.IGNORECASE,
)
"""Of a name, which it tells from others: `F1 (macro): 0.5`, `Loss (train): 0.5`."""
_ALIGNED = re.compile(r"\S\s{2,}+$")
"""A name in a column of names, its number in another: `mIoU of chair      0.5`."""
_SPLIT_FIRST = re.compile(r"\W*+([^\W\d_]++)\s{2,}+(?=[^\W\d])")
"""Of lines of one width: `Train  loss 0.5  acc 0.6`, `Val    loss 0.5  acc 0.6`."""
_DELIMITER = re.compile(
    r"\|+|(?<!\w)'|'(?!\w)|[│┃;,\t\[\]{}<>\x01\x02\"()]|\s[-\u2013\u2014~]+\s|[.。]\s|!\s|%|->|→|\s\*\s|\s{3,}"
)
_BOUND = re.compile(r"(?::|=|\bis)\s*+[\[(\"'<$#{]*+\s*$")
_OPENED = re.compile(r"(?<![\[(\"'<$#{\s])[\[(\"'<$#{\s]++$")
_COPULA_LAST = re.compile(r"(?<!\s)\s++(?:is|was|to|reached)$")


class Before(NamedTuple):
    """The name before a number, whether `:` or `=` binds it, and what stands further in front."""

    name: str
    strong: bool
    front: list[str]


def name_before(text: str, *, first: bool, only: bool) -> Before:
    """The name at the end of the text before a number, the `first` or the `only` one of a line."""
    if not first:
        text = _behind_unit(text)
    row = _IN_A_ROW.search(text)
    if row and "_" in row[1] and is_measure(row[1]):
        text = text[: row.end(1)] + ": "
    itself = _NAMES_ITSELF.search(text)
    if itself and split_of(itself[1]):
        return Before(itself[1], True, [itself[1]])
    note = _NOTE.search(text)
    if note:
        found = name_before(text[: note.start()] + text[note.end() :], first=first, only=only)
        noted = f"{note[1]} {found.name}" if split_of(note[1]) else f"{found.name} ({note[1]})"
        return found._replace(name=noted if found.name else "")
    text = _LOOSE_NOTE.sub(" ", _ARROW_LAST.sub(":", _UNIT_NOTE.sub("", text)))
    strong = bool(_BOUND.search(text)) or (
        only and bool(_ALIGNED.search(text)) and is_measure(text)
    )
    text = _unbound(text)
    call = _CALL.search(text) if strong else None
    if call:
        return Before(call[0], strong, _DELIMITER.split(text[: call.start()]))
    *front, name = _parts(text)
    return Before(_once(clean(name)), strong, front)


def _once(name: str) -> str:
    """`cv_loss` of `CV info cv_loss`, whose last word says the split once more."""
    front, _, last = name.rpartition(" ")
    return last if "_" in last and split_of(front) and split_of(last) else name


def _behind_unit(text: str) -> str:
    """The text without the unit, or the noun, of the number before it."""
    text = _UNIT_FIRST.sub(JUNK_MARK, text, count=1)
    if text[:1].isalpha():
        text = _GLUED.sub(JUNK_MARK, text, count=1)
    return _ORDINAL.sub(JUNK_MARK, text, count=1)


def _unbound(text: str) -> str:
    """The text without what binds it to the number behind: `:`, `=`, `is`, what opens a bracket."""
    text = _OPENED.sub("", text).rstrip().rstrip(":=").rstrip()
    if text[-2:] in {"is", "as", "to", "ed"}:
        text = _COPULA_LAST.sub("", text)
    else:
        text = text.rstrip(":=")
    return re.sub(r"[\"']$", "", text.strip())


def _parts(text: str) -> list[str]:
    """What stands before a number, cut where a name ends; the last one is the number's own."""
    parts = _DELIMITER.split(re.sub(r"\b(\w+)\((\w+)$", r"\1 \2", text))
    apart = _SPLIT_FIRST.match(parts[-1])
    if apart and split_of(apart[1]):
        parts[-1:] = [apart[1], parts[-1][apart.end() :]]
    below = re.split(r":\s+|\s:|=", parts[-1])
    if "=" in parts[-1] and not below[-1][:1].isspace():
        # What stands right behind another `=` is that one's value.
        below[-1] = [*below[-1].split(None, 1), ""][1]
    return [*parts[:-1], *below]
