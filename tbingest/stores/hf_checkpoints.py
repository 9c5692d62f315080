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

_STATE = re.compile(r"(?:(?P<run>.+?)/)?(?:checkpoint-(?P<step>\d{1,15})/)?trainer_state\.json")
_LAST = 1 << 60


def claim(listing: Listing) -> dict[str, Member | str]:
    """The trainer states of runs that have checkpoints."""
    found = {}
    for name in listing.names:
        match = _STATE.fullmatch(name)
        if match and '"log_history"' in listing.text(name):
            found[name] = match
    runs = {match["run"] or "" for match in found.values() if match["step"]}
    return {
        name: Member(
            "hf-trainer", match["run"] or "", turn=int(match["step"] or _LAST), history=True
        )
        for name, match in found.items()
        if (match["run"] or "") in runs
    }


STORE = Store(
    name="hf-checkpoints",
    about="Hugging Face checkpoint folders: their histories are one run",
    layout="checkpoint-500/trainer_state.json\ncheckpoint-1000/trainer_state.json",
    claim=claim,
)
