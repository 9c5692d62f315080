"""`tbingest inspect`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tbingest.cli import flags as shared
from tbingest.cli.flags import context

if TYPE_CHECKING:
    from tbingest.cli.console import Talk
    from tbingest.options import Options

EPILOG = """Examples:

tbingest inspect logs/

tbingest inspect train.csv --step iteration

tbingest inspect train.log --pattern 'it (?P<step>\\d+) loss (?P<loss>\\S+)'
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
    pattern: Annotated[
        list[str],
        typer.Option(
            metavar="REGEX", help="Show what named groups match in one file, and a rule for it."
        ),
    ] = [],  # noqa: B006
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
    if pattern:
        return attempt(context.talk(verbose), paths, pattern, form=form)
    return look(context.talk(verbose), paths, logdir, shared.options(ctx, paths), form=form)


def attempt(talk: Talk, paths: list[str], patterns: list[str], *, form: shared.OutputFormat) -> int:
    """Show what patterns match in one file; 1 where that is nothing."""
    from tbingest.pipeline import try_pattern as trying

    tried = trying.attempt(paths, patterns)
    if form == shared.OutputFormat.JSON:
        talk.document(tried.to_dict())
    else:
        from tbingest.cli.text import show_tried

        show_tried(talk, tried)
    return int(not tried.count)


def look(
    talk: Talk,
    paths: list[str],
    logdir: str,
    options: Options,
    *,
    form: shared.OutputFormat,
) -> int:
    """Show the plan of `paths`; 1 where nothing would be read."""
    from tbingest.pipeline.looks import looks, to_dict

    found, ignored = looks(paths, logdir, options)
    if form == shared.OutputFormat.JSON:
        talk.document(to_dict(found, ignored))
    else:
        from tbingest.cli.text import show_looks

        show_looks(talk, found, ignored)
    return int(not found or any(entry.failed for entry in ignored))
