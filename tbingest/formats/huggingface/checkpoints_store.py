"""The Hugging Face Trainer's output folder: every checkpoint holds the whole history so far.

checkpoint-500/trainer_state.json
checkpoint-1000/trainer_state.json
trainer_state.json

They are one run: of each history only what is later than the one before it is new. Last of all come
`all_results.json` and the like, which stand at the last step, and the model card, which rounds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tbingest.model.contracts import Member, Store
from tbingest.names.files import join

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tbingest.model.contracts import Listing

_CHECKPOINT = re.compile(r"checkpoint-(\d{1,15})")
_RESULTS = re.compile(r"(?:all|train|eval|test|predict)_results\.json")
_GLOBAL_STEP = re.compile(r'"global_step":\s*(\d{1,15})\b')
_STATE = "trainer_state.json"
_LAST = 1 << 60


def claim(listing: Listing) -> dict[str, Member | str]:
    """The trainer states of runs that have checkpoints, and what sums up any run."""
    runs: dict[str, dict[str, int | None]] = {}
    for name in listing.names:
        folder, _, base = name.rpartition("/")
        if base == _STATE and '"log_history"' in listing.text(name):
            above, _, last = folder.rpartition("/")
            match = _CHECKPOINT.fullmatch(last)
            run, step = (above, int(match[1])) if match else (folder, None)
            runs.setdefault(run, {})[name] = step
    claims: dict[str, Member | str] = {}
    for run, states in runs.items():
        if any(step is not None for step in states.values()):
            for name, step in states.items():
                turn = _LAST if step is None else step
                claims[name] = Member("hf-trainer", run, turn=turn, history=True)
    claims.update(_summing_up(listing, runs))
    return claims


def _summing_up(
    listing: Listing, runs: Mapping[str, Mapping[str, int | None]]
) -> Iterator[tuple[str, Member]]:
    """Results and model cards beside the states of a run."""
    for name in listing.names if runs else ():
        run, _, base = name.rpartition("/")
        if run in runs and _RESULTS.fullmatch(base):
            step = _last_step(listing, join(run, _STATE), runs[run])
            yield name, Member("hf-results", run, step=step, turn=_LAST + 1)
        elif run in runs and base == "README.md":
            yield name, Member("", run, turn=_LAST + 2)


def _last_step(listing: Listing, final: str, states: Mapping[str, int | None]) -> int | None:
    """The step of the final state, or else of the last checkpoint."""
    match = _GLOBAL_STEP.search(listing.text(final)) if final in states else None
    if match:
        return int(match[1])
    return max((step for step in states.values() if step is not None), default=None)


STORE = Store(
    name="hf-checkpoints",
    about="Hugging Face checkpoint folders: their histories are one run",
    layout="checkpoint-500/trainer_state.json\ncheckpoint-1000/trainer_state.json",
    claim=claim,
)
