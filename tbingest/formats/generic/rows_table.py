"""Tables whose rows are no plain steps: sweeps, classes, several runs, counters within counters.

algo,seed,epoch,loss
dqn,1,1,0.9
dqn,1,2,0.8
dqn,2,1,0.7

What the rows are, which columns tell runs apart and which is the step, is chosen by what survives.
"""

from __future__ import annotations

from tbingest.formats.generic.structured import FIELDS, Structured, detect_table
from tbingest.model.contracts import Format
from tbingest.names.files import stem_of

FORMAT = Format(
    name="rows",
    about="tables of any shape: several runs, sweeps, classes, counters within counters",
    sample="model,lr,accuracy\nsmall,0.1,0.7134\nlarge,0.1,0.8321",
    detect=detect_table,
    reader=lambda head: Structured(stem=stem_of(head.basename)),
    rewritten=True,
    fields=FIELDS,
)
