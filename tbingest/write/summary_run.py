"""The run `_summary`: what several runs of a conversion show together.

Runs that are told apart by their seed are one curve with a band; of a sweep, the hyperparameters
are set against the last values. Without either there is no such run.
"""

from __future__ import annotations

import hashlib
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np

from tbingest.logdir.state import JobState
from tbingest.model.points import Points
from tbingest.model.report import SourceReport
from tbingest.names.tags import media_tag
from tbingest.series.seeds import correlations, seeds
from tbingest.write.derived import is_current, rewrite

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.model.points import Image
    from tbingest.model.report import Report
    from tbingest.options import Options
    from tbingest.series.seeds import Correlation, RunResult

RUN = "_summary"
_OWNER = "runs together"


def compare(logdir: str, options: Options, results: Sequence[RunResult], report: Report) -> None:
    """Write the run `_summary`, where there is something to compare. The logdir's lock is held."""
    _look_for_tags(options, results, report)
    drawn = [one for one in results if not any(curve.last_only for curve in one.curves.values())]
    groups, swept = seeds(drawn), correlations(results)
    if not groups and not swept:
        return
    if any(one.run == RUN or one.run.startswith(f"{RUN}/") for one in results):
        report.notes.append(f"{RUN}: is a run of its own, so runs are not compared there")
        return
    digest = _digest(groups, swept)
    state = JobState(logdir, RUN, f"{_OWNER} in {RUN}", options.digest)
    if is_current(state, _OWNER, digest):
        return
    entry = SourceReport(_OWNER, _OWNER, RUN)
    rewrite(state, _OWNER, digest, _pictures(groups, swept, results), options, entry)
    report.figures += entry.tags
    report.bytes_written += state.bytes_written


def _look_for_tags(options: Options, results: Sequence[RunResult], report: Report) -> None:
    tags = sorted({tag for one in results for tag in one.curves})
    for plot in options.own_plots if tags else ():
        for glob in (*plot.y, *filter(None, [plot.x])):
            if not any(fnmatchcase(tag, glob) for tag in tags):
                near = get_close_matches(glob, tags, 1)
                hint = f": did you mean {near[0]}?" if near else ""
                report.notes.append(f"plot {plot.title!r}: no run has the tag {glob!r}{hint}")


def _digest(groups: dict[str, list[RunResult]], swept: Sequence[Correlation]) -> str:
    digest = hashlib.blake2b(repr(swept).encode("utf-8", "replace"), digest_size=12)
    for name, members in groups.items():
        digest.update(f"{name}\n".encode("utf-8", "replace"))
        for one in members:
            digest.update(f"{one.run}\n".encode("utf-8", "replace"))
            for tag, curve in sorted(one.curves.items()):
                digest.update(f"{tag}\n".encode("utf-8", "replace") + curve.bins.tobytes())
    return digest.hexdigest()


def _pictures(
    groups: dict[str, list[RunResult]], swept: Sequence[Correlation], results: Sequence[RunResult]
) -> Iterator[Points]:
    from tbingest.figures.comparisons import bars, spread

    for name, members in sorted(groups.items()):
        picture = spread(name, members)
        if picture:
            yield _point(media_tag(f"seeds/{name}"), picture, members)
    if swept:
        yield _point("correlation", bars(swept), [one for one in results if one.settings])


def _point(tag: str, picture: Image, members: Sequence[RunResult]) -> Points:
    """A picture at the last step of any of the runs."""
    last = max(int(c.bins[-1, 1]) for one in members for c in one.curves.values() if len(c.bins))
    time = max(one.time for one in members)
    return Points(
        *(RUN, "image", (tag,), np.asarray([last], np.int64), np.asarray([time])),
        [[picture]],
        np.zeros(1, np.int64),
    )
