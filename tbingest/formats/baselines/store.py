"""A log folder of Stable-Baselines3 or OpenAI Baselines: one training, told several times.

progress.json
progress.csv
log.txt
evaluations.npz
0.monitor.csv

The first of them that is there is read; the boxes of `log.txt` say the same with fewer digits. Of
several environments each has its monitor, which is a run below that of the training.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tbingest.model.contracts import Member, Store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tbingest.model.contracts import Listing

_TABLES = (("progress.json", "baselines-jsonl"), ("progress.csv", "baselines-csv"))
_FIELDS = re.compile(
    r"""(?:^|[",])(?:time/total_timesteps|(?:misc/)?(?:total_timesteps|nupdates)|TimestepsSoFar"""
    r"""|EpRewMean|(?:rollout/)?ep_?(?:rew|reward)_?mean|total/steps|loss_q0"""
    r"""|% time spent exploring)(?:[",\r]|$)""",
    re.MULTILINE,
)
_BOX = re.compile(r"^-{5,}\r?\n\|(?P<key>[^|\n]*)\|[^|\n]*\|\r?$", re.MULTILINE)
_PRINTED = re.compile(r"(?:log|stdout|output|train|console)[^/]*\.(?:txt|log|out)|[^/]*\.out")
_MONITOR = re.compile(r"(\d+\.monitor)\.csv")
_RANK = re.compile(r"log-?(rank\d+)[^/]*\.txt")


def claim(listing: Listing) -> dict[str, Member | str]:
    """The logs of each folder that has a progress table of this family or boxes."""
    folders: dict[str, dict[str, str]] = {}
    for name in listing.names:
        folder, _, base = name.rpartition("/")
        folders.setdefault(folder, {})[base] = name
    claims: dict[str, Member | str] = {}
    for folder, files in folders.items():
        claims |= _claim(listing, folder, files)
    return claims


def _claim(listing: Listing, run: str, files: dict[str, str]) -> dict[str, Member | str]:
    claims: dict[str, Member | str] = {}
    teller = ""
    printed = {
        base: listing.text(files[base]) for base in files if _PRINTED.fullmatch(base.lower())
    }
    boxed = {base: found for base, text in sorted(printed.items()) if (found := _BOX.search(text))}
    for base, form in _TABLES:
        name = files.get(base, "")
        if not name or not _is_table(listing.text(name), boxed.values()):
            continue
        claims[name] = f"{teller} tells the same" if teller else Member(form, run)
        teller = teller or base
    for base in boxed:
        rank = _RANK.fullmatch(base.lower())
        if rank:
            claims[files[base]] = Member("baselines-boxes", run, below=rank[1])
        elif teller:
            claims[files[base]] = f"{teller} tells the same"
        else:
            claims[files[base]] = Member("baselines-boxes", run)
            teller = base
    monitors = {base: found[1] for base in files if (found := _MONITOR.fullmatch(base))}
    if len(monitors) > 1:
        for base, below in monitors.items():
            claims[files[base]] = Member("monitor", run, below=below)
    evaluations = files.get("evaluations.npz")
    if evaluations and (teller or len(monitors) > 1):
        # The training's log has told the means; the deviations and histograms are new.
        claims[evaluations] = Member("evaluations", run, turn=1, history=bool(teller))
    return claims


def _is_table(text: str, boxes: Iterable[re.Match[str]]) -> bool:
    """True where the first line names fields of these loggers, or those of a box beside it."""
    first = text.lstrip("\ufeff\r\n").partition("\n")[0]
    keys = {box["key"].strip() for box in boxes}
    known = _FIELDS.search(first) or any(key in first for key in keys if key)
    return bool(known) and "training_iteration" not in first


STORE = Store(
    name="baselines",
    about="log folders of Stable-Baselines3 and OpenAI Baselines: one training, told once",
    layout="progress.json\nprogress.csv\nlog.txt\nevaluations.npz",
    claim=claim,
)
