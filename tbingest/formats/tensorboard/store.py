"""Curves downloaded from TensorBoard, some of them more than once.

run-train-tag-loss.csv
run-train-tag-loss (1).csv
run-validation-tag-loss.csv

The downloads of one curve are one history: of a later one only the later steps are new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.model.contracts import Member, Store
from tbingest.names.files import downloaded

if TYPE_CHECKING:
    from tbingest.model.contracts import Listing

_FORMATS = {
    ".csv": ("tensorboard-csv", "Wall time,Step,Value"),
    ".json": ("tensorboard-json", "[["),
}


def claim(listing: Listing) -> dict[str, Member | str]:
    """The downloads of curves that were downloaded more than once."""
    curves: dict[tuple[str, str, str, str], list[str]] = {}
    for name in listing.names:
        if "-tag-" in name.rpartition("/")[2]:
            folder, dot, suffix = name.rpartition("/")[0], *name.rpartition(".")[1:]
            download = downloaded(name)
            key = (folder, f"{dot}{suffix}".lower(), download.run, download.tag)
            curves.setdefault(key, []).append(name)
    claims: dict[str, Member | str] = {}
    for (folder, suffix, _, _), names in curves.items():
        form, start = _FORMATS.get(suffix, ("", ""))
        if form and len(names) > 1 and all(listing.text(one).startswith(start) for one in names):
            for name in names:
                again = downloaded(name).again
                claims[name] = Member(form, folder, turn=again, history=True)
    return claims


STORE = Store(
    name="tensorboard-downloads",
    about="curves downloaded from TensorBoard more than once",
    layout="run-train-tag-loss.csv\nrun-train-tag-loss (1).csv",
    claim=claim,
)
