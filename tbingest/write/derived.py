"""A run that is made of other runs: written anew where anything changed in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.series.owners import OURSELVES
from tbingest.write.runs import Runs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tbingest.logdir.state import JobState
    from tbingest.model.points import Points
    from tbingest.model.report import SourceReport
    from tbingest.options import Options


def is_current(state: JobState, owner: str, digest: str) -> bool:
    """True where the run stands as `rewrite` left it, from data of the same digest."""
    return state.sources.get(owner, {}).get("digest") == digest and not state.gone()


def rewrite(
    state: JobState,
    owner: str,
    digest: str,
    points: Iterable[Points],
    options: Options,
    entry: SourceReport,
) -> Runs:
    """Write the run of a state from its beginning. The logdir's lock is held."""
    state.remove()
    runs = Runs(state, options, draw=False)
    state.begin({"source": owner, "stop": 0, "close": True, "base": [0.0, ""]})
    for one in points:
        entry.read += len(one) * len(one.tags)
        entry.tags += len(one.tags)
        runs.write([one], OURSELVES, entry)
    runs.flush(entry)
    state.sources[owner] = {"digest": digest}
    runs.commit()
    return runs
