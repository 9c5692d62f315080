"""A curve downloaded from TensorBoard as CSV: `run-train-tag-epoch_loss.csv`.

Wall time,Step,Value
1780000000.25,0,0.91
1780000000.75,1,nan

Run and tag stand in the file's name only, where `/` has become `_` (which cannot be told from a
real one, and stays); the browser adds ` (1)` to a second download. Without `-tag-` in it, the name
is the tag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tbingest.formats.readers.records import RUN, beside
from tbingest.formats.readers.table import TableReader
from tbingest.formats.readers.table_layout import sniff
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Rows
from tbingest.names.files import downloaded
from tbingest.names.tags import as_is

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tbingest.model.rows import Column, Problem

TIME, STEP = "Wall time", "Step"
_HEADER = (TIME, STEP, "Value")


def columns_of(run: str, tag: str, values: Mapping[str, Column]) -> dict[str, Column]:
    """Wall times, steps and values under the names that `FIELDS` knows."""
    count = len(values[STEP])
    tag = beside(tag, TIME, STEP, RUN)
    return {TIME: values[TIME], STEP: values[STEP], tag: values["Value"], RUN: [run] * count}


@dataclass
class DownloadedTable(TableReader):
    """Reads the table of one tag of one run."""

    run: str = ""
    tag: str = ""

    def records(self, rows: Rows) -> Iterator[Rows | Problem]:
        """The rows that have a value, under the name of the tag."""
        if set(_HEADER) <= rows.columns.keys():
            yield Rows(columns_of(self.run, self.tag, rows.columns), rows.order)


def reader(head: Head) -> DownloadedTable:
    """A reader that knows the run and the tag of its file."""
    name = downloaded(head.name)
    return DownloadedTable(layout=sniff(head), run=name.run, tag=name.tag)


def detect(head: Head) -> Evidence:
    """By its header, which no other table has."""
    layout = sniff(head)
    if not layout or layout.names != _HEADER:
        return Evidence(0.0, "is not a table with the columns Wall time, Step and Value")
    where = "in its name" if "-tag-" in head.basename else "but no tag in its name"
    return Evidence(0.98, f"a download of TensorBoard, {where}")


FIELDS = Fields(step=(STEP,), time=(TIME,), run=(RUN,), rename=as_is)

FORMAT = Format(
    name="tensorboard-csv",
    about="a curve downloaded from TensorBoard as CSV (run-train-tag-loss.csv)",
    sample="Wall time,Step,Value\n1780000000.25,0,0.91\n1780000000.75,1,0.85",
    detect=detect,
    reader=reader,
    joins=True,
    fields=FIELDS,
)
