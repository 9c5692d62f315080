"""Large things: what is read in pieces is what is read at once, and takes less."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers.memory import PEAK
from helpers.readers import read

import tbingest
from tbingest.events.encode import encode, pieces
from tbingest.events.summaries import serialize
from tbingest.formats.readers.documents import DocumentReader
from tbingest.model.points import Points
from tbingest.reading.feed import Span
from tbingest.reading.kinds import feed_of
from tbingest.reading.workers import Workers

if TYPE_CHECKING:
    from pathlib import Path

RECORDS: list[Any] = [
    {"step": 1, "loss": 0.5},
    {"step": 2, "loss": 0.25, "note": 'a "},{" in a text', "parts": [{"x": 1}, {"x": 2}]},
    {"step": 3, "loss": 2**70, "grads": [1, 2, 3]},
    7,
    {"step": 4, "loss": float("nan"), "val": {"loss": 1}},
    {"loss": 0.125, "step": 5},
    {},
    {"step": 6, "loss": 1, "flag": True},
]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("size", [1, 40, 150])
@pytest.mark.parametrize("end", ["", "\n", " x", "torn"])
def test_a_list_of_records_read_in_pieces_is_what_it_is_at_once(
    monkeypatch: pytest.MonkeyPatch, indent: int | None, size: int, end: str
) -> None:
    """Cut within texts and inner lists, too; one that is torn, or no JSON, is read as before."""
    text = json.dumps(RECORDS * 5, indent=indent)
    text = text[:-20] if end == "torn" else text + end
    whole, told = read("json", text)
    monkeypatch.setattr("tbingest.formats.generic.json_document.LARGE", 0)
    monkeypatch.setattr("tbingest.formats.readers.json_pieces._PIECE", size)
    records, problems = read("json", text)
    assert repr(records) == repr(whole)
    assert sorted(map(repr, problems)) == sorted(map(repr, told))


def test_records_that_are_all_alike_are_read_as_others_are() -> None:
    """The same columns, of whole numbers and of others."""
    records = [{"step": n, "loss": n / 2} for n in range(5)]
    alike, problems = read("json", json.dumps(records))
    others, _ = read("json", json.dumps([*records, {"step": 5, "note": "x"}]))
    assert (alike, problems) == (others[:5], [])
    assert [type(value) for value in alike[0][1].values()] == [int, float]


@pytest.mark.parametrize("most", [1, 3, 100])
def test_points_encoded_in_pieces_give_the_same_bytes(most: int) -> None:
    """With rewinds before some of them."""
    steps = np.array([1, 2, 3, 2, 5, 6, 7])
    numbers = np.arange(14.0).reshape(7, 2)
    points = Points("run", "scalar", ("a", "b"), steps, steps * 1.0, numbers, np.arange(7))
    mask = np.array([False, False, False, True, False, False, False])
    whole = bytes(encode([points], [mask], serialize))
    found = [bytes(encode(*one, serialize)) for one in pieces([points], [mask], most)]
    assert b"".join(found) == whole
    assert len(found) == -(-7 // most)


@pytest.mark.parametrize(
    "row", ["{0},metric_{0},0.5\n", "{0}\n"], ids=["a name a row", "broken rows"]
)
def test_a_block_whose_every_row_is_a_part_of_its_own_is_followed_by_smaller_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    """A part takes a few kB, whatever a row takes; all of them are given."""
    head = "step,name,value\n" + "".join(f"{n % 9},loss,{n}\n" for n in range(9_000))
    (tmp_path / "log.csv").write_text(head + "".join(row.format(n) for n in range(60_000)))
    monkeypatch.setattr("tbingest.reading.stream._MANY", 5_000)
    (job,) = tbingest.inspect(tmp_path).jobs
    span = Span(100_000)
    parts = [
        len(batch.rows) + len(batch.problems)
        for batch in feed_of(job.sources[0], {}, Workers()).batches(span)
    ]
    assert 60_000 <= sum(parts) < 61_000
    assert max(parts) < 16_000
    assert sorted(parts)[-3] < 6_000


def test_a_document_is_not_copied_to_be_read() -> None:
    """It may have 256 MiB."""
    piece = b'"' + b"a" * (1 << 20)
    reader = DocumentReader()
    tracemalloc.start()
    for _ in range(32):
        reader.feed(piece)
    data = reader._taken()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert data == piece * 32
    assert peak < 1.4 * len(data)


@pytest.mark.soak
def test_millions_of_tiny_records_take_bounded_memory(tmp_path: Path) -> None:
    """117 kB of gzip: 2.3 GB as objects."""
    with gzip.open(tmp_path / "metrics.json.gz", "wb") as stream:
        stream.write(b'[{"loss":1}')
        for _ in range(550):
            stream.write(b',{"loss":1}' * 10_000)
        stream.write(b"]")
    code = f"import tbingest; tbingest.convert({str(tmp_path)!r}, {str(tmp_path / 'runs')!r})"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print({PEAK})"], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 400 << 10
