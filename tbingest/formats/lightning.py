"""Lightning's CSVLogger: `metrics.csv`, sparse, one row for each call of `log`.

epoch,lr-Adam,step,train_loss,val_loss
,0.01,4,,
0,,4,0.92,
0,,31,,0.87

Tags are the columns as they are, `epoch` too, as Lightning's TensorBoardLogger writes them.
"""

from __future__ import annotations

from tbingest.formats.generic.table import sniff
from tbingest.formats.readers.table import TableReader
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.names.tags import as_is


def detect(head: Head) -> Evidence:
    """A comma separated table with the columns `step` and `epoch`."""
    layout = sniff(head)
    if not layout or layout.delimiter != "," or not {"step", "epoch"} <= set(layout.names):
        return Evidence(0.0, "not a comma separated table with step and epoch")
    if head.basename.startswith("metrics.csv"):
        return Evidence(0.95, "metrics.csv with the columns step and epoch")
    sorted_names = sorted(layout.names) == list(layout.names)
    blanks = b",," in head.data
    if sorted_names and blanks:
        return Evidence(0.9, "sparse, with step and epoch among columns in alphabetical order")
    return Evidence(0.3, "has step and epoch, but is neither sparse nor called metrics.csv")


FORMAT = Format(
    name="lightning",
    about="Lightning CSVLogger's metrics.csv",
    sample="epoch,step,train_loss,val_loss\n0,4,0.92,\n0,31,,0.87",
    detect=detect,
    reader=lambda head: TableReader(layout=sniff(head)),
    fields=Fields(step=("step",), rename=as_is),
)
