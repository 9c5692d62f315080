"""`tbingest check`."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tbingest.cli import flags as shared
from tbingest.cli.flags import context
from tbingest.cli.reports import is_on_github, kind_of, rendered, summarise

if TYPE_CHECKING:
    from tbingest.check.verdict import Verdict
    from tbingest.cli.console import Talk

EPILOG = """Examples:

tbingest check logs/ --max 'val/loss=0.35' --min 'val/acc=0.9@best'

tbingest check runs/ --require 'train/loss' --min-steps 100 --no-restart

tbingest check logs/ --baseline main-logs/ --max-regression 2%

tbingest check runs --verify

tbingest check logs/ --junit check.xml --report check.html
"""


class Form(StrEnum):
    """How the verdict is written to stdout."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    GITHUB = "github"
    HTML = "html"


def check(
    ctx: typer.Context,
    paths: shared.Paths,
    max_: Annotated[
        list[str],
        typer.Option(
            "--max",
            metavar="TAG=VALUE[@WHICH]",
            help="The tag's value is at most this; WHICH: last, first, best, mean(n) or at(step).",
        ),
    ] = [],  # noqa: B006 - Typer copies it
    min_: Annotated[
        list[str],
        typer.Option("--min", metavar="TAG=VALUE[@WHICH]", help="The value is at least this."),
    ] = [],  # noqa: B006
    require: Annotated[list[str], typer.Option(metavar="TAG", help="Every run has this tag.")] = [],  # noqa: B006
    no_nan: Annotated[
        bool, typer.Option("--no-nan/--allow-nan", help="No value is NaN or infinite.")
    ] = True,
    min_steps: Annotated[
        int, typer.Option(metavar="N", min=0, help="Every run's longest curve has N points.")
    ] = 0,
    monotonic: Annotated[
        list[str],
        typer.Option(
            metavar="TAG[=up|down]", help="The tag never turns back; losses go down, others up."
        ),
    ] = [],  # noqa: B006
    no_restart: Annotated[
        bool, typer.Option("--no-restart", help="No step falls back or repeats.")
    ] = False,
    no_spike: Annotated[
        list[str],
        typer.Option(
            metavar="TAG[=K]",
            help="No value is more than K (10) robust deviations from the median of the 50 before.",
        ),
    ] = [],  # noqa: B006
    no_divergence: Annotated[
        list[str],
        typer.Option(metavar="TAG[=K]", help="The last value is at most K (2) times the best."),
    ] = [],  # noqa: B006
    baseline: Annotated[
        str, typer.Option(metavar="PATH", help="Compare with these logs, or this logdir.")
    ] = "",
    max_regression: Annotated[
        str, typer.Option(metavar="2%|0.01", help="How much worse than the baseline a tag may be.")
    ] = "0%",
    direction: Annotated[
        list[str],
        typer.Option(
            metavar="TAG=up|down", help="Which way is better, where the name is no guide."
        ),
    ] = [],  # noqa: B006
    runs: Annotated[list[str], typer.Option(metavar="GLOB", help="Check only these runs.")] = [],  # noqa: B006
    verify: shared.Verify = False,
    as_: shared.As = "",
    run: shared.Run = "",
    step: shared.Step = "",
    time: shared.Time = "",
    wall_time: shared.WallTime = "",
    include: shared.Include = [],  # noqa: B006
    exclude: shared.Exclude = [],  # noqa: B006
    tag_map: shared.TagMap = [],  # noqa: B006
    output_format: Annotated[
        str,
        typer.Option(
            metavar="text|json|markdown|github|html",
            envvar="TBINGEST_OUTPUT_FORMAT",
            help="How to answer on stdout.",
        ),
    ] = "text",
    junit: Annotated[str, typer.Option(metavar="FILE", help="Write JUnit XML, too.")] = "",
    metrics: Annotated[
        str, typer.Option(metavar="FILE", help="Write the last values as nested JSON, too.")
    ] = "",
    openmetrics: Annotated[
        str, typer.Option(metavar="FILE", help="Write the last values as OpenMetrics, too.")
    ] = "",
    report: Annotated[
        str, typer.Option(metavar="FILE", help="Write a report, too: .json, .md or .html.")
    ] = "",
    config: shared.Config_ = "",
    quiet: shared.Quiet = False,
    verbose: shared.Verbose = 0,
) -> int:
    """Hold logs, or a logdir, against rules: 1 where one of them fails. Writes no event files."""
    form = shared.choice(Form, output_format, "--output-format")
    if verify and only_verified(ctx):
        return max(verified(ctx, path, config) for path in paths)
    verdict = judged(ctx, paths)
    files = {junit: "junit", metrics: "metrics", openmetrics: "openmetrics"}
    for path, kind in files.items():
        if path:
            shared.write_text(path, rendered(verdict, kind), f"--{kind}")
    if report:
        shared.write_text(report, rendered(verdict, kind_of(report)), "--report")
    talk = context.talk(verbose, quiet=quiet)
    tell(talk, verdict, form, verbose=verbose > 0)
    return int(not verdict.passed)


