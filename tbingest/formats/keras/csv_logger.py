"""Keras' CSVLogger: `epoch`, then the other columns in alphabetical order.

epoch,accuracy,loss,val_accuracy,val_loss
0,0.45,0.86,0.43,0.77
1,0.47,0.84,0.44,0.76

Runs and tags are those of the Keras TensorBoard callback: runs `train` and `validation`.
"""

from __future__ import annotations

from tbingest.formats.generic.table import sniff
from tbingest.formats.readers.table import TableReader
from tbingest.model.contracts import Evidence, Fields, Format, Head


def tag(name: str) -> tuple[str, str] | None:
    """(run suffix, tag), as the TensorBoard callback names it."""
    if name.startswith("val_"):
        return "validation", f"epoch_{name.removeprefix('val_')}"
    return "train", f"epoch_{name}"


def has_validation_pair(names: tuple[str, ...]) -> bool:
    """True where a name stands beside its `val_` twin."""
    return any(f"val_{name}" in names for name in names)


def detect(head: Head) -> Evidence:
    """`epoch` first and from 0, the rest in alphabetical order, with `val_` twins."""
    layout = sniff(head)
    if not layout or layout.names[:1] != ("epoch",):
        return Evidence(0.0, "epoch is not the first column")
    rest = layout.names[1:]
    if list(rest) != sorted(rest) or not has_validation_pair(rest):
        return Evidence(0.2, "columns are not in alphabetical order with val_ twins")
    if not layout.first_row or layout.first_row[0].strip() != "0":
        return Evidence(0.2, "epochs do not begin at 0")
    return Evidence(0.92, "epoch from 0, then alphabetical columns with val_ twins")


FORMAT = Format(
    name="keras-csv",
    about="Keras' CSVLogger",
    sample="epoch,accuracy,loss,val_accuracy,val_loss\n0,0.45,0.86,0.43,0.77",
    detect=detect,
    reader=lambda head: TableReader(layout=sniff(head)),
    fields=Fields(step=("epoch",), rename=tag),
)
