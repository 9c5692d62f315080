"""Text logs fed to a reader, and the curves that it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.registry import formats
from tbingest.model.contracts import Head
from tbingest.model.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

Curve = list[tuple[int, float]]


def rows_of(text: str | bytes, cuts: Sequence[int] = (), form: str = "text") -> list[Any]:
    """Everything that a format's reader gives, saved and restored at each cut."""
    data = text.encode() if isinstance(text, str) else text
    make = formats()[form].reader
    assert make
    reader = make(Head("train.log", data[: 64 << 10], len(data)))
    found: list[Any] = []
    start = 0
    for stop in [*sorted(cuts), len(data)]:
        if data[start:stop]:
            found += reader.feed(data[start:stop])
        saved = {name: value for name, value in vars(reader).items() if name[:1] != "_"}
        rest = data[saved["consumed"] : stop]
        reader = type(reader)(**saved)  # type: ignore[assignment]
        found += reader.feed(rest) if rest else ()
        start = stop
    return found + list(reader.close())


def curves(found: Sequence[Any], step: str = "@step") -> dict[str, Curve]:
    """(step, value) of each tag, in the order of their lines."""
    points: dict[str, list[tuple[int, int, float]]] = {}
    for rows in found:
        assert isinstance(rows, Rows)
        for name, column in rows.columns.items():
            if name != step and isinstance(column, np.ndarray):
                for place, order in enumerate(rows.order.tolist()):
                    at = int(np.asarray(rows.columns[step])[place])
                    points.setdefault(name, []).append((order, at, float(column[place])))
    return {name: [(at, value) for _, at, value in sorted(part)] for name, part in points.items()}
