"""Setting or result: one judge for tables, finals, flat JSON and configs.

0.8731 under any name is a result, 0.001 a setting; `final_acc: 0.9` is a result by its name.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from tbingest.axis.vocabulary import CONFIG, METRIC, SETTING
from tbingest.axis.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_EITHER = frozenset("weight weights rate min max n k rank ratio total index test".split())
_SHARES = frozenset({"rate", "ratio", "fraction"})
"""A share of something was measured, but for those of `_SET`; a ratio where it has many digits."""
_SET = frozenset(
    "learning sampling sample subsample mask mlp clip warmup train val test split mutation"
    " crossover decay exploration frame bit refresh update noise drop forget keep feature"
    " bagging discount initial base hint motion dropout momentum".split()
)
_MEANS = frozenset("mean avg average median".split())
_PIXELS = frozenset("pixel image norm normalization".split())
_FIRM = SETTING - _EITHER
_BY_LAST = frozenset("alpha beta gamma lambda sigma eps epsilon threshold size dim lr".split())
"""What a setting of a measure ends with: `loss_alpha`."""
_DIGITS = re.compile(r"(?<!\d)\d+$")


def is_result(name: str, values: Sequence[float | None]) -> bool:
    """Whether numbers under a name are results: a measure's word, or digits that nobody sets."""
    if any(part.lower() in CONFIG for part in name.split("/")[:-1]):
        return False
    own = words(name.rpartition("/")[2])
    last, every = _bare(own), _bare(words(name))
    given = [value for value in values if value is not None and math.isfinite(value)]
    measured = bool(last & METRIC)
    if not given or (measured and not last & _FIRM):
        return measured
    if len(last) > 1 and last & {"rate", "fraction"} and not last & _SET:
        return True
    if len(last) > 1 and last & _MEANS and not last & _PIXELS:
        return True
    if own and own[-1] in _BY_LAST:
        return False
    called = last & SETTING
    if called and not measured and (not called <= _SHARES or last & _SET):
        return False
    long = sum(map(_is_long, given))
    return 2 * long >= len(given) or (
        bool(every & METRIC) and any(not value.is_integer() for value in map(float, given))
    )


def _bare(found: Iterable[str]) -> set[str]:
    return {word if word in METRIC else _DIGITS.sub("", word) or word for word in found}


def _is_long(value: float) -> bool:
    """True for a number with four digits or more that count, and a fraction."""
    digits = f"{abs(value):.10g}".replace(".", "").partition("e")[0].strip("0")
    return len(digits) >= 4 and not float(value).is_integer()
