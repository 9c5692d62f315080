"""`%tbingest logs/` in a notebook: a conversion, then TensorBoard below the cell."""

from __future__ import annotations

import shlex
import signal
from typing import Any

from typer.main import get_command

from tbingest.cli import app, run


def load(shell: Any) -> None:
    """Register the magic; `shell` is IPython's."""

    def tbingest(line: str) -> None:
        convert(shell, line)

    tbingest.__doc__ = "Convert logs and show TensorBoard: the options are those of the command."
    shell.register_magic_function(tbingest, "line", "tbingest")


def convert(shell: Any, line: str) -> None:
    """Convert as the command would, then hand the logdir to TensorBoard's own extension."""
    words = shlex.split(line)
    handlers = {number: signal.getsignal(number) for number in _signals()}
    try:
        code = run(["convert", *words])
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if code > 1:
        return
    commands: Any = get_command(app())
    asked = commands.get_command(None, "convert").make_context("convert", words)
    shell.run_line_magic("load_ext", "tensorboard")
    shell.run_line_magic("tensorboard", f"--logdir {shlex.quote(asked.params['logdir'])}")


def _signals() -> set[signal.Signals]:
    """Those that the command line listens to."""
    names = ("SIGTERM", "SIGHUP")
    return {getattr(signal, name) for name in names if hasattr(signal, name)}
