"""Whose points those of a planned source are: what that means for the points of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tbingest.formats.registry import format_of
from tbingest.plan.planned import is_log
from tbingest.plan.runs import turn_of
from tbingest.series.owners import Owner

if TYPE_CHECKING:
    from tbingest.plan.planned import Planned


def owner_of(planned: Planned, number: int = 0) -> Owner:
    """The owner of a source's points, known by a number."""
    chosen = format_of(planned.format)
    return Owner(
        number,
        # Dumps of a run go on from one format to another.
        "dump" if planned.dump else chosen.name,
        0 if chosen.summary else 1 if chosen.rounded else 2,
        chain=is_log(planned) and not planned.history,
        turn=_as_json(turn_of(planned)),
        history=planned.history,
    )


def _as_json(turn: Any) -> Any:
    """A place in the order of reading, as the state keeps it."""
    return [_as_json(part) for part in turn] if isinstance(turn, tuple) else turn
