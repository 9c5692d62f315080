"""What the commands share: their common options, and how they talk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.cli.console import Talk
    from tbingest.config import Config
    from tbingest.model.report import Report
    from tbingest.options import Options

_Choice = TypeVar("_Choice", bound=StrEnum)


class OutputFormat(StrEnum):
    """How results are written to stdout."""

    TEXT = "text"
    JSON = "json"


@dataclass
class _Context:
    """The options that stand before the command, and the config."""

    color: str = "auto"
    debug: bool = False
    config: Config | None = None

    def talk(self, verbose: int = 0, *, quiet: bool = False) -> Talk:
        """The console, as the user wants it."""
        from tbingest.cli.console import Talk

        return Talk(self.color, verbose=verbose, quiet=quiet)


context = _Context()

_PARAMETERS = {"as": "as_"}
"""Flags whose parameter has another name than theirs."""


def _configure(ctx: typer.Context, path: str) -> str:
    """Let the config's settings be the defaults of a command's flags."""
    from tbingest.config import load

    if not ctx.resilient_parsing:
        context.config = load(path)
        ctx.default_map = {
            _PARAMETERS.get(flag, flag.replace("-", "_")): value
            for flag, value in context.config.settings.items()
        }
    return path


Config_ = Annotated[
    str,
    typer.Option(
        "--config",
        metavar="FILE",
        envvar="TBINGEST_CONFIG",
        is_eager=True,
        callback=_configure,
        help="Take defaults and rules from this file; by default from the nearest tbingest.toml, "
        "or [tool.tbingest] of a pyproject.toml, upwards from here.",
    ),
]

Paths = Annotated[list[str], typer.Argument(metavar="PATH", help="Files or folders; - is stdin.")]
Logdir = Annotated[
    str, typer.Option(metavar="DIR", envvar="TBINGEST_LOGDIR", help="Where TensorBoard reads.")
]
As = Annotated[
    str,
    typer.Option(
        "--as", metavar="FORMAT", envvar="TBINGEST_AS", help="Read everything as this format."
    ),
]
Run = Annotated[
    str,
    typer.Option(metavar="NAME", envvar="TBINGEST_RUN", help="The run's name, or a prefix of all."),
]
Step = Annotated[
    str, typer.Option(metavar="FIELD", envvar="TBINGEST_STEP", help="The field that is the step.")
]
Time = Annotated[
    str, typer.Option(metavar="FIELD", envvar="TBINGEST_TIME", help="The field that is the time.")
]
WallTime = Annotated[
    str,
    typer.Option(
        metavar="mtime|TIME",
        envvar="TBINGEST_WALL_TIME",
        help="For logs without times: the file's mtime, unix seconds, or an ISO time. "
        "By default that of a log beside it, else mtime.",
    ),
]
Include = Annotated[
    list[str],
    typer.Option(metavar="GLOB", envvar="TBINGEST_INCLUDE", help="Read only these names."),
]
Exclude = Annotated[
    list[str],
    typer.Option(metavar="GLOB", envvar="TBINGEST_EXCLUDE", help="Do not read these names."),
]
TagMap = Annotated[
    list[str],
    typer.Option(
        metavar="PATTERN=TAG",
        envvar="TBINGEST_TAG_MAP",
        help=r"Rename fields, as in 'val_(.*)=val/\1'. The first match wins.",
    ),
]
OnRestart = Annotated[
    str,
    typer.Option(
        metavar="POLICY",
        envvar="TBINGEST_ON_RESTART",
        help="Where steps fall back or repeat: auto (a training that begins again is a run of its "
        "own), last, keep-first, sub-run, sort or renumber.",
    ),
]
Plots = Annotated[
    str,
    typer.Option(
        metavar="auto|all|none",
        envvar="TBINGEST_PLOTS",
        help="Draw an overview figure of each run; all: the matrices of dumps, too.",
    ),
]
Verify = Annotated[
    bool,
    typer.Option(
        "--verify",
        envvar="TBINGEST_VERIFY",
        help="Read the event files back, and compare every point with the logs.",
    ),
]
Port = Annotated[
    int | None,
    typer.Option(
        metavar="N", envvar="TBINGEST_PORT", help="The port; by default a free one from 6006."
    ),
]
BindAll = Annotated[bool, typer.Option("--bind-all", help="Let other machines in: no password!")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say errors only.")]
Verbose = Annotated[
    int, typer.Option("-v", "--verbose", count=True, show_default=False, help="Say more.")
]


def options(ctx: typer.Context, paths: Sequence[str]) -> Options:
    """How to read `paths`: flags, then the environment, then the config, then the defaults.

    A flag or variable also goes before what a rule of the config says of its sources.
    """
    from tbingest.options import NO_RULE, Aggregate, OnRestart, Options, Plots, parse_tag_map

    given = ctx.params
    config = context.config
    if config is None:
        raise AssertionError("the config is loaded before anything else")
    config.check_plugins(paths)
    plots = "none" if given.get("no_plots") else given.get("plots", "auto")
    hidden = {
        name: getattr(NO_RULE, name)
        for parameter, name in _OVER_RULES
        if _was_given(ctx, parameter)
    }
    return Options(
        as_format=given["as_"],
        run=given["run"],
        step=given["step"],
        time=given["time"],
        wall_time=given["wall_time"],
        include=tuple(given["include"]),
        exclude=tuple(given["exclude"]),
        tag_map=parse_tag_map(tuple(given["tag_map"])) + config.tags,
        layouts=config.layouts,
        own_plots=config.plots,
        sources=tuple(replace(rule, **hidden) for rule in config.sources),
        plugins=config.plugins,
        on_restart=choice(OnRestart, given.get("on_restart", "auto"), "--on-restart"),
        plots=choice(Plots, plots, "--plots"),
        adopt=given.get("adopt", False),
        aggregate=choice(
            Aggregate, (given.get("aggregate") or "none").replace("+-", "±"), "--aggregate"
        ),
        tensors=tuple(given.get("tensors", ())),
        every=given.get("every", 1),
        projector=given.get("projector", ""),
        processes=given.get("jobs", 1),
        force=given.get("force", False),
    )


_OVER_RULES = (
    ("as_", "format"),
    ("as_", "pattern"),
    ("run", "run"),
    ("step", "step"),
    ("time", "time"),
)


def is_flag(ctx: typer.Context, parameter: str) -> bool:
    """True where the command line says it."""
    source = ctx.get_parameter_source(parameter)
    return source is not None and source.name == "COMMANDLINE"


def _was_given(ctx: typer.Context, parameter: str) -> bool:
    source = ctx.get_parameter_source(parameter)
    return source is not None and source.name in {"COMMANDLINE", "ENVIRONMENT"}


def command_context(ctx: typer.Context, name: str, arguments: list[str]) -> typer.Context:
    """The context that another command would have for some arguments."""
    top = ctx.find_root()
    group: Any = top.command
    made: typer.Context = group.get_command(top, name).make_context(name, arguments, parent=top)
    return made


def choice(enum: type[_Choice], text: str, flag: str) -> _Choice:
    """The member of an enum that `text` names. Raises UsageError."""
    from difflib import get_close_matches

    from tbingest.errors import UsageError

    values = [str(member) for member in enum]
    if text in values:
        return enum(text)
    near = get_close_matches(text, values, 1)
    hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(values)}"
    raise UsageError(f"{flag} {text}: no such choice", hint)


def write_text(path: str, text: str, flag: str, mode: str = "w") -> None:
    """A document into a file. Raises OutputError."""
    from tbingest.errors import OutputError

    try:
        with Path(path).open(mode, encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}", f"see {flag}") from error


def exit_code(report: Report, *, strict: bool) -> int:
    """0, or 1 where nothing was read, something asked for could not be, or `strict` objects."""
    failed = any(entry.failed for entry in report.ignored) or any(
        entry.failed for entry in report.sources
    )
    skipped = report.ignored or report.problem_count
    return int(report.nothing_read or failed or (strict and bool(skipped)))
