"""Sources under new names: what was renamed, rotated or compressed goes on where it stood."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tbingest.errors import SourceError
from tbingest.names.files import rotated_from
from tbingest.plan.planned import is_log
from tbingest.sources.identity import goes_on

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tbingest.logdir.source_state import SourceState
    from tbingest.logdir.state import JobState
    from tbingest.plan.planned import Job, Planned


@dataclass
class Recognised:
    """Logs under new names: `renamed` has {new name: old name}, `copies` what stays as it is while
    the log itself still holds the same; of those in `gone` no file holds what was read.
    """

    renamed: dict[str, str] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)


def recognise(job: Job, state: JobState) -> Recognised:
    """Give logs that were known by another name the state that they had.

    A log is known by its bytes: it begins as it did, and what was last read of it stands where it
    stood. As logs of several runs begin alike, that is a record at least, or the file is the same
    to the system.
    """
    logs = {one.source.name: one for one in job.sources if is_log(one)}
    found = Recognised()
    for name in _likely_first(logs, state):
        known = state.sources.get(name)
        if known and (not known.is_read or _goes_on(logs[name], known.feed)):
            continue
        if known:
            found.gone.add(name)
        _look_for(name, logs, state, found)
    moved = {name: state.sources[old] for name, old in found.renamed.items()}
    for old in found.renamed.values():
        del state.sources[old]
    found.gone -= {*found.renamed.values()}
    found.gone |= {
        name
        for name, saved in state.sources.items()
        if name not in logs and _is_missing(saved.root, name)
    }
    state.sources.update(moved)
    return found


def _likely_first(logs: Mapping[str, Planned], state: JobState) -> list[str]:
    """A rotated part, and the same file under another name, go before a copy."""
    files = [saved.feed.get("identity") for saved in state.sources.values()]

    def is_likely(name: str) -> bool:
        same = list(logs[name].source.identity) in files
        return same or bool(rotated_from(name, state.sources))

    return sorted(logs, key=is_likely, reverse=True)


def _look_for(name: str, logs: Mapping[str, Planned], state: JobState, found: Recognised) -> None:
    """Look for the log that a file is, under another name, or a copy of."""
    for old, saved in state.sources.items():
        taken = old in found.renamed.values()
        if old == name or taken or not _is_log_of(logs[name], saved):
            continue
        there = logs.get(old)
        if there is None or not _goes_on(there, saved.feed):
            found.renamed[name] = old
        elif rotated_from(name, {old}):
            found.copies[name] = old
        return


def _is_missing(root: str, name: str) -> bool:
    """True where a file of a folder is not there any more, or empty."""
    try:
        return not os.stat(os.path.join(root, name)).st_size  # noqa: PTH116, PTH118
    except FileNotFoundError:
        return Path(root).is_dir()
    except OSError:
        return False


def _is_log_of(planned: Planned, saved: SourceState) -> bool:
    if saved.format != planned.format:
        return False
    same = saved.feed.get("identity") == list(planned.source.identity)
    return bool(same or saved.seen) and "tail" in saved.feed and _goes_on(planned, saved.feed)


def _goes_on(planned: Planned, feed: dict[str, Any]) -> bool:
    try:
        return goes_on(planned.source, feed)
    except SourceError:
        return False  # it is reported where it is read
