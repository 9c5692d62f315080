"""What a command was told beside its own options: colour, tracebacks, and the config."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tbingest.cli.console import Talk
    from tbingest.config import Config


class Color(StrEnum):
    """When colours are used."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass
class Context:
    """The colour that the user wants, whether a bug shows its traceback, and the config."""

    color: str = "auto"
    debug: bool = False
    config: Config | None = None

    def talk(self, verbose: int = 0, *, quiet: bool = False) -> Talk:
        """The console, as the user wants it."""
        from tbingest.cli.console import Talk

        return Talk(self.color, verbose=verbose, quiet=quiet)


context = Context()
