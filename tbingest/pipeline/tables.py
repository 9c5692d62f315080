"""Tables written piece by piece: CSV, JSON lines, Parquet and Feather. Their form is the suffix.

A missing cell is empty in CSV, left out in JSON lines, null in Parquet and Feather; NaN is a value.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import sys
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias, cast

import numpy as np

from tbingest.errors import OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

STDOUT = "-"
FORMS = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet", ".feather")
_NON_FINITE = {math.inf: "Infinity", -math.inf: "-Infinity"}


class Column(NamedTuple):
    """A column's name, and what it holds."""

    name: str
    kind: Literal["text", "int", "real"]


Cells: TypeAlias = "Sequence[Any] | NDArray[Any]"
"""A float32 array stands for the shortest decimals that are these numbers. None is missing."""


class Table(Protocol):
    """Takes rows, column by column."""

    def write(self, cells: Sequence[Cells]) -> None:
        """Add rows: each column has one entry for each of them."""

    def close(self) -> None:
        """All rows are there."""


def form_of(path: str) -> str:
    """The suffix that says how a table is written. Raises UsageError where it is none of FORMS."""
    if path == STDOUT:
        return ".csv"
    name = Path(path).name.lower()
    found = [form for form in FORMS if name.endswith(form)]
    if not found:
        raise UsageError(f"--to {path}: no known kind of table", f"one of {', '.join(FORMS)}, or -")
    return max(found, key=len)


@contextmanager
def open_table(path: str, columns: Sequence[Column]) -> Iterator[Table]:
    """A table at `path`, or on stdout for `-`. It is there as a whole, or not at all.

    Raises OutputError where it cannot be written, UsageError where a package is missing.
    """
    form = form_of(path)
    if path == STDOUT:
        yield _table(sys.stdout.buffer, form, columns)
        sys.stdout.buffer.flush()
        return
    target = Path(path)
    temporary = target.with_name(f".{target.name}.new")
    try:
        with temporary.open("wb") as stream, _packed(stream, form) as packed:
            table = _table(packed, form, columns)
            yield table
            table.close()
        temporary.replace(target)
    except OSError as error:
        what = f"{path}: cannot be written: {error.strerror or error}"
        raise OutputError(what, "check free space and permissions") from error
    finally:
        with suppress(OSError):  # where it could not be made, it is not there
            temporary.unlink()


@contextmanager
def _packed(stream: IO[bytes], form: str) -> Iterator[IO[bytes]]:
    if not form.endswith(".gz"):
        yield stream
        return
    # Without a name and time in it: the same rows give the same bytes.
    with gzip.GzipFile("", "wb", fileobj=stream, mtime=0, compresslevel=6) as packed:
        yield cast("IO[bytes]", packed)


def _table(stream: IO[bytes], form: str, columns: Sequence[Column]) -> Table:
    if form.startswith(".csv"):
        return _Csv(stream, columns)
    if form.startswith(".jsonl"):
        return _JsonLines(stream, columns)
    return _Arrow(stream, columns, parquet=form == ".parquet")


class _Csv:
    def __init__(self, stream: IO[bytes], columns: Sequence[Column]) -> None:
        self._stream, self._columns = stream, columns
        self._put(",".join(_quoted(column.name) for column in columns) + "\n")

    def write(self, cells: Sequence[Cells]) -> None:
        texts = [
            _texts(column, held, "") for column, held in zip(self._columns, cells, strict=True)
        ]
        lines = list(map(",".join, zip(*texts, strict=True)))
        if lines:
            self._put("\n".join(lines) + "\n")

    def close(self) -> None:
        """Nothing is held back."""

    def _put(self, text: str) -> None:
        self._stream.write(text.encode("utf-8", "replace"))


def _texts(column: Column, cells: Cells, missing: str) -> list[str]:
    """Each cell as CSV writes it."""
    if column.kind == "text":
        return list(map(_quoted, cells))
    if isinstance(cells, np.ndarray):
        if cells.dtype == np.float32:
            return cast("list[str]", cells.astype("U").tolist())
        return list(map(repr, cells.tolist()))
    return [missing if one is None else repr(one) for one in cells]


@lru_cache(4096)
def _quoted(text: str) -> str:
    if not any(letter in text for letter in ',"\n\r'):
        return text
    return '"' + text.replace('"', '""') + '"'


class _JsonLines:
    def __init__(self, stream: IO[bytes], columns: Sequence[Column]) -> None:
        self._stream, self._names = stream, [column.name for column in columns]

    def write(self, cells: Sequence[Cells]) -> None:
        lists = [_plain(held) for held in cells]
        out = io.StringIO()
        for row in zip(*lists, strict=True):
            pairs = zip(self._names, row, strict=True)
            out.write(json.dumps({name: one for name, one in pairs if one is not None}))
            out.write("\n")
        self._stream.write(out.getvalue().encode())

    def close(self) -> None:
        """Nothing is held back."""


def _plain(cells: Cells) -> list[Any]:
    """What JSON can say: numbers that are not finite are strings, as TensorBoard writes them."""
    held = _doubles(cells).tolist() if isinstance(cells, np.ndarray) else list(cells)
    return [
        _NON_FINITE.get(one, "NaN") if isinstance(one, float) and not math.isfinite(one) else one
        for one in held
    ]


def _doubles(cells: NDArray[Any]) -> NDArray[Any]:
    return cells.astype("U").astype(np.float64) if cells.dtype == np.float32 else cells


class _Arrow:
    """Row groups of 64 Ki rows at least: small ones are slow to read."""

    _ROWS = 1 << 16

    def __init__(self, stream: IO[bytes], columns: Sequence[Column], *, parquet: bool) -> None:
        try:
            import pyarrow as pa
            from pyarrow import parquet as pq
        except ImportError as error:
            what = "Parquet and Feather need pyarrow"
            raise UsageError(what, 'pip install "tbingest[parquet]", or take .csv') from error
        self._arrow = pa
        types = {"text": pa.string(), "int": pa.int64(), "real": pa.float64()}
        self._schema = pa.schema([(column.name, types[column.kind]) for column in columns])
        if parquet:
            self._writer = pq.ParquetWriter(stream, self._schema)
        else:
            self._writer = pa.ipc.new_file(stream, self._schema)
        self._held: list[Any] = []
        self._rows = 0

    def write(self, cells: Sequence[Cells]) -> None:
        arrays = [
            self._arrow.array(
                _doubles(held) if isinstance(held, np.ndarray) else list(held), column.type
            )
            for held, column in zip(cells, self._schema, strict=True)
        ]
        self._held.append(self._arrow.record_batch(arrays, schema=self._schema))
        self._rows += len(cells[0])
        if self._rows >= self._ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            table = self._arrow.Table.from_batches(self._held, self._schema).combine_chunks()
            self._writer.write_table(table)
        self._held, self._rows = [], 0

    def close(self) -> None:
        self._flush()
        self._writer.close()
