"""timm's `summary.csv`: a row an epoch, metrics of training, then those of evaluation.

epoch,train_loss,eval_loss,eval_top1,eval_top5,lr
0,6.94,6.88,0.21,0.94,1e-05
1,6.71,6.42,1.33,4.91,0.0001

It has no TensorBoard events of its own: tags are `train/loss`, `eval/top1` and so on.
"""

from __future__ import annotations

from tbingest.formats.generic.table import sniff
from tbingest.formats.readers.table import TableReader
from tbingest.model.contracts import Evidence, Fields, Format, Head


def detect(head: Head) -> Evidence:
    """`epoch` and `train_loss` first, then nothing but `train_`, `eval_` and `lr`."""
    layout = sniff(head)
    if not layout or layout.delimiter != "," or layout.names[:2] != ("epoch", "train_loss"):
        return Evidence(0.0, "epoch and train_loss are not its first columns")
    rest = layout.names[2:]
    evaluated = any(name.startswith("eval_") for name in rest)
    known = all(name == "lr" or name.startswith(("train_", "eval_")) for name in rest)
    if evaluated and known:
        return Evidence(0.93, "epoch and train_loss first, then columns of train, eval and lr")
    return Evidence(0.0, "other columns than those of train, eval and lr")


FORMAT = Format(
    name="timm",
    about="timm's summary.csv",
    sample="epoch,train_loss,eval_loss,eval_top1,eval_top5,lr\n0,6.94,6.88,0.21,0.94,1e-05",
    detect=detect,
    reader=lambda head: TableReader(layout=sniff(head)),
    fields=Fields(step=("epoch",)),
)
