"""What the columns of the tables in well-known consoles are called elsewhere by their framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_YOLO_VALIDATION = {
    "p": "metrics/precision(B)",
    "box(p": "metrics/precision(B)",
    "r": "metrics/recall(B)",
    "map50": "metrics/mAP50(B)",
    "map@.5": "metrics/mAP50(B)",
    "map50-95": "metrics/mAP50-95(B)",
    "map50-95)": "metrics/mAP50-95(B)",
    "map@.5:.95": "metrics/mAP50-95(B)",
    "map@.5:.95:": "metrics/mAP50-95(B)",
}
_YOLO_LOSSES = {
    name: f"train/{name.removesuffix('_loss')}_loss"
    for name in (
        *("box", "obj", "cls", "dfl", "total", "seg", "pose", "kobj"),
        *("box_loss", "obj_loss", "cls_loss", "dfl_loss", "seg_loss", "pose_loss", "kobj_loss"),
    )
}
NO_VALUES = frozenset("class images labels instances targets gpu_mem size img_size epoch".split())
"""Columns of these tables that measure nothing."""


def columns_of_console(names: Sequence[str]) -> list[str]:
    """The names of a table's columns as YOLO's `results.csv` has them, where it is YOLO's table.

    Empty for a column that measures nothing; other tables keep their names.
    """
    plain = [name.lower() for name in names]
    if plain[:2] == ["class", "images"] and any(name.startswith("map") for name in plain):
        known = _YOLO_VALIDATION
    elif plain[:1] == ["epoch"] and plain[1:2] == ["gpu_mem"]:
        known = _YOLO_LOSSES
    else:
        return list(names)
    return [
        known.get(low, "" if low in NO_VALUES - {"epoch"} else name)
        for low, name in zip(plain, names, strict=True)
    ]
