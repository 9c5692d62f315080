"""Regular expressions for lines that were not understood, to begin a rule of one's own with."""

from __future__ import annotations

import re

from tbingest.formats.textlog.tally import numbers_of
from tbingest.formats.textlog.tokens import TOKEN
from tbingest.formats.textlog.understand import understand
from tbingest.formats.textlog.words import rank_of

_MOST_GROUPS = 12
_RESERVED = {"step", "time", "run", "key", "value"}
_A_STEP = 3
_WORDS = 3
_LETTER = re.compile(r"[^\W\d_]")
_VALUE, _ANY = r"[-+.\w,]*\w", r"\S+"


def pattern_of(sample: str, counter: str = "") -> str:
    """A pattern that matches lines like a sample, with a group for each number that has a name.

    The number that is called `counter`, or else like a counter, is the step. Empty where the line
    has no number, or too many.
    """
    pieces = TOKEN.split(sample)
    named = _names(sample)
    tokens = pieces[1::2]
    if not tokens or len(named) > _MOST_GROUPS:
        return ""
    if not named:
        named = {
            at: f"value_{at + 1}" for at in range(len(tokens)) if numbers_of(tokens[at : at + 1])
        }
    groups = _groups(named, counter)
    if not groups:
        return ""
    first = min(groups)
    while first and not _LETTER.search(pieces[2 * first]):
        first -= 1
    found = [_begin(pieces[2 * first])]
    for at in range(first, max(groups) + 1):
        found.append(f"(?P<{groups[at]}>{_VALUE})" if at in groups else _ANY)
        if at < max(groups):
            found.append(_escaped(pieces[2 * at + 2]))
    return "".join(found)


def _names(sample: str) -> dict[int, str]:
    """The name of each number that has one, by its place."""
    parts = understand(sample).parts
    return {slot.place: slot.name for part in parts for slot in part.slots if slot.name}


def _groups(named: dict[int, str], counter: str) -> dict[int, str]:
    """The names as those of groups; one of them may be the step."""
    counters = [at for at, name in named.items() if name == counter or rank_of(name) >= _A_STEP]
    exact = [at for at in counters if named[at] == counter]
    step = next(iter(exact or counters), -1)
    groups: dict[int, str] = {}
    for at, name in named.items():
        plain = re.sub(r"\W+", "_", name.replace("/", "__")).strip("_") or "value"
        plain = plain if plain[0].isalpha() and plain not in _RESERVED else f"n_{plain}"
        while plain in groups.values():
            plain += "_"
        groups[at] = "step" if at == step else plain
    return groups


def _escaped(text: str) -> str:
    return re.sub(r"(?:\\?\s)+", lambda _: r"\s+", re.escape(text))


def _begin(text: str) -> str:
    """The last words before the first number: enough to tell the line by."""
    if not _LETTER.search(text):
        return rf"^\s*{_escaped(text.lstrip())}"
    words = re.findall(r"\S+\s*", text)
    return _escaped("".join(words[-_WORDS:]))
