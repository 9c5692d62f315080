"""The options that commands share, in groups: what a group is called stands above it in the help.

The first line of each docstring is that heading.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

import typer

from tbingest.cli.complete import formats, policies, shown
from tbingest.cli.numbers import whole
from tbingest.cli.settings import configure


class OutputFormat(StrEnum):
    """How results are written to stdout."""

    TEXT = "text"
    JSON = "json"


Paths = Annotated[list[str], typer.Argument(metavar="PATH", help="Files or folders; - is stdin.")]
Logdir = Annotated[
    str, typer.Option(metavar="DIR", envvar="TBINGEST_LOGDIR", help="Where TensorBoard reads.")
]


@dataclass
class Reading:
    """What is read, and how"""

    as_: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="FORMAT",
            envvar="TBINGEST_AS",
            autocompletion=formats,
            help="Read everything as this format.",
        ),
    ] = ""
    run: Annotated[
        str,
        typer.Option(
            metavar="NAME", envvar="TBINGEST_RUN", help="The run's name, or a prefix of all."
        ),
    ] = ""
    step: Annotated[
        str,
        typer.Option(metavar="FIELD", envvar="TBINGEST_STEP", help="The field that is the step."),
    ] = ""
    time: Annotated[
        str,
        typer.Option(metavar="FIELD", envvar="TBINGEST_TIME", help="The field that is the time."),
    ] = ""
    wall_time: Annotated[
        str,
        typer.Option(
            metavar="mtime|TIME",
            envvar="TBINGEST_WALL_TIME",
            help="For logs without times: the file's mtime, unix seconds, or an ISO time. "
            "By default that of a log beside it, else mtime.",
        ),
    ] = ""
    include: Annotated[
        list[str],
        typer.Option(metavar="GLOB", envvar="TBINGEST_INCLUDE", help="Read only these names."),
    ] = field(default_factory=list)
    exclude: Annotated[
        list[str],
        typer.Option(metavar="GLOB", envvar="TBINGEST_EXCLUDE", help="Do not read these names."),
    ] = field(default_factory=list)
    tag_map: Annotated[
        list[str],
        typer.Option(
            metavar="PATTERN=TAG",
            envvar="TBINGEST_TAG_MAP",
            help=r"Rename fields, as in 'val_(.*)=val/\1'. The first match wins.",
        ),
    ] = field(default_factory=list)


@dataclass
class Writing:
    """What is written"""

    on_restart: Annotated[
        str,
        typer.Option(
            metavar="POLICY",
            envvar="TBINGEST_ON_RESTART",
            autocompletion=policies,
            help="Where steps fall back or repeat: auto (a training that begins again is a run of "
            "its own), last, keep-first, sub-run, sort or renumber.",
        ),
    ] = "auto"
    plots: Annotated[
        str,
        typer.Option(
            metavar="auto|all|none",
            envvar="TBINGEST_PLOTS",
            autocompletion=shown("auto", "all", "none"),
            help="Draw an overview figure of each run; all: the matrices of dumps, too.",
        ),
    ] = "auto"
    no_plots: Annotated[bool, typer.Option("--no-plots", help="Short for --plots none.")] = False
    adopt: Annotated[
        bool,
        typer.Option(
            "--adopt",
            envvar="TBINGEST_ADOPT",
            help="Copy event files that lie among the logs into the logdir, as they are.",
        ),
    ] = False
    also_by: Annotated[
        str,
        typer.Option(
            metavar="COUNTER",
            envvar="TBINGEST_ALSO_BY",
            autocompletion=shown("epoch", "tokens", "time"),
            help="Write each run once more over epoch, tokens, another counter, or time.",
        ),
    ] = ""
    best: Annotated[
        bool,
        typer.Option(
            "--best",
            envvar="TBINGEST_BEST",
            help="Write the best loss and score of each run as best/TAG, for the HParams tab.",
        ),
    ] = False
    aggregate: Annotated[
        str,
        typer.Option(
            metavar="mean+-std|min-max|quartiles",
            envvar="TBINGEST_AGGREGATE",
            autocompletion=shown("mean+-std", "min-max", "quartiles", "none"),
            help="Write runs that differ in a number or seed as one more, a middle in a band.",
        ),
    ] = ""


@dataclass
class Choosing:
    """What is taken of it"""

    run_map: Annotated[
        list[str],
        typer.Option(
            metavar="GLOB=NAME",
            envvar="TBINGEST_RUN_MAP",
            help="Rename runs, as in 'old/*=new/*'; those of one name become one run.",
        ),
    ] = field(default_factory=list)
    drop_tags: Annotated[
        list[str],
        typer.Option(metavar="GLOB", envvar="TBINGEST_DROP_TAGS", help="Leave these tags out."),
    ] = field(default_factory=list)
    only: Annotated[
        str,
        typer.Option(
            metavar="KINDS",
            envvar="TBINGEST_ONLY",
            help="Take only these kinds of values, as in scalars,histograms.",
        ),
    ] = ""
    thin: Annotated[
        int,
        typer.Option(
            metavar="N",
            parser=whole("--thin", 1, 100),
            envvar="TBINGEST_THIN",
            help="Of each N values of a tag keep the lowest, the highest and the last.",
        ),
    ] = 1


@dataclass
class Dumps:
    """Checkpoints and other dumps of parameters"""

    tensors: Annotated[
        list[str],
        typer.Option(
            metavar="GLOB",
            envvar="TBINGEST_TENSORS",
            help="Take only these tensors of parameter dumps, as in 'encoder.*'.",
        ),
    ] = field(default_factory=list)
    every: Annotated[
        int,
        typer.Option(
            metavar="N",
            parser=whole("--every", 1, 5),
            envvar="TBINGEST_EVERY",
            help="Take one of every N parameter dumps.",
        ),
    ] = 1
    statistics: Annotated[
        bool,
        typer.Option(
            "--statistics",
            envvar="TBINGEST_STATISTICS",
            help="Write the mean, deviation, minimum and maximum of every tensor, too.",
        ),
    ] = False
    projector: Annotated[
        str,
        typer.Option(
            metavar="GLOB",
            envvar="TBINGEST_PROJECTOR",
            help="Show these matrices of the last dump as embeddings in the Projector.",
        ),
    ] = ""
    jobs: Annotated[
        int,
        typer.Option(
            "-j",
            "--jobs",
            metavar="N",
            parser=whole("--jobs", 1, 4),
            envvar="TBINGEST_JOBS",
            help="Use so many processes: for many logs, and for parameter dumps.",
        ),
    ] = 1


@dataclass
class Live:
    """Logs that grow"""

    until_idle: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            envvar="TBINGEST_UNTIL_IDLE",
            help="Follow until nothing new came for so long, as in 10m.",
        ),
    ] = ""
    once_done: Annotated[
        str,
        typer.Option(
            metavar="FILE", envvar="TBINGEST_ONCE_DONE", help="Follow until this file exists."
        ),
    ] = ""
    interval: Annotated[
        str,
        typer.Option(
            metavar="TIME", envvar="TBINGEST_INTERVAL", help="Look for changes at most so often."
        ),
    ] = ""


@dataclass
class Serving:
    """TensorBoard"""

    port: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            parser=whole("--port", 0, 6006, 65535),
            envvar="TBINGEST_PORT",
            help="The port; by default a free one from 6006.",
        ),
    ] = None
    bind_all: Annotated[
        bool, typer.Option("--bind-all", help="Let other machines in: no password!")
    ] = False
    all_points: Annotated[
        bool,
        typer.Option(
            "--all-points",
            envvar="TBINGEST_ALL_POINTS",
            help="Show every point, at 250-500 bytes each.",
        ),
    ] = False
    open_: Annotated[
        bool, typer.Option("--open", help="Open the browser, where there is a terminal.")
    ] = False


Verify = Annotated[
    bool,
    typer.Option(
        "--verify",
        envvar="TBINGEST_VERIFY",
        help="Read the event files back, and compare every point with the logs.",
    ),
]
Answer = Annotated[
    str,
    typer.Option(
        metavar="text|json",
        envvar="TBINGEST_OUTPUT_FORMAT",
        autocompletion=shown("text", "json"),
        help="How to answer on stdout.",
    ),
]


@dataclass
class Talking:
    """In general (also before the command)"""

    config: Annotated[
        str,
        typer.Option(
            "--config",
            metavar="FILE",
            envvar="TBINGEST_CONFIG",
            is_eager=True,
            callback=configure,
            help="Take defaults and rules from this file; by default from the nearest "
            "tbingest.toml, or [tool.tbingest] of a pyproject.toml, upwards from here.",
        ),
    ] = ""
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say errors only.")] = False
    verbose: Annotated[
        int, typer.Option("-v", "--verbose", count=True, show_default=False, help="Say more.")
    ] = 0
    color: Annotated[
        str,
        typer.Option(
            metavar="auto|always|never",
            autocompletion=shown("auto", "always", "never"),
            help="When to use colour.",
        ),
    ] = "auto"
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback on a bug of ours.")] = (
        False
    )
