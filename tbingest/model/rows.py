"""What a log said: rows, what could not be read of it, and what was passed over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Column: TypeAlias = "NDArray[np.float64] | NDArray[np.int64] | Sequence[Any]"


@dataclass(frozen=True, slots=True)
class Rows:
    """What the log said: records that all have the same columns.

    `columns` holds one entry per record: float64 or int64 arrays of shape (n,), or lists of
    str or nested values. A record that lacks a field stands in another `Rows`: nothing here
    means "missing". `order` (n,) is the place of each record in its source (a line number or
    a record number), rising, so that several `Rows` can be woven back.
    """

    columns: Mapping[str, Column]
    order: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be read: its place, what is wrong, what to do, and how many values it cost.

    `line` and `column` count from 1. A reader leaves `source` empty: it knows no path.
    `values` is 0 for a remark that cost nothing.
    """

    source: str
    line: int | None
    column: int | None
    what: str
    hint: str = ""
    values: int = 0

    @property
    def place(self) -> str:
        """`source:line:column`, as far as they are known."""
        parts = (self.source, self.line, self.column)
        return ":".join(str(part) for part in parts if part is not None)


BOOK_KEEPING = "own book-keeping"
"""How the reason ends for which a tracker's own files are not read."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file that is not read, and why. `failed` where it was to be read: it was named by the
    user, or the system refused it.
    """

    shown: str
    reason: str
    failed: bool = False
