"""Replay training logs and parameter dumps into TensorBoard.

    import tbingest

    report = tbingest.convert("logs/", logdir="runs")
    frame = tbingest.read("logs/").to_pandas()

The names below are loaded when they are first used: `import tbingest` loads no other package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tbingest.version import VERSION

if TYPE_CHECKING:
    from tbingest.errors import OutputError as OutputError
    from tbingest.errors import ServeError as ServeError
    from tbingest.errors import SourceError as SourceError
    from tbingest.errors import TbingestError as TbingestError
    from tbingest.errors import UsageError as UsageError
    from tbingest.model.contracts import Evidence as Evidence
    from tbingest.model.contracts import Fields as Fields
    from tbingest.model.contracts import Format as Format
    from tbingest.model.contracts import Head as Head
    from tbingest.model.contracts import Reader as Reader
    from tbingest.model.points import Audio as Audio
    from tbingest.model.points import Histogram as Histogram
    from tbingest.model.points import HParams as HParams
    from tbingest.model.points import Image as Image
    from tbingest.model.points import Points as Points
    from tbingest.model.report import Report as Report
    from tbingest.model.rows import Problem as Problem
    from tbingest.model.rows import Rows as Rows
    from tbingest.model.tensors import Tensor as Tensor
    from tbingest.options import Aggregate as Aggregate
    from tbingest.options import OnRestart as OnRestart
    from tbingest.options import Options as Options
    from tbingest.options import Plots as Plots
    from tbingest.options import SourceRule as SourceRule
    from tbingest.pipeline.convert import convert as convert
    from tbingest.pipeline.convert import inspect as inspect
    from tbingest.pipeline.follow import Following as Following
    from tbingest.pipeline.follow import follow as follow
    from tbingest.pipeline.replay import replay as replay
    from tbingest.reading.points import Reading as Reading
    from tbingest.reading.points import read as read

_HOMES = {
    "errors": ("OutputError", "ServeError", "SourceError", "TbingestError", "UsageError"),
    "model.contracts": ("Evidence", "Fields", "Format", "Head", "Reader"),
    "model.points": ("Audio", "HParams", "Histogram", "Image", "Points"),
    "model.report": ("Report",),
    "model.rows": ("Problem", "Rows"),
    "model.tensors": ("Tensor",),
    "options": ("Aggregate", "OnRestart", "Options", "Plots", "SourceRule"),
    "pipeline.convert": ("convert", "inspect"),
    "pipeline.follow": ("Following", "follow"),
    "pipeline.replay": ("replay",),
    "reading.points": ("Reading", "read"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__version__ = VERSION
__all__ = [  # noqa: PLE0604 - the names are those of `_HOMES`, tested
    "__version__",
    *sorted(_HOME_OF),
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'tbingest' has no attribute {name!r}")
    return getattr(import_module(f"tbingest.{home}"), name)


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext tbingest` in a notebook brings `%tbingest logs/`."""
    from tbingest.cli.notebook import load

    load(shell)


def __dir__() -> list[str]:
    return sorted(__all__)
