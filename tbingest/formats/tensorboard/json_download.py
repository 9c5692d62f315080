"""A curve downloaded from TensorBoard as JSON: `run-train-tag-epoch_loss.json`.

[[1780000000.25, 0, 0.91],
 [1780000000.75, 1, "NaN"],
 [1780000001.25, 2, "-Infinity"]]

Each record is [wall time, step, value]; what is not finite is a string. Run and tag stand in the
file's name, as for the CSV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_documents import JsonDocumentReader
from tbingest.formats.readers.records import NON_FINITE, as_float, is_number, number_column
from tbingest.formats.tensorboard.csv_download import FIELDS, STEP, TIME, columns_of
from tbingest.model.contracts import Evidence, Format, Head
from tbingest.model.rows import Problem, Rows
from tbingest.names.files import downloaded

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNIX_TIME = 1e8


@dataclass
class DownloadedJson(JsonDocumentReader):
    """Reads the triples of one tag of one run."""

    run: str = ""
    tag: str = ""

    def series(self, value: Any) -> Iterator[tuple[str, Rows | Problem]]:
        """One series with all triples."""
        triples, places = [], []
        for place, item in enumerate(value if isinstance(value, list) else [], 1):
            if is_triple(item):
                triples.append(item)
                places.append(place)
            else:
                what = f"record {place} is not [wall time, step, value]"
                yield "", Problem("", None, None, what, values=1)
        if triples:
            times, steps, values = zip(*triples, strict=True)
            columns = {
                TIME: np.asarray([as_float(time) for time in times]),
                STEP: number_column(steps),
                "Value": number_column(
                    [NON_FINITE.get(str(item).lower(), item) for item in values]
                ),
            }
            named_columns = columns_of(self.run, self.tag, columns)
            yield "values", Rows(named_columns, np.asarray(places, np.int64))


def is_triple(item: Any) -> bool:
    """True for [wall time, step, value]."""
    return (
        isinstance(item, list)
        and len(item) == 3
        and is_number(item[0])
        and is_number(item[1])
        and (is_number(item[2]) or str(item[2]).lower() in NON_FINITE)
    )


def reader(head: Head) -> DownloadedJson:
    """A reader that knows the run and the tag of its file."""
    name = downloaded(head.name)
    return DownloadedJson(run=name.run, tag=name.tag)


def detect(head: Head) -> Evidence:
    """A list of triples; without a `-tag-` in the name they must begin with a wall time."""
    start = head.data[:64].split()
    if head.binary or not b"".join(start).startswith((b"[[", b"[]")):
        return Evidence(0.0, "no list of lists")
    items = document(head)
    if not isinstance(items, list) or not all(map(is_triple, items)):
        return Evidence(0.0, "no list of [wall time, step, value]")
    if "-tag-" in head.basename:
        return Evidence(0.97, "a download of TensorBoard, with the tag in its name")
    timed = all(item[0] > _UNIX_TIME and as_float(item[1]).is_integer() for item in items)
    if items and timed:
        return Evidence(0.92, "a list of [wall time, step, value]")
    return Evidence(0.0, "its triples begin with no wall time")


FORMAT = Format(
    name="tensorboard-json",
    about="a curve downloaded from TensorBoard as JSON (run-train-tag-loss.json)",
    sample='[[1780000000.25, 0, 0.91], [1780000000.75, 1, "NaN"]]',
    detect=detect,
    reader=reader,
    rewritten=True,
    joins=True,
    fields=FIELDS,
)
