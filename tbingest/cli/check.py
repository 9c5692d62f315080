"""`tbingest check`."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tbingest.cli.complete import runs, shown, tags
from tbingest.cli.context import context
from tbingest.cli.flags import Dumps, Paths, Reading, Talking, Verify, Writing
from tbingest.cli.grouped import grouped
from tbingest.cli.numbers import whole
from tbingest.cli.reports import is_on_github, kind_of, rendered, summarise, write_text
from tbingest.cli.settings import (
    choice,
    command_context,
    config,
    group_of,
    is_flag,
    options,
    take_up,
)

if TYPE_CHECKING:
    from tbingest.check.verdict import Verdict
    from tbingest.cli.console import Talk

EXAMPLES = """
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


@dataclass
class Rules:
    """What is asked"""

    max_: Annotated[
        list[str],
        typer.Option(
            "--max",
            metavar="TAG=VALUE[@WHICH]",
            help="The tag's value is at most this; WHICH: last, first, best, mean(n) or at(step).",
        ),
    ] = field(default_factory=list)
    min_: Annotated[
        list[str],
        typer.Option("--min", metavar="TAG=VALUE[@WHICH]", help="The value is at least this."),
    ] = field(default_factory=list)
    require: Annotated[
        list[str], typer.Option(metavar="TAG", autocompletion=tags, help="Every run has this tag.")
    ] = field(default_factory=list)
    no_nan: Annotated[
        bool, typer.Option("--no-nan/--allow-nan", help="No value is NaN or infinite.")
    ] = True
    min_steps: Annotated[
        int,
        typer.Option(
            metavar="N",
            parser=whole("--min-steps", 0, 100),
            help="Every run's longest curve has N points.",
        ),
    ] = 0
    monotonic: Annotated[
        list[str],
        typer.Option(
            metavar="TAG[=up|down]", help="The tag never turns back; losses go down, others up."
        ),
    ] = field(default_factory=list)
    no_restart: Annotated[
        bool, typer.Option("--no-restart", help="No step falls back or repeats.")
    ] = False
    no_spike: Annotated[
        list[str],
        typer.Option(
            metavar="TAG[=K]",
            help="No value is more than K (10) robust deviations from the median of the 50 before.",
        ),
    ] = field(default_factory=list)
    no_divergence: Annotated[
        list[str],
        typer.Option(metavar="TAG[=K]", help="The last value is at most K (2) times the best."),
    ] = field(default_factory=list)


@dataclass
class Comparison:
    """What it is compared with, and for which runs"""

    baseline: Annotated[
        str, typer.Option(metavar="PATH", help="Compare with these logs, or this logdir.")
    ] = ""
    max_regression: Annotated[
        str, typer.Option(metavar="2%|0.01", help="How much worse than the baseline a tag may be.")
    ] = "0%"
    direction: Annotated[
        list[str],
        typer.Option(
            metavar="TAG=up|down", help="Which way is better, where the name does not say."
        ),
    ] = field(default_factory=list)
    runs: Annotated[
        list[str], typer.Option(metavar="GLOB", autocompletion=runs, help="Check only these runs.")
    ] = field(default_factory=list)


@dataclass
class Answers:
    """What is said"""

    output_format: Annotated[
        str,
        typer.Option(
            metavar="text|json|markdown|github|html",
            envvar="TBINGEST_OUTPUT_FORMAT",
            autocompletion=shown("text", "json", "markdown", "github", "html"),
            help="How to answer on stdout.",
        ),
    ] = "text"
    junit: Annotated[str, typer.Option(metavar="FILE", help="Write JUnit XML, too.")] = ""
    metrics: Annotated[
        str, typer.Option(metavar="FILE", help="Write the last values as nested JSON, too.")
    ] = ""
    openmetrics: Annotated[
        str, typer.Option(metavar="FILE", help="Write the last values as OpenMetrics, too.")
    ] = ""
    report: Annotated[
        str, typer.Option(metavar="FILE", help="Write a report, too: .json, .md or .html.")
    ] = ""

    @property
    def files(self) -> list[tuple[str, str]]:
        """(path, kind) of the documents that are wanted beside the report."""
        kinds = ("junit", "metrics", "openmetrics")
        return [(getattr(self, kind), kind) for kind in kinds if getattr(self, kind)]


@grouped
def check(
    ctx: typer.Context,
    paths: Paths,
    rules: Rules,
    comparison: Comparison,
    reading: Reading,
    answers: Answers,
    talking: Talking,
    verify: Verify = False,
) -> int:
    """Hold logs, or a logdir, against rules: 1 where one of them fails.

    No event files are written.
    """
    take_up(talking)
    form = choice(Form, answers.output_format, "--output-format")
    talk = context.talk(talking.verbose, quiet=talking.quiet)
    if verify and only_verified(ctx):
        return max(verified(ctx, talk, path, talking.config) for path in paths)
    verdict = judged(ctx, paths, rules, comparison, reading)
    for path, kind in answers.files:
        write_text(path, rendered(verdict, kind), f"--{kind}")
    if answers.report:
        write_text(answers.report, rendered(verdict, kind_of(answers.report)), "--report")
    tell(talk, verdict, form, verbose=talking.verbose > 0)
    return int(not verdict.passed)


def judged(
    ctx: typer.Context, paths: list[str], asked: Rules, comparison: Comparison, reading: Reading
) -> Verdict:
    """The verdict on `paths` by the flags and the config."""
    from tbingest.check.rules import parse_regression, rules_of_flags
    from tbingest.check.run import check as run_check
    from tbingest.errors import UsageError
    from tbingest.options import OnRestart

    if is_flag(ctx, "max_regression") and not comparison.baseline:
        raise UsageError("--max-regression needs a --baseline", "as in --baseline main-logs/")
    flags = rules_of_flags({**vars(asked), **vars(comparison)})
    rules = [*flags, *config().checks, parse_regression(comparison.max_regression)]
    # Which points of a log stand is said by the settings of its conversion.
    converted = command_context(ctx, "convert", ["--config", ctx.params["config"], "--", *paths])
    policy = choice(OnRestart, group_of(Writing, converted).on_restart, "--on-restart")
    return run_check(
        paths,
        rules,
        replace(options(ctx, paths, reading), on_restart=policy),
        runs=comparison.runs,
        baseline=comparison.baseline,
    )


def only_verified(ctx: typer.Context) -> bool:
    """True where --verify is a flag: a default of it is for `convert`. Raises UsageError."""
    from tbingest.errors import UsageError

    flags = [name for name in ctx.params if is_flag(ctx, name)]
    others = sorted({*flags} - {"paths", "verify", "config", "quiet", "verbose", "color", "debug"})
    if "verify" in flags and others:
        name = others[0].strip("_").replace("_", "-")
        raise UsageError(f"--verify looks at nothing else: leave out --{name}", "or check twice")
    return "verify" in flags


def verified(ctx: typer.Context, talk: Talk, logdir: str, path: str) -> int:
    """1 where a logdir does not hold what its logs do, or an event file is damaged.

    `path` is the config's, whose settings are those of the conversion.
    """
    from tbingest.cli.text import show_verdict
    from tbingest.pipeline.verify import verify_logdir
    from tbingest.serve import check_logdir

    check_logdir(Path(logdir))
    asked = command_context(ctx, "convert", ["--config", path, "--", logdir])
    reading, writing, dumps = (
        group_of(Reading, asked),
        group_of(Writing, asked),
        group_of(Dumps, asked),
    )
    verdict = verify_logdir(logdir, options(asked, [logdir], reading, writing, dumps))
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
