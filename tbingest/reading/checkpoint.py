"""A checkpoint is read tensor by tensor, in other processes where there are some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tbingest.reading.feed import Batch, Feed, dump_before

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.plan.planned import Planned
    from tbingest.reading.feed import Span
    from tbingest.reading.workers import Workers


class CheckpointFeed(Feed):
    """The parts of a dump that do not say what they said before."""

    def __init__(
        self, planned: Planned, saved: dict[str, Any], workers: Workers, *, live: bool = False
    ) -> None:
        super().__init__(planned, saved, live=live)
        self.workers = workers

    def read(self, span: Span, /) -> Iterator[Batch]:
        """A batch for each part; then one that closes the dump."""
        known = list(self.saved.get("given", ()))
        given: list[str] = []
        part = None
        for place, part in enumerate(self.workers.parts(self.planned), 1):
            if span.stop is not None and part.stop > span.stop:
                return
            given.append(part.digest)
            self.state = {**self.state, "stamp": [], "given": given + known[len(given) :]}
            if given[-1:] != known[place - 1 : place]:
                yield Batch(part.rows(place), part.problems, part.stop)
        before = dump_before(self.planned)
        self.state = {**self.state, "stamp": self.stamp, "given": given, "before": before}
        yield Batch(stop=part.stop if part else 0, close=True)
