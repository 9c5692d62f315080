"""What the readers share: lines that may be cut anywhere, and documents that are rewritten."""

from __future__ import annotations

import hashlib
import math
import re
import reprlib
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.model import Problem, Rows, Session

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tbingest.model import Column

MAX_LINE = 8 << 20
MAX_DOCUMENT = 256 << 20
MAX_TAGS_DEPTH = 64
MAX_HPARAMS = 5_000
_MAX_TEXT = 500
_SHORT = reprlib.Repr()  # a bounded repr: aliases may make a list endless
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxdict, _SHORT.maxstring = 4, 20, 20, _MAX_TEXT
_WRITTEN = re.compile(r"[-+]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[eE][-+]?\d{1,3})?")
_FLOAT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")
NON_FINITE = {
    "nan": math.nan,
    **dict.fromkeys(("inf", "infinity"), math.inf),
    **dict.fromkeys(("-inf", "-infinity"), -math.inf),
}
"""What is no number in JSON, as writers put it into strings, in lower case."""
RUN = ":run"
"""A column that a reader adds: which run, below the source's own, each record belongs to."""


@dataclass
class LineReader:
    """Bytes in, whole lines out. A subclass says in `lines` what they mean.

    `line` counts the lines given out so far. A line over `MAX_LINE` is reported, not read.
    """

    consumed: int = 0
    line: int = 0
    _rest: bytearray = field(default_factory=bytearray, repr=False)
    _lost: int = 0

    def feed(self, data: bytes) -> Iterator[Rows | Problem]:
        """Give what the complete lines mean."""
        block = bytes(self._rest) + data if self._rest else data
        cut = self.cut(block)
        self._rest = bytearray(block[cut:])
        if cut:
            yield from self._give(block[:cut])
        elif len(block) > MAX_LINE:
            self._lost += len(block)
            self._rest.clear()

    def close(self) -> Iterator[Rows | Problem]:
        """Give what the last line means, though no line end follows it."""
        block = bytes(self._rest)
        self._rest = bytearray()
        if block or self._lost:
            yield from self._give(block, final=True)

    def cut(self, block: bytes) -> int:
        """Where in `block`, which begins with a record, the last whole record ends; else 0."""
        return block.rfind(b"\n") + 1

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """The meaning of whole lines that begin after line number `self.line`.

        `final` says that the last one has no line end and may be cut off.
        """
        raise NotImplementedError

    def _give(self, block: bytes, *, final: bool = False) -> Iterator[Rows | Problem]:
        if self._lost:
            lost, self._lost = self._lost, 0
            head, _, block = block.partition(b"\n")
            lost += len(head) + 1
            self.line += 1
            self.consumed += lost
            what = f"a line of {lost:,} bytes is too long"
            yield Problem("", self.line, None, what, f"lines up to {MAX_LINE:,} bytes are read")
        if block:
            yield from self.lines(block, final=final)
            self.line += count_byte(block, 10) + (not block.endswith(b"\n"))
            self.consumed += len(block)


@dataclass
class DocumentReader:
    """A file that is read whole, because its writer rewrites it; gives out only what is new.

    A subclass says in `parse` which series of records the document holds. `given` remembers for
    each series how many records were given out, and their digest.
    """

    consumed: int = 0
    given: dict[str, list[Any]] = field(default_factory=dict)
    _data: bytearray = field(default_factory=bytearray, repr=False)

    def feed(self, data: bytes) -> Iterable[Rows | Problem]:
        """Hold the bytes; nothing is given out before the end."""
        if len(self._data) <= MAX_DOCUMENT:
            self._data += data
        self.consumed += len(data)
        return ()

    def close(self) -> Iterator[Rows | Problem]:
        """Parse the document and give what was not given before."""
        if len(self._data) > MAX_DOCUMENT:
            what = f"a document of over {MAX_DOCUMENT >> 20} MiB is too large"
            yield Problem("", None, None, what, "write it as JSON lines or CSV")
            return
        data, self._data = bytes(self._data), bytearray()
        yield from self.fresh(self.parse(data))

    def fresh(self, series: Iterable[tuple[str, Rows | Problem]]) -> Iterator[Rows | Problem]:
        """Of every series what was not given before."""
        for name, found in series:
            if isinstance(found, Problem):
                yield found
            else:
                yield from self._new(name, found)

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """The series of records that the document holds, each under a name of its own."""
        raise NotImplementedError

    def _new(self, series: str, rows: Rows) -> Iterator[Rows | Problem]:
        count, digest = self.given.get(series, (0, ""))
        total = len(rows.order)
        self.given[series] = [total, digest_of(rows, total)]
        if count > total or (count and digest_of(rows, count) != digest):
            yield Problem("", None, None, "was rewritten: its values are read again")
            count = 0
        if count < total:
            yield rows if not count else part_of(rows, slice(count, None))


def count_byte(block: bytes, byte: int) -> int:
    """How often a byte stands in a block; for many hits ten times as fast as `bytes.count`."""
    return int(np.count_nonzero(np.frombuffer(block, np.uint8) == byte))


