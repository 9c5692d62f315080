"""Folders of steps that hold a file of scores each: one run over the steps.

run/checkpoint-1000/metrics.json    {"val_loss": 0.8, "acc": 0.6}
run/checkpoint-2000/metrics.json    {"val_loss": 0.7, "acc": 0.7}

What else lies in these folders, such as weights, belongs to the same run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.axis.document import read_document
from tbingest.formats.readers.json_values import JsonError, parse_json
from tbingest.model.contracts import Member, Store
from tbingest.names.steps import folder_of_step

if TYPE_CHECKING:
    from tbingest.model.contracts import Listing

_MOST = 64 << 10


def claim(listing: Listing) -> dict[str, Member | str]:
    """JSON files of one name in two and more folders of steps, with single values in them."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for name in listing.names:
        folder, _, base = name.rpartition("/")
        step, run = folder_of_step(folder)
        if step is not None and base.lower().endswith(".json"):
            found.setdefault((run, base), {})[name] = step
    claims: dict[str, Member | str] = {}
    for (run, _), steps in found.items():
        if len(steps) > 1 and all(_are_scores(listing.text(name)) for name in steps):
            for name, step in steps.items():
                claims[name] = Member("json-tree", run, step=step, turn=step)
    return claims


def _are_scores(text: str) -> bool:
    """True for a document whose results are single values."""
    if not text or len(text) >= _MOST:
        return False
    try:
        outcome = read_document(parse_json(text.encode()))
    except JsonError:
        return False
    curves = [curve for tags in outcome.curves.values() for curve in tags.values()]
    return bool(curves) and all(len(curve.steps) == 1 for curve in curves)


STORE = Store(
    name="steps",
    about="folders of steps with a JSON file of scores in each: one run",
    layout="checkpoint-1000/metrics.json\ncheckpoint-2000/metrics.json",
    claim=claim,
)
