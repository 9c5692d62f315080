"""Which points are wanted at all: `--only` by kind, `--drop-tags` by name."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np

from tbingest.model.points import Confusion, Curves, HParams
from tbingest.options import KINDS
from tbingest.series.slicing import take

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.model.points import Points


def wanted(
    groups: Sequence[Points], only: Sequence[str], dropped: Sequence[str]
) -> tuple[list[Points], int]:
    """The points that are wanted, and how many values are not."""
    kinds = {KINDS[name] for name in only} or set(KINDS.values()) | {"other"}
    kept: list[Points] = []
    left = 0
    for points in groups:
        keep = [
            place
            for place, tag in enumerate(points.tags)
            if points.kind in kinds and not any(fnmatchcase(tag, glob) for glob in dropped)
        ]
        left += _counted(points) * (len(points.tags) - len(keep))
        if len(keep) == len(points.tags):
            kept.append(points)
        elif keep:
            kept.append(take(points, np.arange(len(points)), np.asarray(keep, np.int64)))
    return kept, left


def _counted(points: Points) -> int:
    """The values of a tag that count as read: not what is drawn of others, nor bare sessions."""
    if points.kind not in {"image", "hparams"}:
        return len(points)
    firsts = [row[0] for row in points.values]
    return sum(
        not isinstance(one, Confusion | Curves)
        and not (isinstance(one, HParams) and not one.values)
        for one in firsts
    )
