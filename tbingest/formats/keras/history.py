"""A Keras `History.history` saved as JSON: a dict of lists, one entry an epoch.

{"accuracy": [0.45, 0.47], "loss": [0.86, 0.84], "val_accuracy": [0.43, 0.44]}

Runs and tags are those of the Keras TensorBoard callback; the step is the place in the list. The
same as a frame of pandas (`to_json`, its orients `columns`, `index` and `split`) is read, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.keras.csv_logger import has_validation_pair, tag
from tbingest.formats.readers.json_documents import JsonDocumentReader, load_document
from tbingest.formats.readers.records import is_number, number_column
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class KerasHistory(JsonDocumentReader):
    """Reads a dict of lists, epoch by epoch."""

    def series(self, value: Any) -> Iterator[tuple[str, Rows | Problem]]:
        """One series for each length of list, as early stopping makes no two lengths."""
        value = as_lists(value)
        groups: dict[int, dict[str, list[Any]]] = {}
        for name, items in value.items() if isinstance(value, dict) else ():
            if isinstance(items, list) and items and all(map(is_number, items)):
                groups.setdefault(len(items), {})[name] = items
            elif items:
                what = f"{name!r} is not a list of numbers"
                yield "", Problem("", None, None, what, values=1)
        for count, lists in groups.items():
            order = np.arange(1, count + 1, dtype=np.int64)
            columns = {name: number_column(items) for name, items in lists.items()}
            yield "\n".join(lists), Rows({"epoch": order - 1, **columns}, order)


def as_lists(value: Any) -> Any:
    """A frame as pandas writes it, as a dict of lists; other documents as they are."""
    if not isinstance(value, dict) or not value:
        return value
    names, index, rows = (value.get(key) for key in ("columns", "index", "data"))
    if isinstance(names, list) and isinstance(rows, list) and index == list(range(len(rows))):
        even = all(isinstance(row, list) and len(row) == len(names) for row in rows)
        return _turned(names, rows) if even and rows else value
    parts = list(value.values())
    if not all(isinstance(part, dict) and part for part in parts):
        return value
    if all(_counts(part) for part in parts):
        return {name: list(part.values()) for name, part in value.items()}
    if _counts(value) and all(part.keys() == parts[0].keys() for part in parts):
        return _turned(list(parts[0]), [list(part.values()) for part in parts])
    return value


def _counts(part: dict[str, Any]) -> bool:
    return list(part) == [str(place) for place in range(len(part))]


def _turned(names: list[str], rows: list[list[Any]]) -> dict[str, list[Any]]:
    return dict(zip(map(str, names), map(list, zip(*rows, strict=True)), strict=True))


def detect(head: Head) -> Evidence:
    """A dict of lists of numbers, with `val_` twins."""
    if head.binary or not head.data.lstrip().startswith(b"{"):
        return Evidence(0.0, "no JSON object")
    value, _ = load_document(head.data)
    value = as_lists(value)
    if not isinstance(value, dict) or not value:
        return Evidence(0.0, "no JSON object")
    lists = all(
        isinstance(items, list) and all(map(is_number, items))
        for items in list(value.values())[: None if head.complete else -1]
    )
    if lists and has_validation_pair(tuple(value)):
        return Evidence(0.9, "lists of numbers with val_ twins")
    return Evidence(0.0, "not lists of numbers with val_ twins")


FORMAT = Format(
    name="keras-history",
    about="a Keras History.history saved as JSON",
    sample='{"loss": [0.86, 0.84], "val_loss": [0.77, 0.76]}',
    detect=detect,
    reader=lambda _: KerasHistory(),
    rewritten=True,
    fields=Fields(step=("epoch",), rename=tag),
)
