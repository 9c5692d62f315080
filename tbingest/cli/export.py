"""`tbingest export`."""

from __future__ import annotations

import time as clock
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from tbingest.cli.complete import runs, shown, tags
from tbingest.cli.context import context
from tbingest.cli.flags import Paths, Reading, Talking
from tbingest.cli.grouped import grouped
from tbingest.cli.settings import choice, options, take_up
from tbingest.names.words import plural

if TYPE_CHECKING:
    from tbingest.cli.console import Talk
    from tbingest.options import Options
    from tbingest.pipeline.export import Asked, Exported

EXAMPLES = """
tbingest export runs/ --to scalars.csv
tbingest export runs/ --to - --tags 'val/*' --last
tbingest export logs/ --to wide.csv --wide
tbingest export runs/ --what hparams --to hparams.csv
tbingest export runs/ --what images --to pictures/
"""


@dataclass
class Wanted:
    """What is exported"""

    to: Annotated[
        str,
        typer.Option(
            *("--to", "-o", "--output"),
            metavar="FILE",
            help="The table: .csv, .csv.gz, .jsonl, .parquet or .feather; - is stdout, as CSV. "
            "For images and audio: a folder.",
        ),
    ] = "-"
    what: Annotated[
        str,
        typer.Option(
            metavar="scalars|hparams|histograms|texts|images|audio",
            autocompletion=shown("scalars", "hparams", "histograms", "texts", "images", "audio"),
            help="What is wanted.",
        ),
    ] = "scalars"
    wide: Annotated[
        bool, typer.Option("--wide", help="A column for each tag, a row for each step of a run.")
    ] = False
    tags: Annotated[
        list[str], typer.Option(metavar="GLOB", autocompletion=tags, help="Only these tags.")
    ] = field(default_factory=list)
    runs: Annotated[
        list[str], typer.Option(metavar="GLOB", autocompletion=runs, help="Only these runs.")
    ] = field(default_factory=list)
    last: Annotated[
        bool, typer.Option("--last", help="Only the last value of each tag of a run.")
    ] = False
    best: Annotated[
        bool,
        typer.Option("--best", help="Only the best value, where the name says what is better."),
    ] = False


@grouped
def export(
    ctx: typer.Context, paths: Paths, wanted: Wanted, reading: Reading, talking: Talking
) -> int:
    """Write what logs or event files hold as a table, or their pictures as files."""
    from tbingest.errors import UsageError
    from tbingest.pipeline.export import Asked, Pick, What

    take_up(talking)
    if wanted.last and wanted.best:
        raise UsageError("--last and --best at once", "take one of them")
    asked = Asked(
        choice(What, wanted.what, "--what"),
        Pick.LAST if wanted.last else Pick.BEST if wanted.best else Pick.ALL,
        wanted.wide,
        tuple(wanted.tags),
        tuple(wanted.runs),
    )
    talk = context.talk(talking.verbose, quiet=talking.quiet)
    return _export(talk, paths, wanted.to, asked, options(ctx, paths, reading))


def _export(talk: Talk, paths: list[str], to: str, asked: Asked, how: Options) -> int:
    from tbingest.pipeline.export import export as write

    began = clock.monotonic()
    with talk.progress() as (progress, expect):
        done = write(paths, to, asked, how, progress=progress, expect=expect)
    _tell(talk, done, asked, clock.monotonic() - began)
    return int(not done.values)


_SHOWN = 5


def _tell(talk: Talk, done: Exported, asked: Asked, seconds: float) -> None:
    """What was written, on stderr, since the table may go to stdout."""
    problems = done.problems if talk.verbose else done.problems[:_SHOWN]
    for problem in problems:
        hint = f" ({problem.hint})" if problem.hint else ""
        talk.say(f"  {problem.place}: {problem.what}{hint}")
    if len(done.problems) > len(problems):
        talk.say(
            f"  and {plural(len(done.problems) - len(problems), 'more problem')} (-v shows all)"
        )
    if done.undirected:
        names = sorted(done.undirected)
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        talk.say(f"  no best value is known of {', '.join(names[:_SHOWN])}{more}: see --last")
    if not done.values:
        talk.error(f"no {asked.what} to export", "tbingest inspect says what the files hold")
        return
    where = "stdout" if done.to == "-" else done.to
    said = (
        f"{done.values:,} values, {_count(len(done.tags), 'tag')}, {_count(len(done.runs), 'run')}"
    )
    talk.say(("✓ ", "green"), f"{said} → {where}  ({seconds:.1f} s)")


def _count(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
