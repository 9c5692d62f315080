"""The texts around a message's numbers, without what programming languages print around these."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from tbingest.formats.textlog.tokens import NUMBER_MARK
from tbingest.formats.textlog.words import is_measure

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIDES = 2
_WRAPPED = re.compile(
    r"(?:np\.|numpy\.|torch\.|jnp\.)?(?:float\d*|int\d+|array|tensor|Tensor|DeviceArray|Array)"
    r"\(\[?$"
)
_UNWRAPPED = re.compile(
    r"^\]?(?:,\s*(?:device|dtype|grad_fn)=[^(),\0]{0,60}(?:\([^()]{0,60}\))?)*\)"
)
_PAIRED = re.compile(r"\(\s*[\"']([^\"'\0]{1,60})[\"'],\s*(?=\0\s*\))")
"""Of a printed list of pairs: `('recall', 0.25)`."""
_DICT = re.compile(r"\b(?:Ordered|default)?[dD]ict\(")

_SIDE = re.compile(
    r"(?:mean|avg|average|median|min|max|minimum|maximum|std|best|worst|first|last)\b"
)
_OWNER = re.compile(
    r"\[([^\W\d][\w\- ]{0,24})\]"
    r"|(?<![\w.])([^\W\d][\w\-]{0,24})[\[{](?=[\"']?[^\W\d][\w \-]{0,40}[\"']?[:=]\s?$)"
)


def shared(name: str) -> list[str]:
    """The names of `mean/median reward 20.5/21.0` and of `mIoU/mAcc/allAcc 0.5/0.6/0.7`, else none.

    What stands behind the last one of `mean/median reward` is that of all.
    """
    parts = name.split("/")
    if len(parts) < _SIDES:
        return []
    if all(map(is_measure, parts)):
        return parts
    head, blank, parts[0] = parts[0].rpartition(" ")
    side = _SIDE.match(parts[-1].lower())
    if side and all(_SIDE.fullmatch(part.lower()) for part in parts[:-1]):
        parts = [f"{part}{parts[-1][side.end() :]}" for part in parts[:-1]] + parts[-1:]
        return [f"{head}{blank}{part}" for part in parts]
    return []


def owned(pieces: Sequence[str], names: Sequence[str]) -> dict[int, str]:
    """`[Teacher] loss 0.5 [Student] loss 0.6`: by place, the names with their owner in front.

    Where a name stands twice in a line, behind different owners in brackets, or in those of
    different owners: `loss[loss=0.5, ctc=0.6], tot_loss[loss=0.7, ctc=0.8]`. One that is called
    as its first value has the plain names.
    """
    known = Counter(name for name in names if name)
    marks = {
        at: found[1] or ("" if found[2] == names[at] else found[2])
        for at, piece in enumerate(pieces[: len(names)])
        if (found := _OWNER.search(piece))
    }
    if len(set(marks.values())) < _SIDES or max(known.values(), default=0) < _SIDES:
        return {}
    shown, owner = {}, ""
    for place, name in enumerate(names):
        owner = marks.get(place, owner)
        if owner and name and known[name] >= _SIDES:
            shown[place] = f"{owner}/{name}"
    return shown


def pieces_of(text: str) -> list[str]:
    """The texts, without `np.float32(` before and `, device='cuda:0')` behind a number.

    Pairs of a printed list or dict are names and values.
    """
    pieces = _PAIRED.sub(r"\1: ", _DICT.sub("(", text)).split(NUMBER_MARK)
    for place in range(len(pieces) - 1):
        found = _WRAPPED.search(pieces[place])
        if found:
            pieces[place] = pieces[place][: found.start()]
            pieces[place + 1] = _UNWRAPPED.sub("", pieces[place + 1])
    return pieces
