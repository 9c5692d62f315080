"""`tbingest formats`."""

from __future__ import annotations

from typing import Annotated

import typer

from tbingest.cli import flags as shared
from tbingest.cli.flags import context

EPILOG = """Examples:

tbingest formats

tbingest formats train.log
"""


def formats(
    ctx: typer.Context,
    path: Annotated[str, typer.Argument(metavar="[FILE]", help="What is this file?")] = "",
    output_format: Annotated[
        str,
        typer.Option(
            metavar="text|json", envvar="TBINGEST_OUTPUT_FORMAT", help="How to answer on stdout."
        ),
    ] = "text",
    config: shared.Config_ = "",
) -> int:
    """List what can be read, or say what a file is taken for."""
    from tbingest.cli.text import show_formats
    from tbingest.formats.registry import SCHEMA, stores, use
    from tbingest.formats.registry import formats as known

    form = shared.choice(shared.OutputFormat, output_format, "--output-format")
    if path:
        from tbingest.cli.inspect import look

        asked = shared.command_context(ctx, "inspect", ["--config", config, "--", path])
        options = shared.options(asked, [path])
        return look(context.talk(), [path], asked.params["logdir"], options, form=form)
    if context.config:
        use(context.config.plugins)
    if form == shared.OutputFormat.JSON:
        entries = [
            {"name": entry.name, "about": entry.about, "sample": entry.sample}
            for entry in known().values()
        ]
        folders = [
            {"name": store.name, "about": store.about, "layout": store.layout}
            for store in stores().values()
        ]
        document = {"schema": SCHEMA, "formats": entries, "stores": folders}
        context.talk().document(document)
    else:
        show_formats(context.talk(), list(known().values()), list(stores().values()))
    return 0
