"""What a document of predictions says beside them: scores that were worked out already, settings.

{"loss": 0.12, "accuracy": 0.5, "y_true": [1, 0], "y_pred": [1, 1]}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.axis.document import read_document
from tbingest.axis.outcome import Outcome
from tbingest.formats.readers.json_documents import load_document
from tbingest.formats.readers.records import plain
from tbingest.model.points import HParams
from tbingest.model.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.formats.predictions.columns import Columns


def told_beside(data: bytes, columns: Columns) -> Outcome:
    """What a document says beside its lists of predictions, as any other document is read; nothing
    where they are of several steps.
    """
    value, _ = load_document(data)
    if not isinstance(value, dict) or columns.step:
        return Outcome()
    lists = {*columns.needed, columns.split}
    return read_document({key: item for key, item in value.items() if key not in lists})


def rows_beside(outcome: Outcome) -> Iterator[tuple[str, Rows]]:
    """Its single values, each a series of its own, and its settings."""
    order = np.ones(1, np.int64)
    settings: dict[str, Any] = {}
    for run, given in outcome.hparams.items():
        settings |= {f"{run}/{key}" if run else key: one for key, one in given.items()}
    for name, value in singles_in(outcome).items():
        yield f"said\n{name}", Rows({name: np.asarray([value])}, order)
    if settings:
        told = {key: plain(one) for key, one in settings.items() if one is not None}
        yield "settings", Rows({"hparams": [HParams(told)]}, order)


def singles_in(outcome: Outcome) -> dict[str, float]:
    """The values that stand once, by their names."""
    return {
        f"{run}/{tag}" if run else tag: float(curve.values[0])
        for run, tags in outcome.curves.items()
        for tag, curve in tags.items()
        if len(curve.values) == 1
    }
