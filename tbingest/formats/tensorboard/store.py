"""Curves downloaded from TensorBoard, some of them more than once; and what its Projector reads.

run-train-tag-loss.csv
run-train-tag-loss (1).csv
run-validation-tag-loss.csv

The downloads of one curve are one history: of a later one only the later steps are new.
`projector_config.pbtxt` and the files that it names hold no log.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from tbingest.model.contracts import Member, Store
from tbingest.model.rows import BOOK_KEEPING
from tbingest.names.files import downloaded

if TYPE_CHECKING:
    from tbingest.model.contracts import Listing

_OWN = f"TensorBoard's {BOOK_KEEPING}"
_PATH = re.compile(r'_path: "([^"\n]{1,400}+)"')
_FORMATS = {
    ".csv": ("tensorboard-csv", "Wall time,Step,Value"),
    ".json": ("tensorboard-json", "[["),
}


def claim(listing: Listing) -> dict[str, Member | str]:
    """The downloads of curves that were downloaded more than once, and the Projector's files."""
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
    return claims | _projected(listing)


def _projected(listing: Listing) -> dict[str, Member | str]:
    """The Projector's configs, and the tables and pictures that they name."""
    claims: dict[str, Member | str] = {}
    for name in listing.names:
        if name.rpartition("/")[2] == "projector_config.pbtxt":
            folder = name[: -len("projector_config.pbtxt")]
            named = [posixpath.normpath(folder + one) for one in _PATH.findall(listing.text(name))]
            claims |= {one: _OWN for one in (name, *named) if one in listing.names}
    return claims


STORE = Store(
    name="tensorboard-downloads",
    about="curves downloaded from TensorBoard more than once",
    layout="run-train-tag-loss.csv\nrun-train-tag-loss (1).csv",
    claim=claim,
)
