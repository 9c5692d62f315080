"""The texts around a message's numbers, without what programming languages print around these."""

from __future__ import annotations

import re

from tbingest.formats.textlog.tokens import NUMBER_MARK

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
