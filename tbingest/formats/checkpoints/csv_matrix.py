"""Numbers without names, as CSV or text: one matrix a file, as `numpy.savetxt` writes it.

0.12,-0.40,0.33
-0.05,0.21,0.08

It is weights, an embedding or a confusion matrix, no curves: one tensor, named like its file. Rows
have no header; lines that begin with `#` are comments. A cell that holds no number is NaN.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.axis.shapes import are_samples
from tbingest.axis.words import words
from tbingest.errors import SourceError
from tbingest.formats.checkpoints.numbers import PIECE
from tbingest.formats.readers.head import document
from tbingest.formats.readers.records import as_float
from tbingest.formats.readers.table_layout import BLANKS, Layout, sniff, split_rows, to_number
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem
from tbingest.model.tensors import Dump, Tensor
from tbingest.names.files import stem_of
from tbingest.names.steps import step_of_name
from tbingest.names.words import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from tbingest.model.tensors import Opener

_HEAD = 64 << 10
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ODD = re.compile(r"[_\"'#]|[^\x00-\x7f]")
"""What `float` takes and no writer of numbers means, and what ends the quick way."""


@dataclass(frozen=True)
class _Written:
    """How a matrix is written. `open_end` says that a delimiter ends each row, too."""

    delimiter: str
    decimal: str
    width: int
    open_end: bool

    def numbers(self, block: str) -> tuple[NDArray[np.float64], int, int]:
        """(the numbers of some lines, how many lines hold any, how many cells are no number)."""
        lines = [line for line in block.split("\n") if line.strip()[:1] not in {"", "#"}]
        if self.open_end:
            lines = [line.rstrip(" \t\r").removesuffix(self.delimiter) for line in lines]
        mark = None if self.delimiter == BLANKS else self.delimiter
        if self.decimal == "." and not _ODD.search(block):
            cells = (mark or " ").join(lines).split(mark)
            try:
                return np.fromiter(map(float, cells), np.float64, len(cells)), len(lines), 0
            except ValueError:
                pass
        rows = split_rows("\n".join(lines), self.delimiter)
        found = [to_number(cell, self.decimal) for row in rows for cell in row]
        values = [np.nan if number is None else as_float(number) for number in found]
        return np.asarray(values, np.float64), len(lines), found.count(None)

    def cut(self, text: str) -> int:
        """Where the last whole line ends; in a line without an end, the last whole cell."""
        end = text.rfind("\n") + 1
        if end or len(text) < PIECE:
            return end
        return max(map(text.rfind, " \t" if self.delimiter == BLANKS else self.delimiter)) + 1


def dump(open_: Opener, path: str) -> Dump:
    """The one matrix, named like its file."""
    texts = _texts(open_)
    begin = ""
    while len(begin) < _HEAD and (more := next(texts, "")):
        begin += more
    whole = len(begin) < _HEAD
    data = begin[:_HEAD].encode("utf-8", "replace")
    layout = _layout(Head(path, data, len(data), complete=whole))
    if not layout:
        raise SourceError("holds no rows of numbers")
    written = _written(layout)
    count = rows = lost = 0
    for values, lines, odd in _blocks(open_, written):
        count += len(values)
        rows += lines
        lost += odd
    # A first row that is longer than the head does not show its width there.
    width = written.width if b"\n" in data.strip() else count // max(1, rows)
    shape = (rows, width) if rows * width == count else (count,)
    problems = []
    if lost:
        are = "holds no number: it is" if lost == 1 else "hold no number: they are"
        problems.append(Problem("", None, None, f"{plural(lost, 'cell')} {are} NaN"))
    if len(shape) == 1:
        problems.append(Problem("", None, None, f"not every row has {plural(width, 'number')}"))
    name = step_of_name(path)[1].rpartition("/")[2] or "matrix"
    return Dump((Tensor(name, shape, "float64", _chunks(open_, written)),), problems)


def _layout(head: Head) -> Layout | None:
    """How the rows are written, also where the head shows not one whole row."""
    if head.complete or b"\n" in head.data.strip():
        return sniff(head)
    text = "" if head.binary else head.data.decode("utf-8", "replace")
    for mark in (",", "\t", ";", BLANKS):
        cells = text.split(None if mark == BLANKS else mark)[:-1]
        if len(cells) > 1 and all(to_number(cell, ".") is not None for cell in cells):
            names = tuple(map(str, range(len(cells))))
            return Layout(mark, names, 0, has_header=False, first_row=tuple(cells))
    return None


def _written(layout: Layout) -> _Written:
    open_end = (
        len(layout.first_row) > 1
        and layout.delimiter != BLANKS
        and not layout.first_row[-1].strip()
    )
    width = len(layout.names) - open_end
    return _Written(layout.delimiter or BLANKS, layout.decimal, width, open_end)


def _chunks(open_: Opener, written: _Written) -> Callable[[], Iterator[NDArray[Any]]]:
    return lambda: (values for values, _, _ in _blocks(open_, written))


def _blocks(open_: Opener, written: _Written) -> Iterator[tuple[NDArray[np.float64], int, int]]:
    """Numbers, lines and odd cells, about 1 MiB of text at a time."""
    rest = ""
    for text in _texts(open_):
        rest += text
        cut = written.cut(rest)
        if cut:
            block, rest = rest[:cut], rest[cut:]
            inside = not block.endswith("\n")
            values, lines, lost = written.numbers(block[:-1])
            yield values, lines - inside, lost
        elif len(rest) > 2 * PIECE:
            raise SourceError("holds a cell of over a million characters")
    if rest.strip():
        yield written.numbers(rest)


def _texts(open_: Opener) -> Iterator[str]:
    """The decoded text, about 1 MiB at a time, its lines ended by line feeds."""
    with open_() as stream:
        data = stream.read(PIECE)
        mark, encoding = next(((m, e) for m, e in _MARKS if data.startswith(m)), (b"", "utf-8"))
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        data = data[len(mark) :]
        while data:
            # A CR LF that is cut apart gives a blank line, which counts for nothing.
            yield decoder.decode(data).replace("\0", "").replace("\r", "\n")
            data = stream.read(PIECE)
    yield decoder.decode(b"", final=True)


def detect(head: Head) -> Evidence:
    """Numbers only, in rows of equal width without a header."""
    layout = _layout(head) if document(head) is None else None
    if not layout or layout.has_header or layout.agree < 1 or layout.numeric < 0.98:
        return Evidence(0.0, "no rows of numbers without a header")
    rows, width = plural(layout.row_count + 1, "row"), plural(len(layout.names), "number")
    size = f"{rows} of {width}, without a header"
    stem = stem_of(head.basename)
    if are_samples(stem) or words(stem)[:1] == ("y",):
        return Evidence(0.2, f"{size}, called like what is predicted: no weights")
    if len(layout.names) == 1:
        return Evidence(0.6, f"{size}: a vector")
    return Evidence(0.8, f"{size}: a matrix")


FORMAT = Format(
    name="matrix",
    about="numbers without names: a matrix as CSV or text, as a histogram",
    sample="0.12,-0.40,0.33\n-0.05,0.21,0.08",
    detect=detect,
    dump=dump,
    rewritten=True,
    fields=Fields(step_from_name=True),
)
