"""Text logs of any framework: lines that tell values, with a counter in them or nearby.

Epoch [1/3], Step [17/6471], Loss: 9.19, Perplexity: 9872.29
iter 10: loss 4.17, time 224.77ms, mfu 106.93%
2026-11-23 03:14:40 [TRAIN] epoch: 1, iter: 10/1000, loss: 2.0655, lr: 0.01 | ETA 00:16:09

What is a counter, which lines follow it and what is no metric is decided from a sample of the whole
log; see `tbingest.formats.textlog`, which is imported once a log may be one: it takes 40 ms.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tbingest.formats.readers.records import RUN
from tbingest.formats.textlog.gather import STEP, TIME
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.names.files import log_of
from tbingest.names.words import plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tbingest.formats.textlog.decision import Plan
    from tbingest.formats.textlog.reader import TextLogReader

_NO_LOGS = frozenset(
    "py pyi ipynb sh c h cpp cu rs js ts css html htm tex bib xml toml ini cfg yaml yml json md "
    "rst csv tsv sql patch diff lock jsonl ndjson".split()
)
_JSON = re.compile(rb"\s*+(?:\{\"|\[\{\s{0,99}[\"}]|\[\[)")
"""How JSON begins, and no logger does: `[{train.py:45} INFO - epoch 1`."""
_FEW = 5
"""So many numbered dicts are a training, whatever else is in the log."""


@lru_cache(maxsize=4)
def planned(head: Head) -> Plan:
    """How the log is understood, by a sample of it."""
    from tbingest.formats.textlog.reader import plan_of

    return plan_of(head.sample)


def detect(head: Head) -> Evidence:
    """Lines with values that follow a counter which moves, or final scores."""
    if head.binary or _JSON.match(head.data):
        return Evidence(0.0, "no text log")
    if log_of(head.basename.lower()).rpartition(".")[2] in _NO_LOGS:
        return Evidence(0.0, "named like something else than a log")
    plan = planned(head)
    valued = plan.valued
    if not valued:
        return Evidence(0.0, "no line with a counter and a value")
    lines = max(plan.lines, valued)
    reason = f"{valued:,} of {plural(lines, 'line')} have values"
    if plan.table:
        return Evidence(0.57, f"{reason}, in a table")
    if not plan.moving:
        counted = any(one.kind in {"own", "pair"} for one in plan.families.values())
        reason = f"{reason}, but no counter moves"
        if valued >= 0.5 * lines or plan.printed >= _FEW:
            return Evidence(0.62, reason)  # a training's first lines, or a trainer's dicts
        few = counted and valued < 0.05 * lines
        return Evidence(0.57 if head.complete and not few else 0.3, reason)
    return Evidence(
        round(0.62 + 0.22 * min(1.0, valued / lines), 2), f"{reason} and follow a counter"
    )


def fresh(head: Head) -> TextLogReader:
    """A reader by what the sample shows."""
    from tbingest.formats.textlog.reader import TextLogReader

    return TextLogReader(plan=planned(head).saved())


def renew(head: Head, saved: Mapping[str, Any], live: bool) -> dict[str, Any] | None:  # noqa: FBT001
    """What is saved of a reader, with the kinds of lines that came since it was made.

    A log that is followed is decided anew when it is a quarter longer: to look takes long.
    """
    from tbingest.formats.textlog.renewal import renewed

    grown = head.size >= 1.25 * saved["plan"].get("size", 0) or head.complete
    return renewed(planned(head), saved) if grown or not live else dict(saved)


FORMAT = Format(
    name="text",
    about="text logs: lines of values with a counter in them or nearby",
    sample="Epoch [1/3], Step [10/500], Loss: 2.19\nEpoch [1/3], Step [20/500], Loss: 1.87",
    detect=detect,
    reader=fresh,
    renew=renew,
    rounded=True,
    fields=Fields(
        step=(STEP,),
        time=(TIME,),
        elapsed=("@elapsed",),
        run=(RUN,),
        rename=lambda name: ("", name),
    ),
)
