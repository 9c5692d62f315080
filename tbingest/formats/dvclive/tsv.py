"""DVCLive: one TSV for each metric, `plots/metrics/train/loss.tsv`.

step	loss
0	0.91
1	0.74

The header has the last part of the metric's name only: the rest is the folder, which a file alone
does not tell. There may be a column `timestamp` (in milliseconds) before the others.
"""

from __future__ import annotations

from tbingest.formats.readers.table import TableReader
from tbingest.formats.readers.table_layout import sniff
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.names.files import stem_of
from tbingest.names.tags import as_is


def detect(head: Head) -> Evidence:
    """Steps and one more column, which is called as the file."""
    layout = sniff(head)
    if not layout or layout.delimiter != "\t" or "step" not in layout.names[:2]:
        return Evidence(0.0, "not separated by tabs, or no column step at its beginning")
    others = [name for name in layout.names if name not in {"step", "timestamp"}]
    if others == [" ".join(stem_of(head.basename).split())]:
        return Evidence(0.95, "steps and one column that is called as the file")
    return Evidence(0.0, "not just one column beside the steps, called as the file")


FORMAT = Format(
    name="dvclive-tsv",
    about="DVCLive's plots/metrics/<metric>.tsv",
    sample="dvclive/plots/metrics/train/loss.tsv",
    detect=detect,
    reader=lambda head: TableReader(layout=sniff(head)),
    joins=True,
    fields=Fields(step=("step",), time=("timestamp",), rename=as_is),
)