def digest_of(rows: Rows, count: int) -> str:
    """A short digest of the first `count` records."""
    digest = hashlib.blake2b(digest_size=12)
    for name, column in rows.columns.items():
        digest.update(name.encode("utf-8", "replace"))
        if isinstance(column, np.ndarray):
            digest.update(column[:count].astype(np.float64).tobytes())
        else:
            digest.update(repr(column[:count]).encode("utf-8", "replace"))
    return digest.hexdigest()


def part_of(rows: Rows, part: slice) -> Rows:
    """Some of the records."""
    columns = {name: column[part] for name, column in rows.columns.items()}
    return Rows(columns, rows.order[part])


def flatten(record: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[Any]:
    """(name, value) pairs of a nested mapping, names joined with `/`."""
    for key, value in record.items():
        name = f"{prefix}/{key}" if prefix else str(key)
        if isinstance(value, dict) and depth < MAX_TAGS_DEPTH:
            yield from flatten(value, name, depth + 1)
        else:
            yield name, value


def plain_hparams(values: Mapping[str, Any]) -> dict[str, bool | float | str]:
    """The first 5,000 values of a nested mapping as hyperparameters, names joined with `/`."""
    return {name: plain(item) for name, item in islice(flatten(values), MAX_HPARAMS)}


def plain(value: Any) -> bool | float | str:
    """A bool, a finite number or a short string."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError:
            return str(value)[:_MAX_TEXT]
        return number if math.isfinite(number) else str(number)
    if isinstance(value, str) and _FLOAT.fullmatch(value.strip()):
        return float(value)  # YAML 1.1 takes 1e-3 for a string
    return _SHORT.repr(value)[:_MAX_TEXT] if isinstance(value, list) else str(value)[:_MAX_TEXT]


_STATUS: dict[str, Any] = {
    **dict.fromkeys(("finished", "complete", "completed", "success"), "success"),
    **dict.fromkeys(("failed", "fail", "killed", "crashed", "error", "invalid"), "failure"),
    **dict.fromkeys(("running", "scheduled", "waiting"), "running"),
}


def session(status: Any, start: Any = None, end: Any = None) -> Session:
    """How a run went, in a tracker's own word for it; times in seconds."""
    times = [float(one) if is_number(one) and one > 0 else 0.0 for one in (start, end)]
    return Session(_STATUS.get(str(status).lower(), ""), *times)


def typed(text: str) -> bool | float | str:
    """The value that a text writes: a number, true or false, or the text itself."""
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if _WRITTEN.fullmatch(text):
        return float(text)
    return text[:_MAX_TEXT]


def beside(name: str, *taken: str) -> str:
    """`name`, told apart from columns that are called so by a blank that no tag keeps."""
    return f"{name} " if name in taken else name


def is_number(value: object) -> bool:
    """True for an int, a float or a bool."""
    return isinstance(value, int | float)


def group_records(
    records: Sequence[Mapping[str, Any]], order: Sequence[int]
) -> Iterator[tuple[str, Rows | Problem]]:
    """Records of a JSON log as `Rows`, one for each set of fields and their kinds.

    A JSON null is a missing value. Numbers, and strings that say NaN or an infinity, become float64
    (int64 where every value is a whole number), lists of numbers stay lists, other lists and empty
    values are reported.
    """
    groups: dict[tuple[str, ...], tuple[list[list[Any]], list[int]]] = {}
    for record, place in zip(records, order, strict=True):
        fields: dict[str, Any] = {}
        for name, given in flatten(record):
            value = NON_FINITE.get(given.lower(), given) if isinstance(given, str) else given
            kind = _kind(value)
            if kind == "odd":
                what = f"{name!r} is neither a number, a string nor a list of numbers"
                yield "", Problem("", place, None, what, values=1)
            elif kind:
                fields[name] = value
        shape = (*fields, *(_kind(value) for value in fields.values()))
        rows, places = groups.setdefault(shape, ([], []))
        rows.append(list(fields.values()))
        places.append(place)
    for shape, (rows, places) in groups.items():
        names = shape[: len(shape) // 2]
        if names:
            columns = dict(zip(names, map(_column, zip(*rows, strict=True)), strict=True))
            yield "\n".join(shape), Rows(columns, np.asarray(places, np.int64))


def _kind(value: object) -> str:
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text" if value.strip() else ""
    if isinstance(value, list) and value:
        numbers = all(map(is_number, value)) or _is_matrix(value)
        return "list" if numbers else "odd"
    return "" if value is None or value in ({}, []) else "odd"


def _is_matrix(value: list[Any]) -> bool:
    return all(isinstance(row, list) for row in value) and all(
        map(is_number, chain.from_iterable(value))
    )


def _column(values: tuple[Any, ...]) -> Column:
    if not is_number(values[0]):
        return list(values)
    return number_column(values)


def number_column(values: Sequence[Any]) -> Column:
    """int64 where every value is a whole number that fits, else float64."""
    if all(type(value) is int for value in values):
        try:
            return np.asarray(values, np.int64)
        except OverflowError:
            pass
    return np.fromiter(map(as_float, values), np.float64, len(values))


def as_float(value: float) -> float:
    """The nearest float; a whole number beyond all of them is infinite."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
