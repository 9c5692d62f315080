"""Ultralytics YOLO's `results.csv`, also YOLOv5's, and those of other tasks than detection.

epoch,time,train/box_loss,metrics/mAP50(B),val/box_loss,lr/pg0
1,12.4,1.52,0.31,1.47,0.0033
2,24.1,1.38,0.37,1.35,0.0066

Older versions pad header and cells with blanks. `time` counts seconds since the start. Tags are the
columns as they are, as in its own TensorBoard events.
"""

from __future__ import annotations

from tbingest.formats.generic.table import sniff
from tbingest.formats.readers.table import TableReader
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.names.tags import as_is

_RATES = ("lr/", "x/lr")


def detect(head: Head) -> Evidence:
    """`epoch` first, `metrics/` columns, and losses or learning rates under their prefixes."""
    layout = sniff(head)
    if not layout or layout.delimiter != "," or layout.names[0] != "epoch":
        return Evidence(0.0, "epoch is not the first of its columns")
    begins = {
        prefix: any(name.startswith(prefix) for name in layout.names)
        for prefix in ("metrics/", "train/", "val/", *_RATES)
    }
    rates = any(begins[prefix] for prefix in _RATES)
    if begins["metrics/"] and (rates or (begins["train/"] and begins["val/"])):
        return Evidence(0.95, "epoch, then columns below train/, metrics/, val/ and lr/")
    return Evidence(0.0, "no columns below metrics/, val/ and lr/")


FORMAT = Format(
    name="ultralytics",
    about="Ultralytics YOLO's results.csv, also YOLOv5's",
    sample="epoch,time,train/box_loss,metrics/mAP50(B),val/box_loss,lr/pg0\n"
    "1,12.4,1.52,0.31,1.47,0.0033",
    detect=detect,
    reader=lambda head: TableReader(layout=sniff(head)),
    fields=Fields(step=("epoch",), elapsed=("time",), rename=as_is),
)
