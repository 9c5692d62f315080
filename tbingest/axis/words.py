"""The words of names: which are called like counters, results, settings, runs. One list for all.

Names are split in any of the usual spellings: `trainIters`, `completed_step`, `global_step/max`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tbingest.axis.vocabulary import METRIC, NO_COUNTER, RANKS, SIZES, SPLITS

_CAMEL = (
    (re.compile(r"([a-z0-9])([A-Z])"), r"\1 \2"),
    (re.compile(r"([A-Z])([A-Z][a-z])"), r"\1 \2"),
)
_GROUPED = re.compile(r"[./]")
_PLACES = frozenset("id idx index no num number name".split())
_WORD = re.compile(r"[^\W_]+")
_TWO_COUNTERS = re.compile(r"(step|iter|epoch)[^/]{0,60}/.{0,60}\1")


@lru_cache(maxsize=20_000)
def words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case."""
    for pattern, to in _CAMEL:
        name = pattern.sub(to, name)
    return tuple(_WORD.findall(name.lower()))


def word_set(name: str) -> frozenset[str]:
    """The words of a name, each once."""
    return frozenset(words(name))


@lru_cache(maxsize=20_000)
def own_words(name: str) -> frozenset[str]:
    """The words of a name without the group that it stands in: `model.batch_size`, `agent/loss` are
    no models and agents, but `agent.id` is one.
    """
    parts = _GROUPED.split(name)
    while len(parts) > 1 and word_set(parts[-1]) <= _PLACES:
        parts[-2:] = ["_".join(parts[-2:])]
    return word_set(parts[-1])


@lru_cache(maxsize=20_000)
def rank_of(name: str) -> int:
    """How much a name is called like a counter: 0 not at all, 30 and above for steps.

    The last word decides, units and `count`, `idx` apart; one more where it is all of the name.
    For columns of tables and keys of JSON; a measure (`epoch_loss`), a limit (`max_step`) is none.
    """
    at = 0 if _TWO_COUNTERS.search(name.lower()) else -1
    found = words(name.split("/")[at])
    if not found:
        return 2
    if found == ("unnamed", "0"):
        return 2
    if NO_COUNTER.intersection(found) or METRIC.intersection(found):
        return 0
    tail = [word for word in found if word not in SIZES] or list(found)
    last = tail[-1]
    rank = RANKS.get(last, 0) or RANKS.get(found[-1], 0)
    if not rank and len(last) > 4:
        rank = RANKS.get(last.removeprefix("n"), 0)
    return rank + (1 if rank and len(tail) == 1 else 0)


def split_of(text: str) -> str:
    """`train`, `val`, `eval`, `test` or the like, where a text is a word for a part of the data."""
    return SPLITS.get(text.strip().lower(), "")
