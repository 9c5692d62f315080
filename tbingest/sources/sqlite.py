"""An SQLite database is read from a copy of the file and its log: the source is never touched."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tbingest.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.sources.discover import Source
    from tbingest.sources.stream import Opened

_MAGIC = b"SQLite format 3\0"
_MAX_BYTES = 4 << 30
_MAX_CELL = 64 << 20
_MAX_INSTRUCTIONS = 5_000_000_000
_PER_CALL = 1_000_000
_ALLOWED = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)


def table_names(opened: Opened, source: Source) -> tuple[str, ...]:
    """The tables of a source that is an SQLite database; empty for others.

    Raises SourceError where it is damaged.
    """
    if opened.compression or not opened.head(source).data.startswith(_MAGIC):
        return ()
    with snapshot(source) as connection:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        return tuple(str(name) for (name,) in connection.execute(query))


@contextmanager
def snapshot(source: Source) -> Iterator[sqlite3.Connection]:
    """A connection that can only select, to a copy of `source` and its write-ahead log.

    Raises SourceError where the copy fails or the database is damaged.
    """
    with tempfile.TemporaryDirectory(prefix="tbingest-") as folder:
        copy = Path(folder, "snapshot.db")
        _copy(Path(source.path), copy)
        log = Path(f"{source.path}-wal")
        if log.is_file() and not log.is_symlink():
            _copy(log, Path(f"{copy}-wal"))
        try:
            connection = sqlite3.connect(copy)
            try:
                _harden(connection)
                yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise SourceError(f"cannot be read as a database: {error}") from error


def _copy(source: Path, target: Path) -> None:
    try:
        size = source.stat().st_size
        if size > _MAX_BYTES:
            raise SourceError(f"a database of over {_MAX_BYTES >> 30} GiB is too large")
        shutil.copyfile(source, target)
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}") from error


def _harden(connection: sqlite3.Connection) -> None:
    """The file may be hostile: no writes, no schema of its own that runs, no endless query."""
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA query_only = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_CELL)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    connection.set_authorizer(
        lambda action, *_: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY
    )
    left = _MAX_INSTRUCTIONS // _PER_CALL

    def count() -> int:
        nonlocal left
        left -= 1
        return int(left < 0)

    connection.set_progress_handler(count, _PER_CALL)
