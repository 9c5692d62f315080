"""A log that has grown is looked at again: is it still what it was understood to be?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tbingest.errors import SourceError
from tbingest.formats.registry import format_of
from tbingest.sources.identity import is_unchanged
from tbingest.sources.stream import Opened

if TYPE_CHECKING:
    from tbingest.plan.planned import Planned


def renew(planned: Planned, saved: dict[str, Any], *, live: bool) -> bool:
    """Bring what is saved of a source's reader up to date; False where it must be read again."""
    look = format_of(planned.format).renew
    if not look or not saved.get("reader") or is_unchanged(planned.source, saved):
        return True
    try:
        with Opened(planned.source) as opened:
            head = opened.head(planned.source)
        reader = look(head.whole_lines if live else head, saved["reader"], live)
    except SourceError:
        return True  # reading will say it
    if reader is None:
        return False
    saved["reader"] = reader
    return True
