"""Sources under new names: what was renamed, rotated or compressed goes on where it stood."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from tbingest.errors import SourceError
from tbingest.examining import is_log
from tbingest.naming import rotated_from
from tbingest.reading import goes_on

if TYPE_CHECKING:
    from tbingest.examining import Planned
    from tbingest.logdir import JobState
    from tbingest.planning import Job


def recognise(job: Job, state: JobState) -> dict[str, str]:
    """Give logs that were known by another name the state that they had; {new name: old name}.

    A log is known by its bytes: it begins as it did, and what was last read of it stands where it
    stood. As sister runs begin alike, it must also be the same file to the system, or bear the name
    of a rotated log.
    """
    logs = {one.source.name: one for one in job.sources if is_log(one)}
    renamed: dict[str, str] = {}
    for name, planned in logs.items():
        if name in state.sources:
            continue
        for old, saved in list(state.sources.items()):
            if old in renamed or not _is_log_of(planned, old, saved):
                continue
            there = logs.get(old)
            if there and _goes_on(there, saved["feed"]):
                # A copy, of which the log itself may soon be cut off.
                if rotated_from(name, {old}):
                    state.sources[name] = deepcopy(saved)
                    break
                continue
            state.sources[name] = state.sources.pop(old)
            renamed[name] = old
            break
    return renamed


def _is_log_of(planned: Planned, old: str, saved: dict[str, object]) -> bool:
    feed = saved.get("feed")
    if not isinstance(feed, dict) or saved.get("format") != planned.format:
        return False
    same = feed.get("identity") == list(planned.source.identity)
    related = rotated_from(planned.source.name, {old})
    return bool(same or related) and "tail" in feed and _goes_on(planned, feed)


def _goes_on(planned: Planned, feed: dict[str, object]) -> bool:
    try:
        return goes_on(planned, feed)
    except SourceError:
        return False  # it is reported where it is read
