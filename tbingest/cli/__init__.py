"""The command line: the only place that knows Typer. Each command is a thin call."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Annotated, Any

import typer

from tbingest.cli.context import context
from tbingest.cli.help import Command, Group
from tbingest.cli.signals import Terminated, listen
from tbingest.cli.streams import encode_anything
from tbingest.cli.usage import in_order, of_typer
from tbingest.errors import TbingestError

COMMANDS = ("convert", "serve", "inspect", "export", "compare", "plot", "check", "formats")
"""Each the function of its name in the module of its name, in the order of the help."""

_COMPLETES = "_TBINGEST_COMPLETE"  # set by the shell, which asks with no arguments
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def app(only: str = "") -> typer.Typer:
    """The command line with all commands, or with `only` one: no other's module is loaded."""
    made = typer.Typer(
        name="tbingest",
        cls=Group,
        help="Replay training logs and parameter dumps into TensorBoard.",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings=_SETTINGS,
        epilog="Start here: tbingest serve logs/, which converts, and shows it in TensorBoard.",
    )
    made.callback()(_top)
    for name in [only] if only in COMMANDS else COMMANDS:
        module = import_module(f"tbingest.cli.{name}")
        command = getattr(module, name)
        made.command(
            cls=Command,
            short_help=str(command.__doc__).split("\n")[0],
            epilog=module.EXAMPLES,
            context_settings=_SETTINGS,
        )(command)
    return made


def _version(*, value: bool) -> None:
    if value:
        from tbingest import __version__

        sys.stdout.write(f"tbingest {__version__}\n")
        raise typer.Exit


def _top(
    _: Annotated[
        bool,
        typer.Option("-V", "--version", callback=_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    pass


def run(arguments: list[str]) -> int:
    """Run the command line and give its exit code: see the README."""
    listen()
    encode_anything()
    context.color, context.debug, context.config = "auto", "--debug" in arguments, None
    try:
        words = in_order(arguments)
        asked = app("" if _COMPLETES in os.environ else "".join(words[:1]))
        result: Any = asked(words, prog_name="tbingest", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except TbingestError as error:
        context.talk().failure(error)
        return error.code
    except KeyboardInterrupt:
        if arguments[:1] == ["convert"]:
            context.talk().say("interrupted: the next conversion goes on from here")
        return 130
    except Terminated as ended:
        return ended.code
    except BrokenPipeError:
        # The reader went away (`| head`): nothing more can be said.
        sys.stderr.close()
        return 1
    except Exception as error:  # noqa: BLE001 - the last line of defence: said, exit code 4
        return _other(error, in_order(arguments)[:1])


def _other(error: Exception, command: list[str]) -> int:
    """An error of Typer's own, or a bug of ours."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()  # type: ignore[attr-defined]
        return 2
    if type(error).__name__ == "Abort":
        return 130
    mistake = of_typer(error, " ".join(["tbingest", *command]))
    if mistake:
        context.talk().failure(mistake)
        return mistake.code
    if context.debug:
        raise error
    context.talk().error(
        f"a bug in tbingest: {type(error).__name__}: {error}",
        "please report it, with what `tbingest --debug ...` prints",
    )
    return 4
