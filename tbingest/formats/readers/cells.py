"""The cells of a block of a table: through pandas where it is large, without where it is small.

To import pandas takes as long as to read two million cells without it. Both give the same.
"""

from __future__ import annotations

import csv
import io
import warnings
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from tbingest.formats.readers.records import HUGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tbingest.model.rows import Column

Cells: TypeAlias = "tuple[Column, NDArray[np.bool_] | None]"
"""A column and which of its cells are there; all, where it is None."""

SMALL = 1 << 18
"""Blocks of at most so many bytes are read without pandas."""
FEW_ROWS = 256
"""So are those of at most so many rows: a column of pandas costs as much as a thousand cells."""

_NAN = ["nan", "NaN", "NAN", "Nan", "-nan", "-NaN", "+nan"]
_NAN_BYTES = {word.encode() for word in _NAN}
_EXACT_INTEGERS = 2.0**53


class Block(Protocol):
    """`rows` that all have the same number of cells, none quoted."""

    rows: int

    def numbers(self, place: int) -> Cells | None:
        """A column's numbers; None where it holds anything else."""

    def texts(self, places: Sequence[int]) -> list[list[str]] | None:
        """Columns as they are written; None where they cannot be told."""


def block_of(block: bytes, width: int, separator: str, decimal: str) -> Block | None:
    """The cells of whole lines; None where a line has quotes, or not `width` cells."""
    if b'"' in block or width == 1:
        return None
    if decimal == "." and (len(block) <= SMALL or _count(block, 10) <= FEW_ROWS):
        return _SmallBlock.of(block, width, separator.encode())
    return _LargeBlock.of(block, width, separator, decimal)


class _SmallBlock:
    """Each cell is a piece of bytes."""

    def __init__(self, cells: list[bytes], width: int, *, odd: bool) -> None:
        self.rows = len(cells) // width
        self._columns = [cells[place::width] for place in range(width)]
        self._numbers = [
            None if odd and any(b"_" in cell for cell in column) else _numbers(column)
            for column in self._columns  # Python's own 1_000 is a word
        ]

    @classmethod
    def of(cls, block: bytes, width: int, separator: bytes) -> _SmallBlock | None:
        """None where rows are not all as long, or a number beyond all floats."""
        lines = block.split(b"\n")
        lines.pop()
        if any(line.count(separator) != width - 1 for line in lines):
            return None
        made = cls(separator.join(lines).split(separator), width, odd=b"_" in block)
        return None if made._infinite() and HUGE.search(block) else made

    def _infinite(self) -> bool:
        return any(found and bool(np.isinf(found[0]).any()) for found in self._numbers)

    def numbers(self, place: int) -> Cells | None:
        """As `Block.numbers`."""
        return self._numbers[place]

    def texts(self, places: Sequence[int]) -> list[list[str]]:
        """As `Block.texts`."""
        return [
            [cell.decode("utf-8", "replace") for cell in self._columns[place]] for place in places
        ]


def _numbers(cells: list[bytes]) -> tuple[NDArray[Any], NDArray[np.bool_] | None] | None:
    """As `Block.numbers`, of one column."""
    if b"" not in cells:
        values = _values(cells)
        return None if values is None else (values, None)
    values = _values([cell for cell in cells if cell])
    if values is None or (np.abs(values) >= _EXACT_INTEGERS).any():
        return None
    there = np.fromiter(map(bool, cells), bool, len(cells))
    spread = np.full(len(cells), np.nan)
    spread[there] = values
    return spread, there


def _values(cells: list[bytes]) -> NDArray[Any] | None:
    """int64 where all are whole numbers that fit, else float64; None where one is no number."""
    try:
        whole = [*map(int, cells)]
    except ValueError:
        try:
            values = np.asarray([*map(float, cells)], np.float64)
        except ValueError:
            return None
        nans = np.flatnonzero(np.isnan(values)).tolist()
        return values if {cells[at] for at in nans} <= _NAN_BYTES else None
    least, most = min(whole, default=0), max(whole, default=0)
    if least >= -(2**63) and most < 2**63:
        return np.asarray(whole, np.int64 if cells else np.float64)
    return np.asarray(whole, np.float64) if least >= 0 and most < 2**64 else None


