"""Is it a table, and how is it written: delimiter, header, decimal comma."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING

from tbingest.formats.readers.lines import one_line_end
from tbingest.names.files import stem_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tbingest.model.contracts import Head

BLANKS = " "
"""Stands for any run of blanks and tabs."""

_DELIMITERS = (",", "\t", ";", "|", BLANKS)
_ROWS = 200
_MAX_DIGITS = 400
_NUMBER = re.compile(
    r"\s*+[-+]?(?:(?:\d++\.?\d*+|\.\d++)(?:[eE][-+]?\d++)?|nan|infinity|inf)\s*+",
    re.IGNORECASE | re.ASCII,
)
_NAME = re.compile(r"[^\W\d][\w.()/@\-]{0,60}")
_COUNTERS = frozenset("step steps iter iters iteration iterations epoch epochs batch".split())
_IN_NUMBERS = frozenset("0123456789+-.eE ")
_COMMA_NUMBER = re.compile(
    r"\s*+[-+]?(?:\d{1,3}(?:\.\d{3})++|\d++),\d++(?:[eE][-+]?\d++)?\s*+", re.ASCII
)
_THOUSANDS = re.compile(r"\s*+[-+]?\d{1,3}+,\d{3}\s*+", re.ASCII)
MISSING = frozenset({"", "none", "null", "na", "n/a", "#n/a", "#na#", "<na>", "-", "--"})
"""Cells, in lower case, that say "no value here"."""


@dataclass(frozen=True)
class Layout:
    """How a table is written. `header_lines` stand before the first row of data.

    `agree` is the share of the first rows that have as many cells as the header; `numeric` the
    share of their cells that are numbers or missing.
    """

    delimiter: str
    names: tuple[str, ...]
    header_lines: int
    decimal: str = "."
    has_header: bool = True
    first_row: tuple[str, ...] = ()
    agree: float = 1.0
    numeric: float = 1.0
    row_count: int = 0

    @property
    def said(self) -> str:
        """The delimiter in words."""
        return {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe"}.get(
            self.delimiter, "blanks"
        )


@lru_cache(maxsize=4)
def sniff(head: Head) -> Layout | None:
    """The layout of a table, or None where the head is none."""
    if head.binary or head.data.lstrip()[:1] in {b"{", b"["}:
        return None
    lines = one_line_end(head.data).decode("utf-8", "replace").split("\n")
    if not head.complete and len(lines) > 1:
        lines.pop()
    skipped = _preamble(lines)
    text = lines[skipped : skipped + _ROWS]
    if not text:
        return None
    remarks = _remarks(text)
    text[1 : 1 + remarks], skipped = [], skipped + remarks
    commented = text[0].startswith("#")
    text[0] = text[0].lstrip("# ") if commented else text[0]
    layouts = (_layout(text, delimiter, skipped) for delimiter in _DELIMITERS)
    good = [layout for layout in layouts if layout]
    best = max(good, key=_fitness, default=None)
    return best or _single_column(text, skipped, stem_of(head.basename))


def split_rows(text: str, delimiter: str) -> Sequence[list[str]]:
    """Cells of each record; quoted cells may hold delimiters and line ends."""
    if delimiter == BLANKS:
        return [line.split() for line in text.split("\n") if line.strip()]
    csv.field_size_limit(1 << 24)
    return list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=False))


def _preamble(lines: list[str]) -> int:
    """How many blank and comment lines stand before the header."""
    for place, line in enumerate(lines):
        if not line.strip():
            continue
        following = next((text for text in lines[place + 1 :] if text.strip()), "")
        if line.startswith("#") and following.startswith("#"):
            rows = (text for text in lines[place + 1 :] if text.strip() and text[0] != "#")
            row = next(rows, "")
            if not (_counts_first(line) and _same_width(line, row)):
                continue
        elif line.startswith("#") and not _same_width(line, following):
            continue
        return place
    return len(lines)


def _counts_first(comment: str) -> bool:
    """`#  step  rmse_val  lr`: names, of which the first counts, though remarks follow."""
    names = comment.lstrip("# ").split()
    return bool(names) and names[0].lower() in _COUNTERS and all(map(_NAME.fullmatch, names))


def _remarks(text: Sequence[str]) -> int:
    """How many commented lines stand between such names and the rows."""
    if not _counts_first(text[0]) or not text[0].startswith("#"):
        return 0
    return next((at for at, line in enumerate(text[1:]) if not line.startswith("#")), 0)


def _same_width(comment: str, line: str) -> bool:
    """A commented line that has as many cells as the next line is a header."""
    text = comment.lstrip("# ")
    return any(
        len(split_rows(text, mark)[0]) == len(split_rows(line, mark)[0]) > 1
        for mark in _DELIMITERS
        if text.strip() and line.strip()
    )


def _fitness(layout: Layout) -> tuple[float, float, int, bool]:
    return (
        round(layout.agree, 1),
        round(layout.numeric, 1),
        len(layout.names),
        layout.delimiter != BLANKS,
    )


def _layout(lines: list[str], delimiter: str, skipped: int) -> Layout | None:
    if delimiter != BLANKS and not any(delimiter in line for line in lines):
        return None
    rows = [row for row in split_rows("\n".join(lines), delimiter) if row]
    if not rows or len(rows[0]) < 2:
        return None
    header, data = rows[0], rows[1:]
    if data and is_newer_header(data[0], header):
        header, data, skipped = data[0], data[1:], skipped + _height(header)
    width = len(header)
    whole = [row for row in data if len(row) == width]
    agree = len(whole) / len(data) if data else 1.0
    if agree < 0.5 and not is_woven(data, width):
        return None
    decimal = _decimal(whole, delimiter)
    numeric = _numeric_share(whole, decimal)
    has_header = not _is_data(header, decimal)
    if delimiter == BLANKS and (numeric < 0.6 or agree < 0.8):
        return None
    names = unique_names(header if has_header else map(str, range(width)))
    first = (whole[0] if whole else []) if has_header else header
    lead = skipped + (_height(header) if has_header else 0)
    return Layout(
        delimiter, names, lead, decimal, has_header, tuple(first), agree, numeric, len(data)
    )


def is_woven(rows: Sequence[Sequence[str]], width: int) -> bool:
    """True where rows of one other width, none of whose cells is a number, stand between those of a
    table of numbers: another table of lists or words, woven into it.
    """
    others = [row for row in rows if len(row) != width]
    mine = len(rows) - len(others)
    alike = len({len(row) for row in others}) == 1 and 3 * mine >= len(rows) and mine > 2
    return alike and not any(_is_number(cell, ".") for row in others for cell in row)


def is_newer_header(row: Sequence[str], header: Sequence[str]) -> bool:
    """True for words below a header that are mostly the same: a new log in an old one's file."""
    words = len(set(row)) == len(row) == len(header) > 1 and all(cell.strip() for cell in row)
    numbers = any(_is_number(cell, ".") for cell in (*row, *header))
    return words and not numbers and len(header) <= 2 * len(set(row) & set(header)) < 2 * len(row)


