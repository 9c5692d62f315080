"""`tbingest formats`."""

from __future__ import annotations

from typing import Annotated

import typer

from tbingest.cli.context import context
from tbingest.cli.flags import Answer, OutputFormat, Reading, Talking
from tbingest.cli.grouped import grouped
from tbingest.cli.settings import choice, config, options, take_up

EXAMPLES = """
tbingest formats
tbingest formats train.log   # what is this file?
"""


@grouped
def formats(
    ctx: typer.Context,
    talking: Talking,
    path: Annotated[str, typer.Argument(metavar="[FILE]", help="What is this file?")] = "",
    output_format: Answer = "text",
) -> int:
    """List what can be read, or say what a file is taken for."""
    from tbingest.cli.looks import show_formats
    from tbingest.formats.registry import SCHEMA, stores, use
    from tbingest.formats.registry import formats as known

    take_up(talking)
    form = choice(OutputFormat, output_format, "--output-format")
    talk = context.talk(talking.verbose, quiet=talking.quiet)
    if path:
        from tbingest.cli.inspect import look
        from tbingest.cli.settings import command_context, group_of

        asked = command_context(ctx, "inspect", ["--config", talking.config, "--", path])
        reading = options(asked, [path], group_of(Reading, asked))
        return look(talk, [path], asked.params["logdir"], reading, form=form)
    use(config().plugins)
    if form == OutputFormat.TEXT:
        show_formats(talk, list(known().values()), list(stores().values()))
        return 0
    entries = [
        {"name": entry.name, "about": entry.about, "sample": entry.sample}
        for entry in known().values()
    ]
    folders = [
        {"name": store.name, "about": store.about, "layout": store.layout}
        for store in stores().values()
    ]
    talk.document({"schema": SCHEMA, "formats": entries, "stores": folders})
    return 0
