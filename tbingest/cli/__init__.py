"""The command line: the only place that knows Typer. Each command is a thin call."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from tbingest.cli import check, convert, formats, inspect, serve
from tbingest.cli.flags import context
from tbingest.cli.signals import Terminated, listen
from tbingest.errors import TbingestError, UsageError

app = typer.Typer(
    name="tbingest",
    help="Replay training logs and parameter dumps into TensorBoard.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start here: tbingest convert logs/ --logdir runs, then tbingest serve.",
)
app.command(epilog=convert.EPILOG)(convert.convert)
app.command(epilog=serve.EPILOG)(serve.serve)
app.command(epilog=inspect.EPILOG)(inspect.inspect)
app.command(epilog=check.EPILOG)(check.check)
app.command(epilog=formats.EPILOG)(formats.formats)


def _version(*, value: bool) -> None:
    if value:
        from tbingest import __version__

        sys.stdout.write(f"tbingest {__version__}\n")
        raise typer.Exit


@app.callback()
def _top(
    color: Annotated[
        str, typer.Option(metavar="auto|always|never", help="When to use colour.")
    ] = "auto",
    debug: Annotated[bool, typer.Option(help="Show a traceback on a bug of ours.")] = False,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    if color not in {"auto", "always", "never"}:
        raise UsageError(f"--color {color}: no such choice", "one of auto, always, never")
    context.color = color
    context.debug = debug


def run(arguments: list[str]) -> int:
    """Run the command line and give its exit code: see the README."""
    listen()
    try:
        result: Any = app(arguments, standalone_mode=False)
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
        return _other(error)


def _other(error: Exception) -> int:
    """An error of Typer's own, or a bug of ours."""
    show = getattr(error, "show", None)
    code = getattr(error, "exit_code", None)
    if callable(show) and isinstance(code, int):
        show()
        return code
    if type(error).__name__ == "Abort":
        return 130
    if context.debug:
        raise error
    context.talk().error(
        f"a bug in tbingest: {type(error).__name__}: {error}",
        "please report it, with what `tbingest --debug ...` prints",
    )
    return 4
