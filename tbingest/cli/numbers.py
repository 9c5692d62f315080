"""Whole numbers of the command line, whose errors say the same whatever Typer's version is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def whole(flag: str, least: int, example: int, most: int | None = None) -> Callable[[str], int]:
    """Reads the number of a flag. What it gives raises UsageError for any other text."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least or (most is not None and value > most):
            from tbingest.errors import UsageError

            allowed = f"{least} or more" if most is None else f"{least} to {most}"
            raise UsageError(
                f"{flag} {text}: is not a whole number, {allowed}", f"as in {flag} {example}"
            )
        return value

    return parse
