"""Tables and JSON as people write them, whole: columns of cells, documents one after the other."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from tbingest.axis.columns import plain_numbers
from tbingest.axis.numbers import number
from tbingest.axis.words import rank_of
from tbingest.formats.generic.config import ConfigError, load_yaml
from tbingest.formats.readers.json_values import is_too_large
from tbingest.formats.readers.table_layout import is_newer_header, is_woven
from tbingest.names.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_COMMA = re.compile(r"-?\d{1,30},\d{1,30}")
_SPACE = re.compile(r"[^\S\r\n]")
_COMMENT = re.compile(r"#[^,\t;]*$")
_MOST_VALUES = 1_000_000
_BETWEEN = " \r\n\t,\x1e"
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


def text_of(data: bytes) -> str:
    """The text, in any of the usual encodings."""
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    return data.decode(encoding, "replace").replace("\0", "")


def tables_of(data: bytes) -> tuple[list[dict[str, list[Any]]], list[tuple[str, int]]]:
    """(the tables of a delimited text, as columns of cells; what rows were left out and how many
    numbers stand in them).

    A header in mid-file begins another table, or goes on with the same one, which may have grown.
    """
    left: list[tuple[str, int]] = []
    found = [_fitting(header, rows, left) for header, rows in _parts(_cells(text_of(data)))]
    return [_columns(header, rows) for header, rows in found], left


def _fitting(
    header: list[str], rows: list[list[str]], left: list[tuple[str, int]]
) -> tuple[list[str], list[list[str]]]:
    """Without the rows that have more cells than their header, as which column is new is not known,
    and without those of another table that is woven into it.
    """
    width = len(header)
    if is_woven(rows, width):
        other = [row for row in rows if len(row) != width]
        said = f"{plural(len(other), 'row')} of another table"
        left.append((said, sum(bool(cell.strip()) for row in other for cell in row)))
        rows = [row for row in rows if len(row) == width]
    longer = [row for row in rows if len(row) > width and any(row[width:])]
    if not longer:
        return header, rows
    if 3 * len(longer) > 2 * len(rows):
        return header, rows
    count = sum(is_number(cell) for row in longer for cell in row)
    many = max(map(len, longer))
    left.append((f"{plural(len(longer), 'row')} of up to {many} cells below {width} names", count))
    return header, [row for row in rows if len(row) <= width or not any(row[width:])]


def _parts(rows: list[list[str]]) -> list[tuple[list[str], list[list[str]]]]:
    """(header, rows) of each table."""
    if not rows:
        return []
    header, body = _header(rows)
    firsts = [row[0] if row else "" for row in body]
    if header[0] not in firsts and plain_numbers(firsts) is not None:
        return [(header, body)]
    found: list[tuple[list[str], list[list[str]]]] = []
    now: list[list[str]] = []
    for row in body:
        if len(row) > 1 and row[: len(header)] == header[: len(row)]:
            header = row if len(row) > len(header) else header
        elif not (now or found) and is_newer_header(row, header):
            header = row  # a newer one below that of an older file
        elif now and _begins_another(row, header, now[-1]):
            found.append((header, now))
            header, now = row, []
        else:
            now.append(row)
    return [*found, (header, now)] if now else found


def _cells(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.strip()]
    if "#" in text:
        lines = [line for line in lines if not _COMMENT.fullmatch(line)]
    if not lines:
        return []
    if lines[0].startswith("#"):
        first = lines[0].lstrip("# ")
        lines = lines[1:] if first.startswith("{") else [first, *lines[1:]]
    delimiter = _delimiter(lines[:20])
    if not delimiter:
        return [line.split() for line in lines]
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter, skipinitialspace=True)
    rows = list(reader)
    if '"' in text or _SPACE.search(text):
        rows = [[cell.strip() for cell in row] for row in rows]
    some = [cell for row in rows[1:20] for cell in row]
    commas = any(_COMMA.fullmatch(cell) for cell in some) and not any("." in cell for cell in some)
    if delimiter == ";" and commas:
        return [[cell.replace(",", ".") for cell in row] for row in rows]
    return rows


def _delimiter(lines: Sequence[str]) -> str:
    counts = {mark: [line.count(mark) for line in lines] for mark in ",\t;|"}
    best = max(counts, key=lambda mark: (min(counts[mark]) > 0, sum(counts[mark])))
    return best if sum(counts[best]) else ""


def _header(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """(the header, the rows below); columns without one are called 0, 1 and so on, as in pandas."""
    first = rows[0]
    if not all(is_number(cell) or not cell for cell in first):
        return _two_lines(rows) if _has_two_lines(rows) else (first, rows[1:])
    numbers = [cell for cell in first if cell]
    if not first[0] and numbers == [str(at) for at in range(len(numbers))]:
        return first, rows[1:]  # pandas' default header
    width = max(len(row) for row in rows[:50])
    return [str(at) for at in range(width)], rows


def _has_two_lines(rows: list[list[str]]) -> bool:
    """True for a header of two levels, as pandas writes it: `,acc,acc` above `,cnn,mlp`."""
    if len(rows) < 3 or len(rows[1]) != len(rows[0]):
        return False
    above, below = (row[1:] for row in rows[:2])
    words = not any(map(is_number, below)) and all(below)
    pairs = set(zip(above, below, strict=True))
    repeated = len(set(above)) < len(above) == len(pairs)
    return words and repeated and any(map(is_number, rows[2][1:]))


def _two_lines(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    above, below = rows[:2]
    names = [f"{one}/{other}" for one, other in zip(above[1:], below[1:], strict=True)]
    body = rows[2:]
    if sum(map(bool, body[0])) == 1:  # the index has a name, on a line of its own
        return [body[0][0] or below[0], *names], body[1:]
    return [above[0] or below[0], *names], body


def is_number(cell: str) -> bool:
    """True where a cell holds a number."""
    return bool(cell) and number(cell) is not None


def _begins_another(row: list[str], header: list[str], before: list[str]) -> bool:
    """True for a line of words, each once, below numbers, that names a counter or known columns."""
    if len(row) < 2 or any(map(is_number, row)) or not all(row) or len(set(row)) < len(row):
        return False
    numbers = sum(map(is_number, before))
    return 2 * numbers >= len(before) and bool(rank_of(row[0]) or set(row) & set(header))


def _columns(header: list[str], rows: list[list[str]]) -> dict[str, list[Any]]:
    width = max(len(header), *map(len, rows))
    used: Counter[str] = Counter()
    columns: dict[str, list[Any]] = {}
    full = min(map(len, rows))
    for at in range(width):
        name = header[at] if at < len(header) else ""
        name = name or ("index" if at == 0 else f"column {at + 1}")
        used[name] += 1
        name = f"{name} ({used[name]})" if used[name] > 1 else name
        if at < full:
            columns[name] = [row[at] for row in rows]
        else:
            columns[name] = [row[at] if at < len(row) else None for row in rows]
    return columns


def documents_of(data: bytes) -> tuple[list[Any], int]:
    """The documents of a file, one, in lines or one after the other; and how many lines are none.

    Python's own way of writing them is read, too.
    """
    if is_too_large(data):
        return [], 0
    text = text_of(data).lstrip("\ufeff \r\n\t")
    try:
        return [json.loads(text)], 0
    except (ValueError, RecursionError):
        pass
    if text[:1] not in {"{", "["}:
        return [], 0
    found: list[Any] = []
    lost = 0
    for one in _one_by_one(text):
        if one is _NONE:
            lost += 1
        else:
            found.append(one)
    # A log's `[20]\tauc: 0.5` begins with a list, which is no document of its own.
    solid = sum(isinstance(one, dict) or _holds(one) for one in found)
    return (found, lost) if not lost or solid > lost else ([], lost)


def yaml_documents(data: bytes) -> list[Any]:
    """The document of a YAML file in plain values, or nothing."""
    try:
        value = load_yaml(data)
        return [_plain(value, [_MOST_VALUES])] if isinstance(value, dict | list) else []
    except (ConfigError, RecursionError, OverflowError):
        return []


def _plain(node: Any, left: list[int]) -> Any:
    """Keys as texts, dates as they are written; raises OverflowError where aliases blow it up."""
    left[0] -= 1
    if left[0] < 0:
        raise OverflowError
    if isinstance(node, dict):
        return {str(key): _plain(value, left) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [_plain(item, left) for item in node]
    return node if node is None or isinstance(node, bool | int | float) else str(node)


def _holds(document: Any) -> bool:
    return isinstance(document, list) and any(isinstance(one, (dict, list)) for one in document)


_NONE = object()


def _one_by_one(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    at = 0
    while True:
        while at < len(text) and text[at] in _BETWEEN:
            at += 1
        if at >= len(text):
            return
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            line = text[at:end].strip()
            at = end
            if not line or line.startswith("#"):
                continue
            try:
                value = ast.literal_eval(line) if len(line) < 1 << 20 else _NONE
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                value = _NONE
        yield value
