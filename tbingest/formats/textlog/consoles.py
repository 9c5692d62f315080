"""Rows of tables under their headers, and what well-known consoles call their columns elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.formats.textlog.parts import Listed, Part, Slot
from tbingest.formats.textlog.words import SPLITS, clean, rank_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.formats.textlog.line import Line

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


_EPOCHS = ["epoch", "gpu_mem"]
_VALIDATION = ("Class", "Images", "Instances", "P", "R", "mAP50", "mAP50-95")


def validation(names: Sequence[str], width: int) -> tuple[str, ...]:
    """The header of YOLO's validations where it went elsewhere, as to the errors of a job.

    `all  128  929  0.64  0.54  0.6  0.45` stands below the header of the epochs; else empty.
    """
    plain = [name.lower() for name in names[: len(_EPOCHS)]]
    return _VALIDATION if plain == _EPOCHS and width == len(_VALIDATION) else ()


def columns_of_console(names: Sequence[str], *, one_class: bool = False) -> list[str]:
    """The names of a table's columns as YOLO's `results.csv` has them, where it is YOLO's table.

    Empty for a column that measures nothing; other tables keep their names. `one_class`: of a row
    of a class, `precision` and not `metrics/precision(B)`.
    """
    plain = [name.lower() for name in names]
    if plain[:2] == ["class", "images"] and any(name.startswith("map") for name in plain):
        known = _YOLO_VALIDATION
    elif plain[: len(_EPOCHS)] == _EPOCHS:
        known = _YOLO_LOSSES
    else:
        return list(names)
    shown = [
        known.get(low, "" if low in NO_VALUES - {"epoch"} else name)
        for low, name in zip(plain, names, strict=True)
    ]
    if one_class:
        shown = [name.removeprefix("metrics/").removesuffix("(B)") for name in shown]
    return shown


def row_part(line: Line, names: Sequence[str]) -> Part | None:
    """The part that a row is under a header of these names; None where it is none of them."""
    if isinstance(line.cells[0], str) and rank_of(names[0]):
        names = validation(names, len(line.cells))
        if not names:
            return None
    word = next((cell for cell in line.cells if isinstance(cell, str) and cell), "")
    front = f"{word}/" if word and word != "all" else ""
    shown = columns_of_console(names, one_class=bool(front))
    slots: list[Slot] = []
    for own, name, cell in zip(names, shown, line.cells, strict=True):
        label = own.lower() if front and own.lower() in SPLITS else ""  # Training | Validation
        whole = word if label else front + (name if name != own else clean(name))
        if isinstance(cell, str) or not name:
            continue
        if isinstance(cell, Listed):
            many = len(cell.places) > 1
            slots += [
                Slot(place, f"{whole}/{at}" if many else whole, "list", strong=True)
                for at, place in enumerate(cell.places)
            ]
        else:
            slots.append(Slot(cell[0], whole, strong=True, total=cell[1], label=label))
    bar = line.parts[0].bar if line.parts else ()
    kind = ("bar", "table") if bar else ("row", "table")
    return Part((*kind, *names, *([word] if front else ())), tuple(slots), (), bar)
