"""How the sample scripts write files: the same bytes on every machine."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HPARAMS = "_hparams_/session_start_info"


def made(root: Path, name: str) -> Path:
    """The folder `formats/<name>`, which is made."""
    folder = root / "formats" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write(path: Path, text: str) -> None:
    """A text file whose line ends stay as they are, in a folder that is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def document(root: Path, name: str, value: Any) -> Path:
    """A JSON document `formats/<name>`."""
    path = root / "formats" / name
    write(path, json.dumps(value, indent=1))
    return path


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    """A JSON object on each line."""
    write(path, "".join(json.dumps(row) + "\n" for row in rows))


def database(path: Path, statements: Sequence[tuple[str, Sequence[Sequence[object]]]]) -> None:
    """A database whose bytes do not tell which version of SQLite wrote it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    for statement, rows in statements:
        if rows:
            connection.executemany(statement, rows)
        else:
            connection.execute(statement)
    connection.commit()
    connection.close()
    data = bytearray(path.read_bytes())
    data[96:100] = bytes(4)
    path.write_bytes(data)


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """As `progress.json`, `progress.csv` or boxes, by the name of the file."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    if path.suffix == ".json":
        lines = [json.dumps(row) for row in rows]
    elif path.suffix == ".csv":
        lines = [",".join(names)]
        lines += [",".join(str(row.get(name, "")) for name in names) for row in rows]
    else:
        lines = [f"Logging to {path.parent.name}"]
        for row in rows:
            lines += _box(row)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _box(row: dict[str, Any]) -> list[str]:
    cells: list[tuple[str, str]] = []
    section = ""
    for name, value in sorted(row.items()):
        above, slash, key = name.rpartition("/")
        if slash and above != section:
            cells.append((f"{above}/", ""))
            section = above
        text = f"{value:<8.3g}" if isinstance(value, float) else str(value)
        cells.append((f"   {key}" if slash else name, text.strip()))
    widths = [max(len(cell[place]) for cell in cells) for place in (0, 1)]
    rule = "-" * (sum(widths) + 7)
    rows = [f"| {key:<{widths[0]}} | {value:<{widths[1]}} |" for key, value in cells]
    return [rule, *rows, rule]
