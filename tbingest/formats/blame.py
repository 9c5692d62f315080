"""What a format raises is a problem of the source that it looks at, and names the format.

A reader is to return `Problem` and never to raise; a plug-in, or a bug of ours, may do it
nevertheless. The other sources are read on; `tbingest --debug` shows the traceback.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from tbingest.errors import SourceError, TbingestError
from tbingest.model.contracts import Evidence, Fields, Format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.contracts import Head, Store


@contextmanager
def blamed(entry: Format | Store) -> Iterator[None]:
    """Where a part of a format is called. Raises SourceError for whatever that part raises."""
    try:
        yield
    except TbingestError:
        raise
    except Exception as error:
        raise failure(entry, error) from error


def asked(entry: Format, head: Head) -> Evidence:
    """What a format says of a source; 0 sure, and `failed`, where it raises instead."""
    try:
        return entry.detect(head)
    except Exception as error:  # noqa: BLE001 - whatever a plug-in raises
        return Evidence(0.0, failure(entry, error).message, failed=True)


def careful(entry: Format) -> Fields:
    """The fields of a format, whose `rename` raises SourceError for whatever it raises."""
    rename = entry.fields.rename
    if rename is None:
        return entry.fields

    def renamed(name: str) -> tuple[str, str] | None:
        with blamed(entry):
            return rename(name)

    return replace(entry.fields, rename=renamed)


def failure(entry: Format | Store, error: Exception) -> SourceError:
    """The error for the user, who is told whose fault it is."""
    import logging

    logging.getLogger("tbingest").debug("%s failed", entry.name, exc_info=error)
    said = f"{type(error).__name__}: {error}".removesuffix(": ")
    if is_ours(entry):
        hint = "a bug in tbingest: please report it, with what `tbingest --debug ...` prints"
        return SourceError(f"the format {entry.name} failed: {said}", hint)
    hint = "its author can mend it; `tbingest --debug ...` shows where"
    return SourceError(f"the plug-in {entry.name!r} failed: {said}", hint)


def is_ours(entry: Format | Store) -> bool:
    """True where all parts of a format or store are functions of tbingest itself."""
    parts: tuple[object, ...]
    if isinstance(entry, Format):
        parts = (entry.detect, entry.reader, entry.dump, entry.database, entry.fields.rename)
    else:
        parts = (entry.claim,)
    homes = [getattr(part, "__module__", "") or "" for part in parts if part]
    return all(home.partition(".")[0] == "tbingest" for home in homes)
