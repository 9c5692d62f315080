"""`tbingest convert`."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated

import typer

from tbingest.cli import follow as following
from tbingest.cli import reports as reporting
from tbingest.cli.complete import shown
from tbingest.cli.context import context
from tbingest.cli.flags import (
    Choosing,
    Dumps,
    Live,
    Logdir,
    Paths,
    Reading,
    Serving,
    Talking,
    Verify,
    Writing,
)
from tbingest.cli.grouped import grouped
from tbingest.cli.reports import kind_of, write_text
from tbingest.cli.settings import choice, is_flag, options, take_up
from tbingest.cli.signals import Stop

if TYPE_CHECKING:
    from tbingest.cli.console import Talk
    from tbingest.model.report import Report
    from tbingest.options import Options

EXAMPLES = """
tbingest convert logs/ --logdir runs
tbingest convert metrics.csv --step iteration --run baseline
tbingest convert checkpoints/ --tensors '*attention*' --every 5 -j 4
tbingest convert logs/ --follow --serve            # beside a running training
tail -f train.log | tbingest convert - --follow --run today
tbingest convert logs/ --report report.html --strict  # in CI
"""


@dataclass
class Doing:
    """How it is done"""

    follow: Annotated[
        bool,
        typer.Option("-f", "--follow", help="Go on as the logs grow, until Ctrl-C."),
    ] = False
    serve: Annotated[
        bool, typer.Option("--serve", help="Start TensorBoard on the logdir, too.")
    ] = False
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read everything, write nothing.")] = (
        False
    )
    force: Annotated[
        bool, typer.Option("--force", help="Rebuild what tbingest wrote of these logs before.")
    ] = False
    discard: Annotated[
        bool, typer.Option("--discard", help="The same, without points whose logs are gone.")
    ] = False
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            envvar="TBINGEST_STRICT",
            help="Fail where anything was skipped, lost or could not be read.",
        ),
    ] = False
    verify: Verify = False


@dataclass
class Reporting:
    """What is said"""

    output_format: Annotated[
        str,
        typer.Option(
            metavar="text|json|github|markdown",
            envvar="TBINGEST_OUTPUT_FORMAT",
            autocompletion=shown("text", "json", "github", "markdown"),
            help="How to report on stdout.",
        ),
    ] = "text"
    report: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            envvar="TBINGEST_REPORT",
            help="Write a report, too: .json, .md or .html, with the curves.",
        ),
    ] = ""


@grouped
def convert(
    ctx: typer.Context,
    paths: Paths,
    doing: Doing,
    reading: Reading,
    choosing: Choosing,
    writing: Writing,
    dumps: Dumps,
    live: Live,
    serving: Serving,
    reporting_: Reporting,
    talking: Talking,
    logdir: Logdir = "runs",
) -> int:
    """Write logs and parameter dumps to TensorBoard event files.

    Converting again adds only what is new; event files of others are never touched.
    """
    take_up(talking)
    check_flags(ctx, doing)
    check_paths(paths, doing)
    form = form_of(reporting_)
    asked = options(
        ctx, paths, reading, writing, dumps, choosing, force=doing.force, discard=doing.discard
    )
    talk = context.talk(talking.verbose, quiet=talking.quiet)
    if doing.follow:
        done, code = follow(talk, paths, logdir, asked, live, serving if doing.serve else None)
    else:
        done, code = work(talk, paths, logdir, asked, dry_run=doing.dry_run)
    report(talk, done, form, reporting_.report, serve=doing.serve, stopped=bool(code))
    code = code or reporting.exit_code(done, strict=doing.strict)
    if doing.verify and not doing.dry_run:
        code = max(code, verified(talk, paths, logdir, asked))
    if doing.serve and not (doing.follow or doing.dry_run or done.nothing_read or code > 1):
        from tbingest.cli.tensorboard import until_stopped

        return until_stopped(talk, [logdir], serving) or code
    return code


def form_of(asked: Reporting) -> reporting.Form:
    """How to report on stdout. Raises UsageError, also for a report that no file can be."""
    form = choice(reporting.Form, asked.output_format, "--output-format")
    if asked.report:
        kind_of(asked.report)
    return form


_GO_WITH = {"follow": fields(Live), "serve": fields(Serving)}


def check_flags(ctx: typer.Context, doing: Doing) -> None:
    """Raises UsageError for flags that would do nothing."""
    from tbingest.errors import UsageError

    for flag, others in _GO_WITH.items():
        asked = getattr(doing, flag)
        if doing.dry_run and asked:
            raise UsageError(f"--dry-run writes nothing that --{flag} could show", "leave one out")
        for name in [one.name for one in others]:
            if not asked and is_flag(ctx, name):
                given = name.strip("_").replace("_", "-")
                raise UsageError(f"--{given} goes with --{flag}", f"add --{flag}, or leave it out")


def check_paths(paths: list[str], doing: Doing) -> None:
    """Raises UsageError for a last path that is not there, as in `convert logs runs`."""
    from tbingest.errors import UsageError

    *there, last = paths
    gone = last != "-" and not os.path.exists(last)  # noqa: PTH110 - as it is given
    if there and gone and not doing.follow and all(map(os.path.exists, there)):
        raise UsageError(
            f"{last}: no such file or folder", f"check it; to write there: --logdir {last}"
        )


def follow(
    talk: Talk,
    paths: list[str],
    logdir: str,
    asked: Options,
    live: Live,
    serving: Serving | None,
) -> tuple[Report, int]:
    """Convert what is there and what comes; beside a TensorBoard where one is wanted."""
    from tbingest.cli.tensorboard import running

    start = (lambda: running(talk, [logdir], serving)) if serving else None
    return following.work(talk, paths, logdir, asked, following.asked(live), start)


def report(
    talk: Talk, done: Report, form: reporting.Form, path: str, *, serve: bool, stopped: bool
) -> None:
    """Say what was done: into a file, on stdout, and on GitHub in its own terms."""
    from tbingest.cli.text import tell

    if path:
        write_text(path, reporting.rendered_conversion(done, kind_of(path)), "--report")
    if form in {reporting.Form.TEXT, reporting.Form.GITHUB} and stopped and done.nothing_read:
        talk.say("stopped before anything was read")
    elif form in {reporting.Form.TEXT, reporting.Form.GITHUB}:
        tell(talk, done, serve=serve)
    else:
        sys.stdout.write(reporting.rendered_conversion(done, form))
    reporting.on_github(done, form)


def verified(talk: Talk, paths: list[str], logdir: str, asked: Options) -> int:
    """1 where the event files do not hold what the logs do."""
    from tbingest.cli.text import show_verdict
    from tbingest.pipeline.verify import verify_converted

    with talk.progress() as (progress, expect):
        verdict = verify_converted(paths, logdir, asked, progress, expect)
    show_verdict(talk, verdict)
    return int(verdict.failed)


def work(
    talk: Talk, paths: list[str], logdir: str, asked: Options, *, dry_run: bool = False
) -> tuple[Report, int]:
    """Convert under a progress bar; the report, and the exit code of a signal that ended it."""
    from tbingest.pipeline.convert import convert as run

    try:
        with talk.progress() as (progress, expect), Stop() as stop:
            done = run(
                paths, logdir, asked, dry_run=dry_run, progress=progress, expect=expect, stop=stop
            )
    except KeyboardInterrupt:  # what was in hand took too long; Typer makes an exit code of it
        talk.say("interrupted: the next conversion goes on from here")
        raise
    if stop():
        done.notes.append("stopped before the end: the next conversion goes on from here")
    return done, stop.code