def has_values(names: Sequence[str]) -> bool:
    """True where what should be names are lines of a log: `1|40|Loss: 0.8517: 5%`."""
    return any(_VALUED.search(name) for name in names)


CONSOLE = b"\x1b["
"""What moves the cursor and colours: no file of a table has it."""
_VALUED = re.compile(r"[A-Za-z][:=]\s{0,3}[-+]?\d{1,20}\.\d{3}")


def _is_data(header: list[str], decimal: str) -> bool:
    """True where the first line holds data: numbers that are no numbers of columns."""
    numbers = [cell for cell in header if _is_number(cell, decimal)]
    if len(numbers) == sum(bool(cell.strip()) for cell in header):
        return [cell.strip() for cell in numbers] != [str(at) for at in range(len(numbers))] or (
            len(numbers) == len(header)
        )
    return any(not cell.strip().isdecimal() or int(cell) > len(header) for cell in numbers)


def _height(header: list[str]) -> int:
    return 1 + sum(cell.count("\n") for cell in header)


def _single_column(lines: list[str], skipped: int, stem: str) -> Layout | None:
    header, *data = [line.strip() for line in lines if line.strip()] or [""]
    numbers = [line for line in data if _is_number(line, ".")]
    if len(numbers) < 2 or len(numbers) < 0.9 * len(data):
        return None
    if _is_number(header, "."):
        return Layout(
            ",", (stem,), skipped, has_header=False, first_row=(header,), row_count=len(data) + 1
        )
    return Layout(",", (header,), skipped + 1, first_row=(data[0],), row_count=len(data))


