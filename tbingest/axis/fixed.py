"""What stays the same in all rows of a run, in a table that holds several: its settings.

run,batch_size,epochs,epoch,loss
a,32,50,1,0.9
a,32,50,2,0.7
b,64,50,1,0.8
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from tbingest.axis.counters import NAMED
from tbingest.axis.meaning import is_amount
from tbingest.axis.things import plain_of
from tbingest.axis.words import own_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tbingest.axis.columns import Column
    from tbingest.axis.outcome import Outcome

_SET = frozenset(
    "size dim dims width depth hidden layers heads seed epochs batch workers patience kernel"
    " channels units params parameters vocab stride".split()
)
_SEVERAL = 3


def without_settings(
    columns: Sequence[Column], ids: NDArray[np.int64], runs: Sequence[str], outcome: Outcome
) -> list[Column]:
    """The columns but those that say the same in all rows of each run, which are its settings:
    words, and whole numbers that are called like what a training is set by. Not a learning rate,
    which people look for as a curve; none where there is but one run, or most have few rows.

    ids: the run of each row, a place among `runs`.
    """
    counts = np.bincount(ids)
    if len(counts) < 2 or float(np.median(counts)) < _SEVERAL:
        return list(columns)
    fixed = [one for one in columns if _is_set(one) and _stays(one, ids)]
    for one, (group, run) in product(fixed, enumerate(runs)):
        outcome.setting(run, one.name, plain_of(one, int(np.argmax(ids == group))))
    return [one for one in columns if one not in fixed]


def _is_set(column: Column) -> bool:
    if column.kind in {"text", "flag"}:
        return column.kind == "text" or column.distinct > 1
    counted = column.rank >= NAMED and not is_amount(column.name)
    called = bool(own_words(column.name) & _SET)
    return column.kind == "number" and column.whole and called and not counted


def _stays(column: Column, ids: NDArray[np.int64]) -> bool:
    keys = column.keys
    return len(set(zip(ids.tolist(), keys, strict=True))) == int(ids.max()) + 1