def judged(ctx: typer.Context, paths: list[str]) -> Verdict:
    """The verdict on `paths` by the flags and the config."""
    from tbingest.check.rules import parse_regression, rules_of_flags
    from tbingest.check.run import check as run_check
    from tbingest.errors import UsageError

    given: dict[str, Any] = ctx.params
    if shared.is_flag(ctx, "max_regression") and not given["baseline"]:
        raise UsageError("--max-regression needs a --baseline", "as in --baseline main-logs/")
    flags = rules_of_flags(given)
    options = shared.options(ctx, paths)
    checks = context.config.checks if context.config is not None else ()
    rules = [*flags, *checks, parse_regression(given["max_regression"])]
    return run_check(
        paths,
        rules,
        options,
        runs=given["runs"],
        baseline=given["baseline"],
    )


def only_verified(ctx: typer.Context) -> bool:
    """True where --verify is a flag: a default of it is for `convert`. Raises UsageError."""
    from tbingest.errors import UsageError

    flags = [name for name in ctx.params if shared.is_flag(ctx, name)]
    others = sorted({*flags} - {"paths", "verify", "config", "quiet", "verbose"})
    if "verify" in flags and others:
        name = others[0].strip("_").replace("_", "-")
        raise UsageError(f"--verify looks at nothing else: leave out --{name}", "or check twice")
    return "verify" in flags


def verified(ctx: typer.Context, logdir: str, config: str) -> int:
    """1 where a logdir does not hold what its logs do, or an event file is damaged."""
    from tbingest.cli.text import show_verdict
    from tbingest.pipeline.verify import verify_logdir
    from tbingest.serve import check_logdir

    talk = context.talk(ctx.params["verbose"], quiet=ctx.params["quiet"])
    check_logdir(Path(logdir))
    asked = shared.command_context(ctx, "convert", ["--config", config, "--", logdir])
    verdict = verify_logdir(logdir, shared.options(asked, [logdir]))
    show_verdict(talk, verdict)
    if not verdict.files:
        talk.error(f"{logdir}: holds no event files", "tbingest convert writes some")
    return int(verdict.failed or not verdict.files)


def tell(talk: Talk, verdict: Verdict, form: Form, *, verbose: bool) -> None:
    """The verdict on stdout, and on GitHub in its own terms."""
    if form in {Form.JSON, Form.MARKDOWN, Form.HTML}:
        sys.stdout.write(rendered(verdict, form))
    elif form == Form.TEXT and talk.quiet:
        for one in verdict.failures:
            talk.error(f"{one.text}  [{one.rule}]", one.hint)
    elif form == Form.TEXT:
        from tbingest.cli.text import verdict_lines

        for parts in verdict_lines(verdict, verbose=verbose):
            talk.line(*parts)
    if form == Form.GITHUB or (is_on_github() and form == Form.TEXT):
        from tbingest.report.github import commands

        for line in commands(verdict, os.environ.get("GITHUB_WORKSPACE", "")):
            sys.stdout.write(line + "\n")
    if form == Form.GITHUB or is_on_github():
        summarise(verdict)
