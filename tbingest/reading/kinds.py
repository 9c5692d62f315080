"""Which kind of source a planned one is: that says how it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tbingest.formats.registry import format_of
from tbingest.reading.checkpoint import CheckpointFeed
from tbingest.reading.database import DatabaseFeed
from tbingest.reading.document import DocumentFeed, GridFeed
from tbingest.reading.stream import StreamFeed

if TYPE_CHECKING:
    from tbingest.plan.planned import Planned
    from tbingest.reading.feed import Feed
    from tbingest.reading.workers import Workers


def feed_of(
    planned: Planned, saved: dict[str, Any], workers: Workers, *, live: bool = False
) -> Feed:
    """The feed of a source; `saved` is the state of an earlier one, or empty."""
    chosen = format_of(planned.format)
    if chosen.database:
        return DatabaseFeed(planned, saved, live=live)
    if chosen.dump:
        return CheckpointFeed(planned, saved, workers, live=live)
    if planned.grid:
        return GridFeed(planned, saved, live=live)
    if chosen.rewritten:
        return DocumentFeed(planned, saved, live=live)
    return StreamFeed(planned, saved, live=live)
