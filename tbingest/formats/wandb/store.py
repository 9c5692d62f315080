"""W&B's folder of a run: its binary log, and beside it what was sent to the server.

wandb/run-20240722_132512-92glrg0m/run-92glrg0m.wandb
wandb/run-20240722_132512-92glrg0m/files/wandb-summary.json
wandb/run-20240722_132512-92glrg0m/files/config.yaml
wandb/run-20240722_132512-92glrg0m/files/output.log
wandb/run-20240722_132512-92glrg0m/files/media/images/sample_10_1c0f3a5b.png

All of it is one run. What W&B notes of the machine, its users and its packages is not shown: of
`wandb-metadata.json` only the commit and the command line are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tbingest.model.contracts import Member, Store
from tbingest.names.files import join

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tbingest.model.contracts import Listing

_LOG = re.compile(r"run-[^/]+\.wandb")
_PICTURE = re.compile(
    r"media/images/(?P<tag>.+?)_(?P<step>\d{1,15})_[0-9a-f]{6,40}\.(?:png|jpe?g|gif)", re.IGNORECASE
)
_TABLE = re.compile(r"media/table/(?P<tag>.+?)_(?P<step>\d{1,15})_[0-9a-f]{6,40}\.table\.json")
_NOT_READ = (
    (re.compile(r"wandb-events\.jsonl"), "the load of the machine"),
    (re.compile(r"(requirements\.txt|conda-environment\.ya?ml)"), "a list of installed packages"),
    (re.compile(r"(diff|upstream_diff_\w{1,200})\.patch"), "changes to the source code"),
    (re.compile(r"(code|tmp|artifacts?)/.*", re.DOTALL), "a working copy of W&B"),
    (re.compile(r"(logs/)?debug[^/]{0,100}\.log"), "W&B's log of itself"),
    (re.compile(r"media/(?!images/).*", re.DOTALL), "media of a kind that is not shown"),
)


_SUMMARY = "files/wandb-summary.json"


def claim(listing: Listing) -> dict[str, Member | str]:
    """All that lies in the folders of runs."""
    folders = _run_folders(listing)
    claims: dict[str, Member | str] = {}
    copies = _copies(listing, folders)
    for name in listing.names if folders else ():
        run = next((above for above in _above(name) if above in folders), None)
        if run is None:
            continue
        if run in copies:
            claims[name] = f"a copy of {copies[run]}"
            continue
        rest = name.removeprefix(f"{run}/") if run else name
        found = _member(rest.removeprefix("files/"), run)
        whole = folders[run] or rest.startswith(("files/", "logs/", "tmp/"))
        if not found and whole:
            found = Member("", run, turn=3)
        if found:
            claims[name] = found
    return claims


def _copies(listing: Listing, folders: Mapping[str, bool]) -> dict[str, str]:
    """The folders `latest-run`, where they were copied as the run that they pointed at, by name."""
    found = {}
    for folder in folders:
        above, slash, last = folder.rpartition("/")
        summary = listing.text(f"{folder}/{_SUMMARY}") if last == "latest-run" else ""
        for other in folders if summary else ():
            beside = other != folder and other.startswith(f"{above}{slash}")
            if beside and listing.text(f"{other}/{_SUMMARY}") == summary:
                found[folder] = other
    return found


def _run_folders(listing: Listing) -> dict[str, bool]:
    """The folders of runs; true for those that hold nothing but the run, as their names say."""
    found = {}
    for name in listing.names:
        folder, _, base = name.rpartition("/")
        above, _, last = folder.rpartition("/")
        own = base == "wandb-summary.json" or _LOG.fullmatch(base)
        if own or (base == "config.yaml" and "\n_wandb:" in f"\n{listing.text(name)}"):
            run = above if last == "files" else folder
            found[run] = run.rpartition("/")[2].startswith(("run-", "offline-run-"))
    return found


def _above(name: str) -> Iterator[str]:
    """The folders that a file is in, the innermost first."""
    while name:
        name = name.rpartition("/")[0]
        yield name


def _member(name: str, run: str) -> Member | str | None:
    """What a file is by its name below the run's folder or its `files`; None for any other."""
    if _LOG.fullmatch(name):
        return Member("", run)  # it is told by its content, once something stands in it
    if name == "wandb-summary.json":
        return Member("wandb-summary", run, turn=1)
    if name == "config.yaml":
        return Member("wandb-config", run, turn=2)
    if name == "wandb-metadata.json":
        return Member("origin", run, tag="source", step=0, turn=2)
    if name == "output.log":
        return Member("", run, turn=2)
    picture = _PICTURE.fullmatch(name)
    if picture:
        return Member("image", run, tag=join("images", picture["tag"]), step=int(picture["step"]))
    table = _TABLE.fullmatch(name)
    if table:
        return Member("wandb-table", run, tag=join("tables", table["tag"]), step=int(table["step"]))
    return next((reason for pattern, reason in _NOT_READ if pattern.fullmatch(name)), None)


STORE = Store(
    name="wandb",
    about="W&B's folders of runs, online and offline",
    layout="wandb/run-20240722_132512-92glrg0m/run-92glrg0m.wandb\n"
    "wandb/run-20240722_132512-92glrg0m/files/wandb-summary.json",
    claim=claim,
)
