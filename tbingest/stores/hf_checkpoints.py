"""The Hugging Face Trainer's output folder: every checkpoint holds the whole history so far.

checkpoint-500/trainer_state.json
checkpoint-1000/trainer_state.json
trainer_state.json

They are one run: of each history only what is later than the one before it is new.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tbingest.model import Member, Store

if TYPE_CHECKING:
    from tbingest.model import Listing

_CHECKPOINT = re.compile(r"(?:(.*)/)?checkpoint-(\d{1,15})")
_LAST = 1 << 60


def claim(listing: Listing) -> dict[str, Member | str]:
    """The trainer states of runs that have checkpoints."""
    found = {}
    for name in listing.names:
        folder, _, base = name.rpartition("/")
        if base == "trainer_state.json" and '"log_history"' in listing.text(name):
            match = _CHECKPOINT.fullmatch(folder)
            found[name] = (match[1] or "", int(match[2])) if match else (folder, _LAST)
    runs = {run for run, step in found.values() if step != _LAST}
    return {
        name: Member("hf-trainer", run, turn=step, history=True)
        for name, (run, step) in found.items()
        if run in runs
    }


STORE = Store(
    name="hf-checkpoints",
    about="Hugging Face checkpoint folders: their histories are one run",
    layout="checkpoint-500/trainer_state.json\ncheckpoint-1000/trainer_state.json",
    claim=claim,
)
