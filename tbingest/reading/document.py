"""A document is written anew each time: it is read whole, and gives what it did not give before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.formats.blame import blamed
from tbingest.formats.readers.documents import REWRITTEN, DocumentReader
from tbingest.reading.feed import Batch, Feed, damage, make_reader
from tbingest.reading.image_grid import drawn
from tbingest.sources.identity import goes_on
from tbingest.sources.stream import Opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.reading.feed import Span

_PIECE = 1 << 20


class DocumentFeed(Feed):
    """A file that holds one document."""

    def read(self, _: Span, /) -> Iterator[Batch]:
        """The records that are new or say something else; the whole document in one batch."""
        with Opened(self.planned.source) as opened:
            reader = make_reader(self.format, self.head(opened), self.saved)
            reader.consumed = 0  # it is read from its start
            batch = Batch(close=True)
            summed = opened.summed()
            while data := opened.read(_PIECE):
                summed.up_to(opened.position)
                with blamed(self.format):
                    batch.take(reader.feed(data), -1)
            with blamed(self.format):
                batch.take(reader.close(), -1)
                batch.ask(reader, -1)
            batch.problems += damage(opened)
            batch.stop = opened.position
        if isinstance(reader, DocumentReader):
            batch.again = reader.is_again
            self.grown = bool(
                reader.misses
                and self.saved.get("sums")
                and goes_on(self.planned.source, self.saved, whole=True)
            )
        self.remember(reader)
        self.state["sums"] = summed.found
        yield batch


class GridFeed(Feed):
    """Many small pictures of one step, shown as one."""

    def read(self, _: Span, /) -> Iterator[Batch]:
        """The grid, where it is not the one that was shown."""
        reader = DocumentReader(**self.saved.get("reader", {}))
        batch = Batch(close=True, stop=self.planned.source.size)
        # A further picture is no change of what the grid showed.
        batch.take((one for one in reader.fresh(drawn(self.planned)) if one != REWRITTEN), -1)
        batch.again = reader.is_again
        self.remember(reader)
        yield batch
