"""The only place that knows Rich: what is said, where, and in which colour.

Results go to stdout, messages and progress to stderr. Names from files are data: control
characters are shown escaped, nothing is taken for markup, nothing is cut off in a pipe.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from tbingest.names.escape import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tbingest.errors import TbingestError
    from tbingest.write.finish import Progress as Told

    Expected = Callable[[int], None]

_MINUTE = 60.0
_NARROW = 72


class Talk:
    """Says things to the user. `color` is auto, always or never; `quiet` leaves results out."""

    def __init__(self, color: str = "auto", *, verbose: int = 0, quiet: bool = False) -> None:
        forced = {"always": True, "never": None}.get(color)
        options: dict[str, Any] = {
            "highlight": False,
            "markup": False,
            "emoji": False,
            "soft_wrap": True,
            "force_terminal": forced,
            "force_jupyter": False,  # there each line would be a document of its own
            "no_color": True if color == "never" else None,
        }
        self.out = Console(**options)
        self.err = Console(stderr=True, **options)
        self.verbose = verbose
        self.quiet = quiet
        self._clear: Callable[[], None] = lambda: None

    @property
    def shortens(self) -> bool:
        """True on a terminal, where lines are to fit, unless all is asked for."""
        return self.out.is_terminal and not self.verbose and not in_notebook()

    def line(self, *parts: str | tuple[str, str]) -> None:
        """A line of results: strings, or (string, style)."""
        if not self.quiet:
            self._clear()
            self.out.print(_text(parts))

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], *, left: int) -> None:
        """A table in the width of the terminal; names are folded where they must be."""
        from rich.table import Table

        if self.quiet:
            return
        made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for place, head in enumerate(heads):
            side: Any = "left" if place < left else "right"
            whole = place >= left and self.out.width >= _NARROW  # numbers stay on their line
            made.add_column(
                _text([head]), justify=side, overflow="fold", min_width=4, no_wrap=whole
            )
        for row in rows:
            made.add_row(*(_text([cell]) for cell in row))
        self.out.print(made, soft_wrap=False)

    def say(self, *parts: str | tuple[str, str]) -> None:
        """A message."""
        if not self.quiet:
            self.err.print(_text(parts))

    def error(self, message: str, hint: str = "") -> None:
        """An error, and what to do next."""
        self.err.print(_text([("error: ", "bold red"), message]))
        if hint:
            self.err.print(_text([("hint: ", "bold"), hint]))

    def failure(self, error: TbingestError) -> None:
        """One of our own errors."""
        self.error(error.message, error.hint)

    def document(self, data: Any) -> None:
        """A JSON document on stdout."""
        sys.stdout.write(as_json(data))

    @contextmanager
    def status(self) -> Iterator[Callable[[str], None]]:
        """One line on stderr that is written over; where it is no terminal, a line a minute."""
        if self.quiet:
            yield lambda _: None
        elif self.err.is_terminal:
            from rich.live import Live

            with Live(console=self.err, auto_refresh=False, transient=True) as shown:
                # Rich moves the status for what goes to its own console, which is stderr.
                self._clear = lambda: shown.update(Text(), refresh=True)
                try:
                    yield lambda text: shown.update(_text([text]), refresh=True)
                finally:
                    self._clear = lambda: None
        else:
            last = 0.0

            def told(text: str) -> None:
                nonlocal last
                if time.monotonic() - last >= _MINUTE:
                    last = time.monotonic()
                    self.say(text)

            yield told

    @contextmanager
    def progress(self) -> Iterator[tuple[Told, Expected]]:
        """A bar on stderr for long work, where it is a terminal: what tells it of (bytes, points)
        that were read and of runs that wait to be drawn, and of how many bytes there are.
        """
        if not self.quiet and in_notebook():
            from tbingest.cli.notebook import progress

            with progress(_so_far) as shown:
                yield shown
            return
        if self.quiet or not sys.stderr.isatty():
            yield (lambda *_: None), (lambda _: None)
            return
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[said]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.err, transient=True) as bar:
            reading = bar.add_task("reading", total=None, said="")
            drawing = bar.add_task("drawing", total=0, said="", visible=False)
            read, drawn = bar.tasks
            points = 0

            def told(size: int, values: int, undrawn: int = 0, /) -> None:
                nonlocal points
                points += values
                if undrawn:
                    total, done = (drawn.total or 0) + max(undrawn, 0), max(-undrawn, 0)
                    bar.update(drawing, total=total, advance=done, visible=True)
                    bar.update(drawing, said=f"{drawn.completed:,.0f} of {total:,.0f} runs")
                bar.update(reading, advance=size)
                bar.update(reading, said=_so_far(read.completed, read.total, points))

            yield told, lambda total: bar.update(reading, total=total or None)


def in_notebook() -> bool:
    """True in a cell of Jupyter or Colab."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


def _so_far(read: float, total: float | None, points: int) -> str:
    from rich.filesize import decimal

    whole = f"/{decimal(int(total))}" if total else ""
    return f"{decimal(int(read))}{whole} {points:,} points"


def as_json(data: Any) -> str:
    """JSON that holds any name, one key a line."""
    return json.dumps(data, indent=2, ensure_ascii=True, default=str) + "\n"


def _text(parts: Sequence[str | tuple[str, str]]) -> Text:
    text = Text()
    for part in parts:
        if isinstance(part, tuple):
            text.append(printable(part[0]), part[1])
        else:
            text.append(printable(part))
    return text