class _LargeBlock:
    """A frame of pandas, and once more the columns that are not all numbers."""

    def __init__(self, block: bytes, options: dict[str, Any], frame: pd.DataFrame) -> None:
        self.rows = len(frame)
        self._block, self._options, self._frame = block, options, frame
        self._blank: NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, block: bytes, width: int, separator: str, decimal: str) -> _LargeBlock | None:
        """None where rows are not all as long, or a number beyond all floats."""
        rows = _count(block, 10)
        if _count(block, ord(separator)) != rows * (width - 1):
            return None
        options = {"sep": separator, "decimal": decimal, "names": list(range(width))}
        words = b"n" in block or b"N" in block
        frame = _frame(block, options, na_values=[*_NAN, ""] if words else [""])
        if frame is None or len(frame) != rows or _may_overflow(frame, block):
            return None
        made = cls(block, options, frame)
        if words or bool(frame[width - 1].isna().any()):
            made._blank = _blank_cells(block, separator.encode(), rows, width)
            if made._blank is None:
                return None
        return made

    def numbers(self, place: int) -> Cells | None:
        """As `Block.numbers`."""
        column = self._frame[place]
        if column.dtype.kind not in "iuf":
            return None
        values = column.to_numpy()
        if values.dtype.kind == "u":  # beyond int64
            return values.astype(np.float64), None
        if values.dtype.kind != "f":
            return values.astype(np.int64), None
        missing = self._blank[:, place] if self._blank is not None else np.isnan(values)
        if not missing.any():
            return values, None
        # pandas reads whole numbers beside blanks as floats: large ones are read again, exactly.
        return None if (np.abs(values) >= _EXACT_INTEGERS).any() else (values, ~missing)

    def texts(self, places: Sequence[int]) -> list[list[str]] | None:
        """As `Block.texts`."""
        more = {"dtype": str, "usecols": places, "na_filter": False}
        frame = _frame(self._block, self._options, **more)
        return None if frame is None else [frame[place].tolist() for place in places]


def _count(block: bytes, byte: int) -> int:
    """For many hits ten times as fast as `bytes.count`."""
    return int(np.count_nonzero(np.frombuffer(block, np.uint8) == byte))


def _frame(block: bytes, options: dict[str, Any], **more: Any) -> pd.DataFrame | None:
    import pandas as pd

    try:
        with warnings.catch_warnings():  # pandas drops what is too much, and only warns
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame: pd.DataFrame = pd.read_csv(
                io.BytesIO(block),
                header=None,
                index_col=False,
                keep_default_na=False,
                skip_blank_lines=False,
                low_memory=False,
                encoding_errors="replace",
                quoting=csv.QUOTE_NONE,
                **options,
                **more,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError):
        return None
    return frame


def _may_overflow(frame: pd.DataFrame, block: bytes) -> bool:
    """True where a number that is read as infinite may be written as a finite one."""
    floats = frame.select_dtypes("float").to_numpy()
    return bool(np.isinf(floats).any()) and bool(HUGE.search(block))


def _blank_cells(block: bytes, separator: bytes, rows: int, width: int) -> NDArray[np.bool_] | None:
    """(rows, width): which cells hold no byte; None where the block is not rectangular.

    pandas reads a blank and `nan` as the same NaN; the places of the separators tell them apart.
    """
    raw = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero((raw == separator[0]) | (raw == 10))
    if len(ends) != rows * width or not bool((raw[ends[width - 1 :: width]] == 10).all()):
        return None
    sizes = np.diff(ends, prepend=-1) - 1
    blank: NDArray[np.bool_] = (sizes == 0).reshape(rows, width)
    return blank
