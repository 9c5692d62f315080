"""`%tbingest logs/` in a notebook: a conversion, then TensorBoard below the cell."""

from __future__ import annotations

import shlex
import signal
import time
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from typer.main import get_command

from tbingest.cli import app, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tbingest.write.finish import Progress as Told

_PATIENCE = 1.0
"""Seconds: shorter work shows no progress, and longer work does as often."""


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


@contextmanager
def progress(
    said: Callable[[float, float | None, int], str],
) -> Iterator[tuple[Told, Callable[[int], None]]]:
    """How far long work is, as a line below the cell that changes in place, and goes in the end.

    `said` puts the bytes read, all of them and the points into words.
    """
    display: Any = import_module("IPython.display")
    shown: Any = None
    last, read, points, total = time.monotonic(), 0, 0, None

    def told(size: int, values: int, undrawn: int = 0, /) -> None:
        nonlocal shown, last, read, points
        read, points = read + size, points + values
        if time.monotonic() - last < _PATIENCE:
            return
        last = time.monotonic()
        text = display.Pretty("drawing" if undrawn else f"reading {said(read, total, points)}")
        if shown is None:
            shown = display.display(text, display_id=True)
        else:
            shown.update(text)

    def expect(size: int) -> None:
        nonlocal total
        total = size or None

    try:
        yield told, expect
    finally:
        if shown is not None:
            shown.update(display.Pretty(""))


def _signals() -> set[signal.Signals]:
    """Those that the command line listens to."""
    names = ("SIGTERM", "SIGHUP")
    return {getattr(signal, name) for name in names if hasattr(signal, name)}
