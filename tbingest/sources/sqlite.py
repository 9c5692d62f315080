"""An SQLite database is read from a copy of the file and its logs: the source is never touched.

SQLite itself takes the log of a transaction that was never ended back, in the copy.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tbingest.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tbingest.sources.discover import Source
    from tbingest.sources.stream import Opened

_Row = TypeVar("_Row")

_MAGIC = b"SQLite format 3\0"
_MAX_BYTES = 4 << 30
_MAX_CELL = 64 << 20
_INSTRUCTIONS, _PER_BYTE = 200_000_000, 100
"""What all queries may cost: so much, and so much more for each byte of the file."""
_PER_CALL = 1_000_000
_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ})
_FUNCTIONS = frozenset(
    """abs avg cast coalesce count date datetime glob ifnull iif instr json_extract julianday length
    like lower max min nullif round strftime substr substring sum time total trim typeof unixepoch
    upper""".split()
)
"""None makes much of little, as `zeroblob`, `replace`, `printf` and `group_concat` do."""


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
        # Of a link, what SQLite keeps beside a database lies beside its target.
        for suffix in ("-wal", "-journal"):
            beside = Path(f"{Path(source.path).resolve()}{suffix}")
            if beside.is_file() and not beside.is_symlink():
                _copy(beside, Path(f"{copy}{suffix}"))
        try:
            connection = sqlite3.connect(copy)
            try:
                _harden(connection, copy.stat().st_size)
                yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise _unreadable(error) from error


def asked(rows: Iterable[_Row]) -> Iterator[_Row]:
    """What is read of a database. Raises SourceError where it is damaged on the way."""
    try:
        yield from rows
    except sqlite3.Error as error:
        raise _unreadable(error) from error


def _unreadable(error: sqlite3.Error) -> SourceError:
    return SourceError(f"cannot be read as a database: {error}")


def _copy(source: Path, target: Path) -> None:
    try:
        size = source.stat().st_size
        if size > _MAX_BYTES:
            raise SourceError(f"a database of over {_MAX_BYTES >> 30} GiB is too large")
        shutil.copyfile(source, target)
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}") from error


def _harden(connection: sqlite3.Connection, size: int) -> None:
    """The file may be hostile: no writes, no schema of its own that runs, no endless query."""
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA query_only = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_CELL)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    if connection.execute(_GENERATED).fetchone():
        raise SourceError("a database with generated columns, which are not read")
    connection.set_authorizer(_may)
    left = (_INSTRUCTIONS + _PER_BYTE * size) // _PER_CALL

    def count() -> int:
        nonlocal left
        left -= 1
        return int(left < 0)

    connection.set_progress_handler(count, _PER_CALL)


_GENERATED = """SELECT 1 FROM sqlite_master AS t, pragma_table_xinfo(t.name) AS c
    WHERE t.type = 'table' AND c.hidden IN (2, 3) LIMIT 1"""
"""Their expressions run at every row, and no authorizer is asked."""


def _may(action: int, _: object, name: str | None, *__: object) -> int:
    """Whether a query may do something; `name` is that of a function."""
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_OK if (name or "").lower() in _FUNCTIONS else sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY
