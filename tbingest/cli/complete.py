"""What a shell may complete after an option. Nothing is loaded before it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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


def tags(ctx: typer.Context, incomplete: str) -> list[str]:
    """The tags that stand in the logdirs that were named, or in `runs`."""
    from tbingest.logdir.tags import scalar_tags

    found = (tag for known in scalar_tags(_logdirs(ctx)) for tag in known)
    return _beginning(incomplete, found)


def runs(ctx: typer.Context, incomplete: str) -> list[str]:
    """The runs that stand there."""
    from tbingest.logdir.tags import run_names

    return _beginning(incomplete, (run for one in _logdirs(ctx) for run in run_names(one)))


def _logdirs(ctx: typer.Context) -> list[str]:
    # Where the last option lacks its value, nothing behind the options is taken for a parameter.
    paths: list[str] = [*(ctx.params.get("paths") or ()), *ctx.args]
    return [path for path in paths if Path(path, ".tbingest").is_dir()] or ["runs"]


def _beginning(incomplete: str, values: Iterable[str]) -> list[str]:
    return sorted({value for value in values if value.startswith(incomplete)})
