"""Folders in which one log tells again, with less in it, what another one tells.

result.json and progress.csv   a trial of Ray Tune
progress.csv and debug.log     dowel, garage
stats.jsonl and log.txt        StyleGAN
metrics.json and log.txt       Detectron2

The first of each pair is read.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from tbingest.model.contracts import Store

if TYPE_CHECKING:
    from tbingest.model.contracts import Listing, Member


class Pair(NamedTuple):
    """A log, marks of which its beginning holds one, and the name of what says the same."""

    log: str
    marks: tuple[str, ...]
    repeats: str


_RESULTS = ('"training_iteration"', '"time_total_s"', '"hist_stats"', '"custom_metrics"')
_PAIRS = (
    Pair("result.json", _RESULTS, "progress.csv"),
    Pair("progress.csv", ("TotalEnvSteps", "/AverageReturn"), "debug.log"),
    Pair("metrics.json", ('"eta_seconds"', '"rank_data_time"'), "log.txt"),
    Pair("stats.jsonl", ('"Progress/kimg"', '"Progress/tick"'), "log.txt"),
)
_STATES = ("experiment_state-*.json", "basic-variant-state-*.json", "searcher-state-*.json")


def claim(listing: Listing) -> dict[str, Member | str]:
    """Why the second log of each pair is not read, and the states that Ray Tune keeps."""
    names = set(listing.names)
    claims: dict[str, Member | str] = {}
    for name in listing.names:
        folder, slash, base = name.rpartition("/")
        for pair in _PAIRS:
            other = f"{folder}{slash}{pair.repeats}"
            if base == pair.log and other in names and _says(listing.text(name), pair.marks):
                claims[other] = f"{base} tells the same"
        if any(fnmatchcase(base, pattern) for pattern in _STATES):
            claims[name] = "the state of a search, not a log"
    return claims


def _says(text: str, marks: tuple[str, ...]) -> bool:
    return any(mark in text for mark in marks)


STORE = Store(
    name="repeats",
    about="folders of Ray Tune, garage, Detectron2 and StyleGAN in which two logs tell the same",
    layout="result.json\nprogress.csv",
    claim=claim,
)
