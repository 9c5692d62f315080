"""A database is asked as a whole, and gives what it did not give before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.formats.blame import blamed
from tbingest.formats.readers.documents import DocumentReader
from tbingest.reading.feed import Batch, Feed
from tbingest.sources.sqlite import asked, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.reading.feed import Span


class DatabaseFeed(Feed):
    """All tables of a database, as of one moment."""

    def read(self, _: Span, /) -> Iterator[Batch]:
        """The rows that are new or say something else; the whole database in one batch."""
        reader = DocumentReader(**self.saved.get("reader", {}))
        batch = Batch(close=True, stop=self.planned.source.size)
        with snapshot(self.planned.source) as connection:
            if self.format.database:
                with blamed(self.format):
                    batch.take(reader.fresh(asked(self.format.database(connection))), -1)
        batch.again = reader.is_again
        self.remember(reader)
        # What its write-ahead log holds does not show in the file's own size and time.
        self.state["stamp"] = []
        yield batch
