"""`tbingest inspect`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tbingest.cli import shared
from tbingest.cli.shared import context

if TYPE_CHECKING:
    from tbingest.console import Talk
    from tbingest.options import Options

EPILOG = """Examples:

tbingest inspect logs/

tbingest inspect train.csv --step iteration
"""


def inspect(
    ctx: typer.Context,
    paths: shared.Paths,
    logdir: shared.Logdir = "runs",
    as_: shared.As = "",
    run: shared.Run = "",
    step: shared.Step = "",
    time: shared.Time = "",
    wall_time: shared.WallTime = "",
    include: shared.Include = [],  # noqa: B006 - Typer copies it
    exclude: shared.Exclude = [],  # noqa: B006
    tag_map: shared.TagMap = [],  # noqa: B006
    output_format: Annotated[
        str,
        typer.Option(
            metavar="text|json", envvar="TBINGEST_OUTPUT_FORMAT", help="How to answer on stdout."
        ),
    ] = "text",
    config: shared.Config_ = "",
    verbose: shared.Verbose = 0,
) -> int:
    """Say of every file what it is taken for, why, and what it would become. Writes nothing."""
    form = shared.choice(shared.OutputFormat, output_format, "--output-format")
    return look(context.talk(verbose), paths, logdir, shared.options(ctx, paths), form=form)


def look(
    talk: Talk,
    paths: list[str],
    logdir: str,
    options: Options,
    *,
    form: shared.OutputFormat,
) -> int:
    """Show the plan of `paths`; 1 where nothing would be read."""
    from tbingest.inspecting import looks, to_dict

    found, ignored = looks(paths, logdir, options)
    if form == shared.OutputFormat.JSON:
        talk.document(to_dict(found, ignored))
    else:
        from tbingest.showing import show_looks

        show_looks(talk, found, ignored)
    return int(not found or any(entry.failed for entry in ignored))
