"""The way of one cell of a CSV, from the file to the event file, as a real conversion goes it.

`python tests/way_of_a_cell.py` prints every function that is given the cell or gives it back, in
order. The cell stands behind the first 64 KiB, which every format looks at.
"""

from __future__ import annotations

import ast
import contextlib
import io
import struct
import sys
import tempfile
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import tbingest
from tbingest.cli import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

PACKAGE = Path(tbingest.__file__).parent
CELL = 0.7310586
MARKS = (b"0.7310586", struct.pack("<f", CELL), struct.pack("<d", CELL))
_DEEP = 4
_MANY = 64


@dataclass(frozen=True)
class Passage:
    """A function that the cell passes."""

    file: str
    function: str

    def __str__(self) -> str:
        return f"`{self.file}` `{self.function}`"


def holds(value: Any, deep: int = _DEEP) -> bool:
    """True where the cell is in a value: as text, number or bytes, or in what that is made of."""
    if isinstance(value, bytes | bytearray | memoryview):
        data = bytes(value)
        return any(mark in data for mark in MARKS)
    if isinstance(value, str):
        return MARKS[0].decode() in value
    if isinstance(value, float | np.floating):
        return abs(float(value) - CELL) < 1e-7
    if isinstance(value, np.ndarray):
        return _in_array(value, deep)
    return deep > 0 and any(holds(part, deep - 1) for part in _parts(value))


def _in_array(value: np.ndarray, deep: int) -> bool:
    if value.dtype.names:
        return holds(value.tobytes())
    if value.dtype.kind == "f":
        return bool((np.abs(value - CELL) < 1e-7).any())
    return value.dtype.kind in "OUST" and any(holds(one, deep - 1) for one in value.flat)


def _parts(value: Any) -> Iterator[Any]:
    """What a value is made of; of a long list its beginning and end."""
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value if len(value) <= 2 * _MANY else [*value[:_MANY], *value[-_MANY:]]
    elif is_dataclass(value) and not isinstance(value, type):
        yield from (getattr(value, field.name, None) for field in fields(value))


class _Tracer:
    """Notes each function of ours that has to do with the cell, when it first has."""

    def __init__(self) -> None:
        self.way: dict[Passage, None] = {}

    def __call__(self, frame: FrameType, event: str, returned: object) -> None:
        code = frame.f_code
        if event not in {"call", "return"} or not code.co_filename.startswith(str(PACKAGE)):
            return
        if code.co_name == "readinto":  # its buffer may hold the cell by chance: from before
            return
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        given = [frame.f_locals.get(name) for name in names if name not in {"self", "cls"}]
        passage = Passage(Path(code.co_filename).relative_to(PACKAGE).as_posix(), code.co_qualname)
        if "<" in passage.function or passage in self.way:  # a part without a name is its owner's
            return
        if holds(returned) if event == "return" else any(map(holds, given)):
            self.way[passage] = None


def way() -> list[Passage]:
    """Every function that the cell passes, in the order in which it comes there."""
    rows = [f"{step},{step % 7}.5,{step % 11}.25\n" for step in range(8_000)]
    rows.append(f"{len(rows)},{CELL},1.25\n")
    tracer = _Tracer()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("log.csv").write_text("step,loss,acc\n" + "".join(rows))
        assert Path("log.csv").stat().st_size > 3 << 15
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            sys.setprofile(tracer)
            try:
                code = run(["convert", "log.csv", "--no-plots"])
            finally:
                sys.setprofile(None)
    assert code == 0
    return list(tracer.way)


def files(passages: list[Passage]) -> list[str]:
    """The files that are passed, each once."""
    return list(dict.fromkeys(passage.file for passage in passages))


def turns(passages: list[Passage]) -> int:
    """How often the way comes back to a file that it had left."""
    entered = [
        after.file
        for before, after in zip([None, *passages], passages, strict=False)
        if before is None or before.file != after.file
    ]
    return len(entered) - len(set(entered))


def floors() -> list[str]:
    """The longest chain of rooms that import each other; a room is a folder or a file beside."""
    below: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        below.setdefault(room, set()).update(_imported(path))
    for room, others in below.items():
        others.discard(room)
        others.intersection_update(below)
    below.pop("__init__", None)

    def chain(room: str) -> list[str]:
        return [room, *max((chain(other) for other in sorted(below[room])), key=len, default=[])]

    return max(map(chain, sorted(below)), key=len)


def _imported(path: Path) -> set[str]:
    """The rooms that a file imports, also where they are only needed for types."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        found |= {name.split(".")[1] for name in names if name.startswith("tbingest.")}
    return found


if __name__ == "__main__":
    passed = way()
    for number, one in enumerate(passed, 1):
        print(f"{number}. {one}")  # noqa: T201 - a script
    print(len(files(passed)), "files,", turns(passed), "turns")  # noqa: T201
    print("floors:", *floors())  # noqa: T201
