"""How the help looks: options below the headings of their groups, examples as they are typed."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

from tbingest.cli.usage import no_command


class Command(TyperCommand):
    """A command whose epilog is lines of examples."""

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


_ORDER = {"Arguments": -2, "Options": -1, "In general (also before the command)": 1}


class Group(TyperGroup):
    """All commands; a word that is none of them is answered with the one that was meant."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Raises UsageError for a word that is no command."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise no_command(args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)
