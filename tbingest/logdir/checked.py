"""The state is input, too: what it says is checked before it is used.

A state may come from another machine, or be made by hand. Names in it that led out of the logdir
would be written to, or deleted; counts that are none would fail much later.
"""

from __future__ import annotations

import re
from typing import Any

from tbingest.logdir.shapes import is_before, is_read, is_taken_for

OURS = re.compile(r"events\.out\.tfevents\.(\d{10})\.tbingest\.(\d{3,9})")
"""The name of an event file that tbingest made: (second, number)."""
UNSEEN = re.compile(r"\.unseen\.(\d{10})\.tbingest\.(\d{3,9})")
"""The name of one that is to take the place of others, and is not whole yet."""
_MOST = 1 << 53
_RUN = {
    "file": str,
    "length": int,
    "older": list,
    "drop": list,
    "encoder": int,
    "tracks": dict,
    "curves": dict,
    "spreads": dict,
    "time": (int, float),
    "drawn": str,
    "best": str,
}
_OWNER = {
    "number": int,
    "family": str,
    "exact": int,
    "chain": bool,
    "turn": list,
    "history": bool,
    "story": int,
    "gone": bool,
}
_SOURCE = {
    "owner": int,
    "format": str,
    "rule": str,
    "run": str,
    "root": str,
    "encoding": str,
    "sure": (int, float),
    "claim": str,
    "head": list,
    "header": str,
    "feed": dict,
    "memory": dict,
    "restarts": dict,
    "unended": list,
    "before": dict,
    "trainings": dict,
    "roles": dict,
    "base": (int, float),
    "base_from": str,
    "stands": list,
}
_PARTS = ("sources", "derived", "runs", "hparams", "owners")


def is_sound(data: Any) -> bool:
    """True for a state of which every name, path and count can be used."""
    if not isinstance(data, dict) or not all(isinstance(data.get(part), dict) for part in _PARTS):
        return False
    texts = all(isinstance(data.get(name), str) for name in ("prefix", "root", "options"))
    return (
        texts
        and isinstance(data.get("given", {}), dict)
        and is_count(data.get("commits"))
        and all(map(_is_source, data["sources"].values()))
        and all(is_run_name(name) and _is_run(run) for name, run in data["runs"].items())
        and all(map(_is_hparams, data["hparams"].values()))
        and all(name.isdigit() and _is_owner(owner) for name, owner in data["owners"].items())
    )


def is_count(value: Any) -> bool:
    """True for a whole number from 0 on, of a size that files have."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST


def is_run_name(name: str) -> bool:
    """True for a relative path below the logdir that no part of leads elsewhere."""
    parts = name.split("/")
    wrong = {"", ".", "..", ".tbingest"}
    return "\0" not in name and "\\" not in name and not wrong.intersection(parts)


def _has(value: Any, fields: dict[str, Any]) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() <= fields.keys()
        and all(isinstance(one, fields[name]) for name, one in value.items())
    )


def _is_owner(owner: Any) -> bool:
    return _has(owner, _OWNER) and is_count(owner.get("number"))


def _is_source(saved: Any) -> bool:
    if not _has(saved, _SOURCE) or _SOURCE.keys() - saved.keys() - {"before", "stands"}:
        return False
    places, run, before = saved["unended"], saved["run"], saved.get("before", {})
    return (
        is_count(saved["owner"])
        and (not run or is_run_name(run))
        and (not saved["feed"] or (is_read(saved) and (not before or is_before(before))))
        and (not saved["header"] or is_taken_for(saved))
        and all(isinstance(one, list) and list(map(type, one)) == [str, str, int] for one in places)
    )


def _is_hparams(kept: Any) -> bool:
    if not isinstance(kept, dict) or not isinstance(kept.get("values", {}), dict):
        return False
    said = kept.get("said", {})
    return isinstance(said, dict) and all(
        isinstance(one, list) and list(map(type, one)) == [int, dict] for one in said.values()
    )


def _is_run(run: Any) -> bool:
    if not _has(run, _RUN):
        return False
    names = [*run.get("drop", ()), *([run["file"]] if run.get("file") else [])]
    for part in run.get("older", ()):
        if not isinstance(part, list) or len(part) != 2 or not is_count(part[1]):
            return False
        names.append(part[0])
    return (
        all(isinstance(name, str) and OURS.fullmatch(name) for name in names)
        and is_count(run.get("length", 0))
        and all(map(_is_track, run.get("tracks", {}).values()))
        and all(isinstance(one, list) for one in run.get("curves", {}).values())
        and all(isinstance(one, list) for one in run.get("spreads", {}).values())
    )


def _is_track(track: Any) -> bool:
    if not isinstance(track, list) or len(track) not in {3, 4} or not isinstance(track[0], str):
        return False
    if len(track) == 4 and not (isinstance(track[3], list) and all(map(_is_pair, track[3]))):
        return False
    return is_count(track[1]) and isinstance(track[2], list) and all(map(_is_rising, track[2]))


def _is_pair(one: Any) -> bool:
    return isinstance(one, list) and list(map(type, one)) == [str, str, bool, int, int]


def _is_rising(one: Any) -> bool:
    whole = isinstance(one, list) and len(one) == 4 and all(type(part) is int for part in one)
    return whole and abs(one[0]) < 1 << 63 and one[1] > 0 and 0 < one[2] <= _MOST and one[3] >= 0
