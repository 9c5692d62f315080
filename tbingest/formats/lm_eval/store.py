"""Results of the evaluation harness for the checkpoints of one training: they are one curve.

evals/bloom_global_step1000.json
evals/bloom_global_step2000.json

They are read in order of their steps, not of their names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.model.contracts import Member, Store
from tbingest.names.steps import step_said

if TYPE_CHECKING:
    from tbingest.model.contracts import Listing


def claim(listing: Listing) -> dict[str, Member | str]:
    """Results whose names differ in their steps, and in what follows them."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for name in listing.names:
        folder, _, base = name.rpartition("/")
        step, start = step_said(base)
        if step is None or not base.lower().endswith(".json"):
            continue
        text = listing.text(name)
        if text.lstrip().startswith("{") and '"results"' in text and '"version' in text:
            found.setdefault((folder, start), {})[name] = step
    series = {key: names for key, names in found.items() if len(set(names.values())) > 1}
    folders = [folder for folder, _ in series]
    return {
        name: Member(
            "lm-eval",
            folder,
            below=start.rstrip("-_.=") if folders.count(folder) > 1 else "",
            turn=step,
        )
        for (folder, start), names in series.items()
        for name, step in names.items()
    }


STORE = Store(
    name="lm-eval",
    about="results of the evaluation harness for several checkpoints of one training",
    layout="evals/bloom_global_step1000.json\nevals/bloom_global_step2000.json",
    claim=claim,
)
