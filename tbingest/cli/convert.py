"""`tbingest convert`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tbingest.cli import flags as shared
from tbingest.cli import follow as live
from tbingest.cli import reports as reporting
from tbingest.cli.flags import context
from tbingest.cli.reports import kind_of
from tbingest.cli.signals import Stop

if TYPE_CHECKING:
    from tbingest.cli.console import Talk
    from tbingest.model.report import Report
    from tbingest.options import Options

EPILOG = """Examples:

tbingest convert logs/ --logdir runs

tbingest convert metrics.csv --step iteration --run baseline

tbingest convert checkpoints/ --tensors '*attention*' --every 5 -j 4

tbingest convert logs/ --follow --serve beside a running training

tail -f train.log | tbingest convert - --follow --run today

tbingest convert logs/ --report report.html --strict in CI
"""


def convert(
    ctx: typer.Context,
    paths: shared.Paths,
    logdir: shared.Logdir = "runs",
    follow: Annotated[
        bool,
        typer.Option("-f", "--follow", help="Go on as the logs grow, until Ctrl-C."),
    ] = False,
    until_idle: live.UntilIdle = "",
    once_done: live.OnceDone = "",
    interval: live.Interval = "",
    serve: Annotated[
        bool, typer.Option("--serve", help="Start TensorBoard on the logdir, too.")
    ] = False,
    port: shared.Port = None,
    bind_all: shared.BindAll = False,
    as_: shared.As = "",
    run: shared.Run = "",
    step: shared.Step = "",
    time: shared.Time = "",
    wall_time: shared.WallTime = "",
    include: shared.Include = [],  # noqa: B006 - Typer copies it
    exclude: shared.Exclude = [],  # noqa: B006
    tag_map: shared.TagMap = [],  # noqa: B006
    on_restart: shared.OnRestart = "auto",
    plots: shared.Plots = "auto",
    no_plots: Annotated[bool, typer.Option("--no-plots", help="Short for --plots none.")] = False,
    adopt: Annotated[
        bool,
        typer.Option(
            "--adopt",
            envvar="TBINGEST_ADOPT",
            help="Copy event files that lie among the logs into the logdir, as they are.",
        ),
    ] = False,
    aggregate: Annotated[
        str,
        typer.Option(
            metavar="mean±std",
            envvar="TBINGEST_AGGREGATE",
            help="Write the mean of runs that differ in a number or seed, and its band, too.",
        ),
    ] = "",
    tensors: Annotated[
        list[str],
        typer.Option(
            metavar="GLOB",
            envvar="TBINGEST_TENSORS",
            help="Take only these tensors of parameter dumps, as in 'encoder.*'.",
        ),
    ] = [],  # noqa: B006
    every: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, envvar="TBINGEST_EVERY", help="Take one of every N parameter dumps."
        ),
    ] = 1,
    projector: Annotated[
        str,
        typer.Option(
            metavar="GLOB",
            envvar="TBINGEST_PROJECTOR",
            help="Show these matrices of the last dump as embeddings in the Projector.",
        ),
    ] = "",
    jobs: Annotated[
        int,
        typer.Option(
            "-j",
            "--jobs",
            metavar="N",
            min=1,
            envvar="TBINGEST_JOBS",
            help="Read so many parameter dumps at once.",
        ),
    ] = 1,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            envvar="TBINGEST_STRICT",
            help="Fail where anything was skipped or could not be read.",
        ),
    ] = False,
    verify: shared.Verify = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read everything, write nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Rebuild what tbingest wrote of these logs before.")
    ] = False,
    output_format: Annotated[
        str,
        typer.Option(
            metavar="text|json|github|markdown",
            envvar="TBINGEST_OUTPUT_FORMAT",
            help="How to report on stdout.",
        ),
    ] = "text",
    report: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            envvar="TBINGEST_REPORT",
            help="Write a report, too: .json, .md or .html, with the curves.",
        ),
    ] = "",
    config: shared.Config_ = "",
    quiet: shared.Quiet = False,
    verbose: shared.Verbose = 0,
) -> int:
    """Write logs and parameter dumps to TensorBoard event files.

    Converting again adds only what is new; event files of others are never touched.
    """
    check_flags(ctx)
    form = shared.choice(reporting.Form, output_format, "--output-format")
    if report:
        kind_of(report)
    options = shared.options(ctx, paths)
    talk = context.talk(verbose, quiet=quiet)
    code = 0
    if follow:
        from tbingest.cli.tensorboard import running

        start = (lambda: running(talk, logdir, port=port, bind_all=bind_all)) if serve else None
        done, code = live.work(talk, paths, logdir, options, live.asked(ctx.params), start)
    else:
        done, code = work(talk, paths, logdir, options, dry_run=dry_run)
    if report:
        shared.write_text(report, reporting.rendered_conversion(done, kind_of(report)), "--report")
    if form in {reporting.Form.TEXT, reporting.Form.GITHUB}:
        from tbingest.cli.text import tell

        tell(talk, done, serve=serve)
    else:
        sys.stdout.write(reporting.rendered_conversion(done, form))
    reporting.on_github(done, form)
    code = code or shared.exit_code(done, strict=strict)
    if verify and not dry_run:
        code = max(code, verified(talk, paths, logdir, options))
    if serve and not (follow or dry_run or done.nothing_read or code > 1):
        from tbingest.cli.tensorboard import until_stopped

        return until_stopped(talk, logdir, port=port, bind_all=bind_all) or code
    return code


_GO_WITH = {
    "follow": ("until_idle", "once_done", "interval"),
    "serve": ("port", "bind_all"),
}


def check_flags(ctx: typer.Context) -> None:
    """Raises UsageError for flags that would do nothing."""
    from tbingest.errors import UsageError

    for flag, others in _GO_WITH.items():
        if ctx.params["dry_run"] and ctx.params[flag]:
            raise UsageError(f"--dry-run writes nothing that --{flag} could show", "leave one out")
        for name in others:
            if not ctx.params[flag] and shared.is_flag(ctx, name):
                given = name.replace("_", "-")
                raise UsageError(f"--{given} goes with --{flag}", f"add --{flag}, or leave it out")


def verified(talk: Talk, paths: list[str], logdir: str, options: Options) -> int:
    """1 where the event files do not hold what the logs do."""
    from tbingest.cli.text import show_verdict
    from tbingest.logdir.files import event_files
    from tbingest.pipeline.verify import verify
    from tbingest.plan.planner import plan

    size = sum(path.stat().st_size for path in event_files(logdir))
    with talk.progress(size) as progress:
        verdict = verify(plan(paths, logdir, options), logdir, progress)
    show_verdict(talk, verdict)
    return int(verdict.failed)


def work(
    talk: Talk, paths: list[str], logdir: str, options: Options, *, dry_run: bool = False
) -> tuple[Report, int]:
    """Convert under a progress bar; the report, and the exit code of a signal that ended it."""
    from tbingest.pipeline.convert import convert
    from tbingest.plan.planner import plan

    planned = plan(paths, logdir, options, remember=not dry_run)
    total = sum(entry.source.size for job in planned.jobs for entry in job.sources)
    with talk.progress(total) as progress, Stop() as stop:
        done = convert(
            paths,
            logdir,
            options,
            dry_run=dry_run,
            planned=planned,
            progress=progress,
            stop=stop,
        )
    if stop():
        done.notes.append("stopped before the end: the next conversion goes on from here")
    return done, stop.code
