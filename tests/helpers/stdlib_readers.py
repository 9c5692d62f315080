"""A second opinion on what a log holds: the values of each field, by the standard library alone.

Nothing here knows tbingest. A blank cell and a JSON null are no value; every other cell, number,
string and list is one. A parameter dump holds one value an array.
"""

from __future__ import annotations

import ast
import csv
import gzip
import io
import json
import math
import struct
import zipfile
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

Counts = Counter[str]
"""Values by field."""


def text_of(path: Path) -> str:
    """The text of a file, unpacked and decoded by its first bytes."""
    data = path.read_bytes()
    if data.startswith(b"\x1f\x8b"):
        data = gzip.decompress(data)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    return data.decode("utf-8-sig")


def cells(path: Path, delimiter: str = ",") -> Counts:
    """The cells of a table that are not blank, by column."""
    header, *rows = csv.reader(io.StringIO(text_of(path), newline=""), delimiter=delimiter)
    found: Counts = Counter()
    for row in rows:
        for name, cell in zip(header, row, strict=True) if row else ():
            found[name] += bool(cell.strip())
    return found


def semicolon_cells(path: Path) -> Counts:
    """The cells of a table with semicolons."""
    return cells(path, ";")


def tab_cells(path: Path) -> Counts:
    """The cells of a table with tabs."""
    return cells(path, "\t")


def json_lines(path: Path) -> Counts:
    """The values of the objects, one a line."""
    return in_records(json.loads(line) for line in text_of(path).splitlines() if line.strip())


def log_history(path: Path) -> Counts:
    """The values of a `trainer_state.json`'s records."""
    return in_records(json.loads(text_of(path))["log_history"])


def lists(path: Path) -> Counts:
    """The numbers of a dict of lists."""
    return Counter({name: len(items) for name, items in json.loads(text_of(path)).items()})


def pairs(path: Path) -> Counts:
    """The values of {tag: [[step, value], ...]}."""
    return Counter(
        {
            tag: sum(value is not None for _, value in items)
            for tag, items in json.loads(text_of(path)).items()
        }
    )


def in_records(records: Iterable[dict[str, Any]]) -> Counts:
    """The values of records, nested names joined with a slash."""
    found: Counts = Counter()
    for record in records:
        found.update(name for name, value in leaves(record) if value is not None)
    return found


def leaves(record: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(name, value) of everything that is no object."""
    for name, value in record.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}", value


@dataclass(frozen=True)
class Array:
    """One array of a dump: how many of its numbers are finite, and how many are not."""

    name: str
    finite: int
    odd: int


def arrays(path: Path) -> list[Array]:
    """The arrays of a `.npy` or `.npz`."""
    if path.suffix == ".npy":
        return [array(path.stem, path.read_bytes())]
    with zipfile.ZipFile(path) as archive:
        return [array(name.removesuffix(".npy"), archive.read(name)) for name in archive.namelist()]


def array(name: str, data: bytes) -> Array:
    """One array in NumPy's own format, versions 1 to 3."""
    if data[:6] != b"\x93NUMPY":
        raise ValueError(f"{name} is no .npy")
    wide = data[6] > 1
    size = struct.unpack_from("<I" if wide else "<H", data, 8)[0]
    start = (12 if wide else 10) + size
    header = ast.literal_eval(data[start - size : start].decode("utf-8"))
    order, code = header["descr"][0].replace("|", "<"), _CODES[header["descr"][1:]]
    count = math.prod(header["shape"])
    numbers = struct.unpack_from(f"{order}{count}{code}", data, start)
    finite = sum(map(math.isfinite, numbers))
    return Array(name, finite, count - finite)


_CODES = {"f2": "e", "f4": "f", "f8": "d", "i1": "b", "i4": "i", "i8": "q", "u1": "B", "b1": "?"}

READERS: dict[str, Callable[[Path], Counts]] = {
    "baselines-progress": cells,
    "generic-csv": cells,
    "generic-jsonl": json_lines,
    "gzip-csv": cells,
    "hf-trainer-state": log_history,
    "keras-csvlogger": cells,
    "keras-history-json": lists,
    "lightning-csv": cells,
    "sb3-progress": cells,
    "sb3-progress-jsonl": json_lines,
    "semicolon-csv": semicolon_cells,
    "spinup-tsv": tab_cells,
    "tag-to-pairs-json": pairs,
    "utf16-csv": cells,
}
"""By the corpus' own names of formats."""

DUMPS = ("npy", "npz")
