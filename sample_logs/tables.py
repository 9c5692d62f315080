"""Tables with every kind of delimiter, a resumed run, and what goes wrong in real logs."""

from __future__ import annotations

import gzip
import json
import math
import zipfile
from typing import TYPE_CHECKING

from training import Config, Training

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from expectation import Expected
    from training import Record

HEADER = ("step", "train_loss", "train_acc", "lr")


def _rows(records: Sequence[Record]) -> list[tuple[int, float, float, float]]:
    return [(r.step, r.loss, r.acc, r.lr) for r in records]


def _expect(run: str, rows: Sequence[tuple[int, float, float, float]], expected: Expected) -> None:
    for step, loss, acc, lr in rows:
        expected.scalar(run, "train/loss", step, loss)
        expected.scalar(run, "train/acc", step, acc)
        expected.scalar(run, "lr", step, lr)


def _lines(rows: Sequence[Sequence[object]], join: Callable[[Sequence[str]], str]) -> str:
    return "".join(join([str(cell) for cell in row]) + "\n" for row in (HEADER, *rows))


def delimited(root: Path, expected: Expected) -> None:
    """One small table for each way of writing it."""
    folder = root / "delimited"
    folder.mkdir(parents=True)
    rows = _rows(Training(Config(seed=8, steps=120)).records[9::10])
    texts = {
        "tabs.tsv": _lines(rows, "\t".join).encode(),
        "semicolon.csv": _lines(rows, ";".join).replace(".", ",").encode("utf-8-sig"),
        "pipes.txt": _lines(rows, "|".join).encode(),
        "aligned.txt": _lines(rows, lambda row: "  ".join(c.rjust(22) for c in row)).encode(),
        "padded.csv": _lines(rows, lambda row: ",".join(c.rjust(24) for c in row)).encode(),
        "compressed.csv.gz": gzip.compress(_lines(rows, ",".join).encode(), mtime=0),
    }
    for name, data in texts.items():
        (folder / name).write_bytes(data)
        _expect(f"delimited/{name.partition('.')[0]}", rows, expected)
        expected.file(folder / name, 3 * len(rows))
    _with_text(folder, rows, expected)


def _with_text(
    folder: Path, rows: Sequence[tuple[int, float, float, float]], expected: Expected
) -> None:
    remarks = {"quoted": 'said "fine",\nthen stopped', "latin": "Größe ändert sich"}
    for stem, remark in remarks.items():
        cell = '"' + remark.replace('"', '""') + '"' if stem == "quoted" else remark
        lines = [",".join((*HEADER, "remark"))]
        for place, row in enumerate(rows):
            text = cell if place in {0, 5} else ""
            lines.append(",".join((*map(str, row), text)))
        data = "\n".join(lines) + "\n"
        path = folder / f"{stem}.csv"
        path.write_bytes(data.encode("cp1252" if stem == "latin" else "utf-8"))
        _expect(f"delimited/{stem}", rows, expected)
        expected.point(f"delimited/{stem}", "remark", "text", rows[0][0], remark)
        expected.file(path, 3 * len(rows) + 2)


def resumed(root: Path, expected: Expected) -> None:
    """A run that stopped at step 60 and went on from a checkpoint at step 40."""
    before = Training(Config(seed=9, steps=60)).records
    after = Training(Config(seed=10, steps=90)).records[39:]
    rows = [(0, 0.7, 0.5, 0.02), *_rows(before), *_rows(after)]
    path = root / "resumed" / "metrics.csv"
    path.parent.mkdir(parents=True)
    path.write_text(_lines(rows, ",".join), encoding="utf-8", newline="\n")
    _expect("resumed", rows, expected)
    expected.file(path, 3 * len(rows))


def broken(root: Path, expected: Expected) -> None:
    """What goes wrong: everything that can be read is read, the rest is said."""
    folder = root / "broken"
    folder.mkdir(parents=True)
    rows = _rows(Training(Config(seed=11, steps=80)).records[7::8])
    lost = [(row[0], math.nan if n > 6 else row[1], row[2], row[3]) for n, row in enumerate(rows)]
    _broken_table(folder / "nan_loss.csv", _lines(lost, ",".join), lost, expected)
    text = _lines(rows, ",".join)
    cut = text[: text.rindex(",", 0, text.rindex(","))]
    _broken_table(folder / "cut_off.csv", cut, rows[:-1], expected, reported=2, problems=1)
    lines = text.split("\n")
    lines[3] = lines[3].rpartition(",")[0]
    lines[5] += ",1,2"
    kept = [row for n, row in enumerate(rows, 1) if n not in {3, 5}]
    ragged = "\n".join(lines)
    _broken_table(folder / "ragged.csv", ragged, kept, expected, reported=9, problems=2)
    twice = [row for row in rows for row in (row, (row[0], row[1] / 2, row[2], row[3]))]
    _broken_table(folder / "duplicates.csv", _lines(twice, ",".join), twice, expected)
    (folder / "utf16.csv").write_bytes(_lines(rows, ",".join).encode("utf-16"))
    _expect("broken/utf16", rows, expected)
    expected.file(folder / "utf16.csv", 3 * len(rows))
    (folder / "empty.csv").write_bytes(b"")
    _half(folder / "half.jsonl", rows, expected)


def _broken_table(
    path: Path,
    text: str,
    rows: Sequence[tuple[int, float, float, float]],
    expected: Expected,
    reported: int = 0,
    problems: int = 0,
) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
    _expect(f"broken/{path.stem}", rows, expected)
    expected.file(path, 3 * len(rows) + reported, reported, problems)


def _half(path: Path, rows: Sequence[tuple[int, float, float, float]], expected: Expected) -> None:
    """The last record is half-written."""
    lines = [json.dumps({"step": step, "loss": loss}) for step, loss, _, _ in rows]
    path.write_text("\n".join(lines)[:-8], encoding="utf-8", newline="\n")
    for step, loss, _, _ in rows[:-1]:
        expected.scalar("broken/half", "loss", step, loss)
    expected.file(path, len(rows) - 1, 0, 1)


def archives(root: Path, expected: Expected) -> None:
    """An archive of two runs, as notebooks and CI download it, with one date for all."""
    folder = root / "archives"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "colab.zip", "w") as archive:
        for number in (1, 2):
            lines = ["step,loss"]
            for record in Training(Config(seed=40 + number, steps=40)).records[9::10]:
                lines.append(f"{record.step},{record.loss!r}")
                expected.scalar(f"archives/colab/exp{number}", "loss", record.step, record.loss)
            name = f"exp{number}/metrics.csv"
            info = zipfile.ZipInfo(name, (2026, 5, 28, 20, 26, 40))
            archive.writestr(info, "\n".join(lines) + "\n")
            expected.file(folder / "colab.zip" / name, len(lines) - 1)


MAKERS = (
    (archives, "archives"),
    (delimited, "delimited"),
    (resumed, "resumed"),
    (broken, "broken"),
)
