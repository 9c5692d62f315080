"""Work folders of OpenMMLab's libraries, where a training is told two or three times.

20260101_000000/20260101_000000.log
20260101_000000/vis_data/20260101_000000.json
20260101_000000/vis_data/scalars.json
20260101_000000.log
20260101_000000.log.json

`scalars.json`, or in older ones the `.log.json`, is read. Its text log holds the same, rounded. The
folder of the start is the run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tbingest.model.contracts import Member, Store

if TYPE_CHECKING:
    from tbingest.model.contracts import Listing

_SCALARS = "vis_data/scalars.json"
_TIME = re.compile(r"\d{8}_\d{6}")
_ROUNDED = "holds the same as {}, rounded"


def claim(listing: Listing) -> dict[str, Member | str]:
    """What stands in `vis_data` folders, and the text logs of old and new folders."""
    found: dict[str, Member | str] = {}
    names = set(listing.names)
    for name in listing.names:
        if name == _SCALARS or name.endswith(f"/{_SCALARS}"):
            found |= _new(listing, name)
        elif name.endswith(".log.json") and '"mode"' in listing.text(name):
            text = name.removesuffix(".json")
            if text in names:
                found[text] = _ROUNDED.format(name.rpartition("/")[2])
    return found


def _new(listing: Listing, scalars: str) -> dict[str, Member | str]:
    run = scalars.removesuffix(_SCALARS).rstrip("/")
    text = listing.text(scalars)
    found: dict[str, Member | str] = {scalars: Member("mmengine", run)}
    for name in listing.names:
        folder, _, base = name.rpartition("/")
        stem, _, suffix = base.partition(".")
        if not _TIME.fullmatch(stem):
            continue
        if folder == scalars.rpartition("/")[0] and suffix == "json":
            found[name] = (
                "holds the same lines as scalars.json"
                if _same(text, listing.text(name))
                else Member("mmengine", run, turn=1, history=True)
            )
        elif folder == run and suffix == "log" and run.rpartition("/")[2] == stem:
            found[name] = _ROUNDED.format("scalars.json")
    return found


def _same(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


STORE = Store(
    name="openmmlab",
    about="work folders of MMEngine and MMCV: a training is told two or three times",
    layout="20260101_000000/vis_data/20260101_000000.json\n20260101_000000/vis_data/scalars.json",
    claim=claim,
)
