"""`tbingest plot`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from tbingest.cli.complete import runs, shown, tags
from tbingest.cli.context import context
from tbingest.cli.flags import Paths, Reading, Talking
from tbingest.cli.grouped import grouped
from tbingest.cli.settings import options, take_up
from tbingest.names.words import plural

if TYPE_CHECKING:
    from tbingest.cli.console import Talk
    from tbingest.pipeline.plot import Plotted

EXAMPLES = """
tbingest plot runs/ --tags '*loss' -o loss.pdf
tbingest plot runs/ --tags 'val/*' --size page --smooth 0.6 -o curves.svg
"""


@dataclass
class Drawing:
    """What is drawn, and how"""

    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", "--to", metavar="FILE", help="The figure: .pdf, .svg or .png."
        ),
    ] = "curves.pdf"
    tags: Annotated[
        list[str],
        typer.Option(
            metavar="GLOB", autocompletion=tags, help="Only these tags, a panel for each."
        ),
    ] = field(default_factory=list)
    runs: Annotated[
        list[str], typer.Option(metavar="GLOB", autocompletion=runs, help="Only these runs.")
    ] = field(default_factory=list)
    size: Annotated[
        str,
        typer.Option(
            metavar="column|page|slide",
            autocompletion=shown("column", "page", "slide"),
            help="How wide it is: 3.35, 6.9 or 10 inches.",
        ),
    ] = "column"
    smooth: Annotated[
        float,
        typer.Option(
            metavar="WEIGHT", help="Smooth as TensorBoard does, over the raw curve: 0 to 1."
        ),
    ] = 0.0
    log: Annotated[bool, typer.Option("--log", help="A logarithmic axis of values.")] = False
    each: Annotated[
        bool, typer.Option("--each", help="A line for each seed, not their mean in a band.")
    ] = False
    title: Annotated[str, typer.Option(metavar="TEXT", help="What stands above.")] = ""


@grouped
def plot(
    ctx: typer.Context, paths: Paths, drawing: Drawing, reading: Reading, talking: Talking
) -> int:
    """Draw curves of logs or event files into a figure to keep, seeds as a mean in a band."""
    from tbingest.figures.paper import Look
    from tbingest.pipeline.plot import plot as draw

    take_up(talking)
    done = draw(
        paths,
        drawing.output,
        options(ctx, paths, reading),
        tags=drawing.tags,
        runs=drawing.runs,
        look=Look(drawing.size, drawing.smooth, drawing.log, drawing.title),
        together=not drawing.each,
    )
    _tell(context.talk(talking.verbose, quiet=talking.quiet), done, drawing.output)
    return 0


def _tell(talk: Talk, done: Plotted, to: str) -> None:
    for problem in done.problems[:5]:
        talk.say(f"  {problem.place}: {problem.what}")
    if done.left_out:
        talk.say(f"  no room for {plural(len(done.left_out), 'more tag')}: --tags chooses")
    tags = f"{len(done.tags)} tag{'s' if len(done.tags) > 1 else ''}"
    runs = f"{len(done.runs)} run{'s' if len(done.runs) > 1 else ''}"
    talk.say(("✓ ", "green"), f"{tags} of {runs} → {to}")