def unique_names(header: Iterable[str]) -> tuple[str, ...]:
    """Header cells without padding; an empty one gets a name, a repeated one a number."""
    names: dict[str, None] = {}
    counts: dict[str, int] = {}
    for place, cell in enumerate(header):
        base = " ".join(cell.split()) or ("index" if place == 0 else f"column {place + 1}")
        name = base
        while name in names:
            counts[base] = counts.get(base, 1) + 1
            name = f"{base} ({counts[base]})"
        names[name] = None
    return tuple(names)


def _decimal(rows: list[list[str]], delimiter: str) -> str:
    if delimiter == ",":
        return "."
    cells = [cell for row in rows for cell in row]
    commas = sum(bool(_COMMA_NUMBER.fullmatch(cell)) for cell in cells)
    points = sum("." in cell and bool(_NUMBER.fullmatch(cell)) for cell in cells)
    if commas and commas <= points:
        return "," if any(map(_has_commas, zip_longest(*rows, fillvalue=""))) else "."
    return "," if commas else "."


def _has_commas(cells: Sequence[str]) -> bool:
    """True for a column of numbers with commas that part no thousands."""
    found = [cell for cell in cells if _COMMA_NUMBER.fullmatch(cell)]
    given = sum(bool(cell.strip()) for cell in cells)
    return 2 * len(found) > given and not all(map(_THOUSANDS.fullmatch, found))


def _is_number(cell: str, decimal: str) -> bool:
    """False for what is too long for a number: Python takes long to read one, or refuses it."""
    return len(cell) <= _MAX_DIGITS and bool(
        _NUMBER.fullmatch(cell) or (decimal == "," and _COMMA_NUMBER.fullmatch(cell))
    )


def _numeric_share(rows: list[list[str]], decimal: str) -> float:
    cells = [cell for row in rows for cell in row]
    odd = no_plain_numbers(cells)
    bad = sum(not (_is_number(cell, decimal) or cell.strip().lower() in MISSING) for cell in odd)
    return (len(cells) - bad) / len(cells) if cells else 0.0


def no_plain_numbers(cells: Sequence[str]) -> list[str]:
    """The cells that must be looked at one by one, as they are no plain numbers."""
    longest = max(map(len, cells), default=0)
    if longest <= _MAX_DIGITS and _IN_NUMBERS.issuperset("".join(cells)):
        try:
            deque(map(float, cells), maxlen=0)
        except ValueError:
            pass
        else:
            return []
    matches = zip(cells, map(_NUMBER.fullmatch, cells), strict=True)
    return [cell for cell, match in matches if not match or len(cell) > _MAX_DIGITS]


_NUMBER_TEXT = r"[-+]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[eE][-+]?\d{1,3})?|nan|-?inf"
_WRAPPED = re.compile(
    rf"(?:(?:torch\.)?[tT]ensor|(?:np|numpy|jnp)\.\w{{1,12}}|[aA]rray)"
    rf"\(\[?\s*({_NUMBER_TEXT})\s*\]?(?:,[^()]{{0,100}}(?:<\w{{1,60}}>)?)?\)"
    rf"|\[\s*({_NUMBER_TEXT})\s*\]|({_NUMBER_TEXT})\s?%"
)


def cell_number(cell: str, decimal: str) -> int | float | None:
    """As `to_number`, and what wraps one: `tensor(0.8, grad_fn=<X>)`, `np.float32(0.4)`, `12%`."""
    number = to_number(cell, decimal)
    if number is not None or cell[-1:] not in {")", "]", "%"} or len(cell) > 300:
        return number
    match = _WRAPPED.fullmatch(cell.strip())
    return float(match[1] or match[2] or match[3]) if match else None


def to_number(cell: str, decimal: str) -> int | float | None:
    """The number that a cell writes, exactly; None where it writes none.

    Takes no underscores, no hexadecimals and no digits beyond ASCII, unlike `float`.
    """
    if not _is_number(cell, decimal):
        return None
    text = cell.strip()
    if decimal == "," and "," in text:
        text = text.replace(".", "").replace(",", ".")
    try:
        return int(text)
    except ValueError:
        return float(text)
