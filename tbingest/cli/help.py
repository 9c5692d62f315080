"""How the help looks: options below the headings of their groups, examples as they are typed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

from tbingest.cli.usage import no_command

if TYPE_CHECKING:
    from collections.abc import Callable


class Command(TyperCommand):
    """A command whose epilog is lines of examples."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, which take plain values as they are."""
        return _plain(super().get_params(ctx), self.callback)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """A section for each group of options; what is in none goes with the arguments."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            argument = parameter.param_type_name == "argument"
            heading = "Arguments" if argument else getattr(parameter, "rich_help_panel", None)
            if record:
                sections.setdefault(heading or "Options", []).append(record)
        for heading, rows in sorted(sections.items(), key=lambda one: _ORDER.get(one[0], 0)):
            with formatter.section(heading):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - Typer's
        """The examples, each on its line."""
        if self.epilog:
            formatter.write("\nExamples:\n")
            for line in self.epilog.strip().split("\n"):
                formatter.write(f"  {line}\n" if line else "\n")


def _plain(parameters: list[Any], callback: Any) -> list[Any]:
    """The parameters, which take plain values as they are.

    Typer builds a model of pydantic for each option, given or not, and loads pydantic for that. A
    text needs none, nor does a default. `callback.texts` names the parameters that are texts or
    lists of them.
    """
    texts: frozenset[str] = getattr(callback, "texts", frozenset())
    for one in parameters:
        if not isinstance(one.process_value, partial):
            one.process_value = partial(_processed, one, one.process_value, texts)
    return parameters


def _processed(
    parameter: Any, process: Callable[[Any, Any], Any], texts: frozenset[str], ctx: Any, value: Any
) -> Any:
    """What `process` makes of a value, without it where that is plain."""
    several = parameter.multiple or parameter.nargs != 1
    text = parameter.name in texts
    if not value and parameter.required:
        return process(ctx, value)
    if value is None:
        plain: Any = () if several else None
    elif text and several and {*map(type, value)} <= {str}:
        plain = list(value)
    elif (text and not several and type(value) is str) or _is_default(ctx, parameter, value):
        plain = value
    else:
        return process(ctx, value)
    return parameter.callback(ctx, parameter, plain) if parameter.callback else plain


def _is_default(ctx: Any, parameter: Any, value: Any) -> bool:
    """True for a flag or number that was not given."""
    source = ctx.get_parameter_source(parameter.name)
    return type(value) in {bool, int, float} and source is not None and source.name == "DEFAULT"


_ORDER = {"Arguments": -2, "Options": -1, "In general (also before the command)": 1}


class Group(TyperGroup):
    """All commands; a word that is none of them is answered with the one that was meant."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, which take plain values as they are."""
        return _plain(super().get_params(ctx), self.callback)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Raises UsageError for a word that is no command."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise no_command(args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)
