"""Records that each hold other names: a table of them would be next to nothing but gaps.

{"step": 1, "class_1/iou": 0.5}
{"step": 2, "class_2/iou": 0.4}     thousands of records, thousands of names
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tbingest.axis.choice import KEPT
from tbingest.axis.counters import NAMED
from tbingest.axis.numbers import is_plain_number
from tbingest.axis.outcome import Outcome, Shape
from tbingest.axis.shapes import flat, is_sparse, numbers_in
from tbingest.axis.words import rank_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OFTEN = 0.5
_FAR = 2**62


def by_record(
    records: Sequence[Mapping[str, Any]],
    outcome: Outcome,
    run: str = "",
    prefix: str = "",
    counter: str = "",
) -> bool:
    """Read such records one by one, each number as a point of its name; False for others.

    The step is `counter`, or one that all of them hold, or the record's number. Where most have a
    word, which may name a run, none is taken for a curve, and it is said what they hold.
    """
    rows = [flat(record) for record in records]
    if not is_sparse(rows):
        return False
    worded = sum(any(isinstance(cell, str) for cell in row.values()) for row in rows)
    if worded > _OFTEN * len(rows):
        what = f"{prefix or 'records'}: words beside thousands of names, few in each record"
        outcome.unread.append((what, numbers_in(rows)))
        return True
    odd = bool(counter)  # that stood in no record
    counter = counter or _counter(rows)
    outcome.shapes.append(Shape((counter,) if counter else (), odd=odd))
    for at, row in enumerate(rows, 1):
        step = int(row[counter]) if counter else at - 1
        for name, cell in row.items():
            if is_plain_number(cell) and name != counter:
                tag = f"{prefix}/{name}" if prefix else name
                outcome.curve(run, tag).add(step, float(cell), at)
            elif isinstance(cell, list):
                outcome.unread.append((f"{prefix or 'records'}: long lists", numbers_in(cell)))
    return True


def _counter(rows: Sequence[Mapping[str, Any]]) -> str:
    """The best of the names that all records hold, that say that they count, and do so."""
    common = [name for name in rows[0] if all(name in row for row in rows)]
    whole = [name for name in common if all(_is_whole(row[name]) for row in rows)]
    named = [name for name in whole if rank_of(name) >= NAMED and _keeps(name, rows)]
    return max(named, key=rank_of, default="")


def _keeps(counter: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """True where nearly all values of a name have a step of their own."""
    pairs = [(name, row[counter]) for row in rows for name in row if name != counter]
    return len(set(pairs)) >= KEPT * len(pairs)


def _is_whole(cell: Any) -> bool:
    return is_plain_number(cell) and abs(cell) < _FAR and float(cell).is_integer()
