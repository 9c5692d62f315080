"""DeepSpeed's csv_monitor: a CSV for each tag, named like the tag: `Train_Samples_lr.csv`.

step,lr
32,0.0009
64,0.0008

In the file's name `/` and blanks became `_`; the header keeps the last part of the tag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tbingest.formats.readers.table import TableReader
from tbingest.formats.readers.table_layout import sniff
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Rows
from tbingest.names.files import stem_of
from tbingest.names.tags import as_is

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.model.rows import Problem

STEP = "step"


@dataclass
class Monitor(TableReader):
    """Reads one tag, called `tag`."""

    tag: str = ""

    def records(self, rows: Rows) -> Iterator[Rows | Problem]:
        """The values under their whole tag."""
        columns = {name if name == STEP else self.tag: part for name, part in rows.columns.items()}
        yield Rows(columns, rows.order)


def tag_of(stem: str, names: Sequence[str]) -> str:
    """The tag of a file with these columns, or an empty string where it is not named like it."""
    if len(names) != 2 or names[0] != STEP:
        return ""
    above = stem.removesuffix(names[1].replace(" ", "_"))
    if above == stem or not above.endswith("_") or not above.strip("_"):
        return ""
    return above.replace("_", "/") + names[1]


def detect(head: Head) -> Evidence:
    """Two columns, `step` and one whose name ends the file's."""
    layout = sniff(head)
    if not layout or layout.delimiter != ",":
        return Evidence(0.0, "no comma separated table")
    tag = tag_of(stem_of(head.basename), layout.names)
    if not tag:
        return Evidence(0.0, "not step and one column that the file is named after")
    return Evidence(0.91, f"step and one column; the file is named after {tag}")


def reader(head: Head) -> Monitor:
    """A reader for the tag that the file is named after."""
    layout = sniff(head)
    names = layout.names if layout else ()
    stem = stem_of(head.basename)
    return Monitor(layout=layout, tag=tag_of(stem, names) or (names[-1] if names else stem))


FORMAT = Format(
    name="deepspeed-csv",
    about="DeepSpeed's csv_monitor: a CSV for each tag",
    sample="step,lr\n32,0.0009\n64,0.0008",
    detect=detect,
    reader=reader,
    joins=True,
    fields=Fields(step=(STEP,), rename=as_is),
)
