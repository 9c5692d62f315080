"""What a shell may complete after an option. Nothing is loaded before it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Complete = Callable[[str], list[str]]


def shown(*values: str) -> Complete:
    """Completes the values themselves."""
    return lambda incomplete: [value for value in values if value.startswith(incomplete)]


def formats(incomplete: str) -> list[str]:
    """The names of formats."""
    from tbingest.formats.registry import formats as known

    return [name for name in known() if name.startswith(incomplete)]


def policies(incomplete: str) -> list[str]:
    """What --on-restart takes."""
    from tbingest.options import OnRestart

    return [str(one) for one in OnRestart if one.startswith(incomplete)]
