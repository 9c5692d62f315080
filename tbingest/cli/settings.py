"""From flags to options: flags, then `TBINGEST_*` variables, then the config, then the defaults."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar, cast

import typer

from tbingest.cli.context import Color, context

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.cli.flags import Choosing, Dumps, Reading, Talking, Writing
    from tbingest.config import Config
    from tbingest.options import Options, SourceRule

_Choice = TypeVar("_Choice", bound=StrEnum)
_Group = TypeVar("_Group", bound="Reading | Writing | Dumps")
_PARAMETERS = {"as": "as_"}
"""Flags whose parameter has another name than theirs."""
_OVER_RULES = (
    ("as_", "format"),
    ("as_", "pattern"),
    ("run", "run"),
    ("step", "step"),
    ("time", "time"),
)


def configure(ctx: typer.Context, path: str) -> str:
    """Let the config's settings be the defaults of a command's flags."""
    from tbingest.config import load

    if not ctx.resilient_parsing:
        context.config = load(path)
        ctx.default_map = {
            _PARAMETERS.get(flag, flag.replace("-", "_")): value
            for flag, value in context.config.settings.items()
        }
    return path


def take_up(talking: Talking) -> None:
    """Keep what a command was told of colour and tracebacks. Raises UsageError."""
    context.debug = talking.debug
    if context.debug:
        import logging

        logger = logging.getLogger("tbingest")
        logger.handlers = [logging.StreamHandler()]
        logger.setLevel(logging.DEBUG)
    context.color = choice(Color, talking.color, "--color")


def config() -> Config:
    """The config, which is loaded before any command is called."""
    if context.config is None:
        raise AssertionError("the config is loaded before anything else")
    return context.config


def options(
    ctx: typer.Context,
    paths: Sequence[str],
    reading: Reading,
    writing: Writing | None = None,
    dumps: Dumps | None = None,
    choosing: Choosing | None = None,
    *,
    force: bool = False,
    discard: bool = False,
) -> Options:
    """How to read `paths`, and what to write of them. Raises UsageError.

    A flag or variable also goes before what a rule of the config says of its sources.
    """
    from tbingest.options import Options, parse_tag_map

    said = config()
    said.check_plugins(paths)
    return Options(
        as_format=reading.as_,
        run=reading.run,
        step=reading.step,
        time=reading.time,
        wall_time=reading.wall_time,
        include=tuple(reading.include),
        exclude=tuple(reading.exclude),
        tag_map=parse_tag_map(tuple(reading.tag_map)) + said.tags,
        layouts=said.layouts,
        own_plots=said.plots,
        sources=_under_flags(said.sources, ctx),
        plugins=said.plugins,
        force=force or discard,
        discard=discard,
        **(_of_writing(writing) if writing else {}),
        **(_of_dumps(dumps) if dumps else {}),
        **(_of_choosing(choosing) if choosing else {}),
    )


def _under_flags(rules: Sequence[SourceRule], ctx: typer.Context) -> tuple[SourceRule, ...]:
    """The rules of the config, without what a flag or variable says in their place."""
    from tbingest.options import NO_RULE

    hidden = {
        name: getattr(NO_RULE, name) for parameter, name in _OVER_RULES if was_given(ctx, parameter)
    }
    return tuple(replace(rule, **hidden) for rule in rules)


def _of_writing(writing: Writing) -> dict[str, Any]:
    from tbingest.options import Aggregate, OnRestart, Plots

    plots = "none" if writing.no_plots else writing.plots
    together = (writing.aggregate or "none").replace("+-", "±")
    return {
        "on_restart": choice(OnRestart, writing.on_restart, "--on-restart"),
        "plots": choice(Plots, plots, "--plots"),
        "adopt": writing.adopt,
        "best": writing.best,
        "also_by": writing.also_by,
        "aggregate": choice(Aggregate, together, "--aggregate"),
    }


def _of_dumps(dumps: Dumps) -> dict[str, Any]:
    return {
        "tensors": tuple(dumps.tensors),
        "every": dumps.every,
        "statistics": dumps.statistics,
        "projector": dumps.projector,
        "processes": dumps.jobs,
    }


def _of_choosing(choosing: Choosing) -> dict[str, Any]:
    from tbingest.options import parse_only, parse_run_map

    return {
        "run_map": parse_run_map(tuple(choosing.run_map)),
        "drop_tags": tuple(choosing.drop_tags),
        "only": parse_only(choosing.only),
        "thin": choosing.thin,
    }


def is_flag(ctx: typer.Context, parameter: str) -> bool:
    """True where the command line says it."""
    source = ctx.get_parameter_source(parameter)
    return source is not None and source.name == "COMMANDLINE"


def was_given(ctx: typer.Context, parameter: str) -> bool:
    """True where the command line or a variable says it."""
    source = ctx.get_parameter_source(parameter)
    return source is not None and source.name in {"COMMANDLINE", "ENVIRONMENT"}


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


def command_context(ctx: typer.Context, name: str, arguments: list[str]) -> typer.Context:
    """The context that another command would have for some arguments."""
    from typer.main import get_command

    from tbingest.cli import app  # it asks for the modules that use this one

    top, group = ctx.find_root(), cast("Any", get_command(app(name)))
    made: typer.Context = group.get_command(top, name).make_context(name, arguments, parent=top)
    return made


def group_of(kind: type[_Group], ctx: typer.Context) -> _Group:
    """A group of options as a command's context has it."""
    return kind(**{name: ctx.params[name] for name in kind.__dataclass_fields__})
