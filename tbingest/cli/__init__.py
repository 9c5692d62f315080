"""The command line: the only place that knows Typer. Each command is a thin call."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import Annotated, Any

import typer

from tbingest.cli.context import context
from tbingest.cli.help import Command, Group
from tbingest.cli.signals import Terminated, listen
from tbingest.cli.streams import encode_anything
from tbingest.cli.usage import in_order, of_typer
from tbingest.errors import OutputError, TbingestError

COMMANDS = {
    "convert": "Write logs and parameter dumps to TensorBoard event files.",
    "serve": "Start TensorBoard on a logdir, or on raw logs, which are converted and followed.",
    "inspect": "Say of every file what it is taken for, why, and what it would become.",
    "export": "Write what logs or event files hold as a table, or their pictures as files.",
    "compare": "Put runs beside each other: settings that differ, last and best values.",
    "plot": "Draw curves of logs or event files into a figure to keep, seeds as a mean in a band.",
    "check": "Hold logs, or a logdir, against rules: 1 where one of them fails.",
    "formats": "List what can be read, or say what a file is taken for.",
}
"""Each the function of its name in the module of its name, and the first line of its help: a list
of commands loads none of them, which takes half as long as all.
"""

_COMPLETES = "_TBINGEST_COMPLETE"  # set by the shell, which asks with no arguments
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def app(only: str | None = None) -> typer.Typer:
    """The command line with all commands.

    With `only` one of them, no other's module is loaded; with another word, all are but listed.
    """
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
        if only in {None, name}:
            _add(made, name)
        else:
            made.command(name, cls=Command, short_help=COMMANDS[name])(_top)
    return made


def _add(made: typer.Typer, name: str) -> None:
    module = import_module(f"tbingest.cli.{name}")
    made.command(
        cls=Command,
        short_help=COMMANDS[name],
        epilog=module.EXAMPLES,
        context_settings=_SETTINGS,
    )(getattr(module, name))


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
        asked = app(None if _COMPLETES in os.environ else "".join(words[:1]))
        result: Any = asked(words, prog_name="tbingest", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except TbingestError as error:
        context.talk().failure(error)
        return error.code
    except KeyboardInterrupt:
        return 130
    except Terminated as ended:
        return ended.code
    except BrokenPipeError:
        # The reader went away (`| head`): nothing more can be said.
        sys.stderr.close()
        return 1
    except Exception as error:  # noqa: BLE001 - the last line of defence: said, exit code 4
        if isinstance(error, OSError) and error.errno in _FULL and error.filename is None:
            return _unwritten(error)
        return _other(error, in_order(arguments)[:1])


def _unwritten(error: OSError) -> int:
    """A full disk behind stdout; Python would try it again at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    hint = "check free space and permissions"
    context.talk().error(f"the output cannot be written: {error.strerror}", hint)
    return OutputError.code


_FULL = frozenset({errno.ENOSPC, errno.EFBIG, errno.EIO, getattr(errno, "EDQUOT", errno.EIO)})


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
