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
    from tbingest.following import Following as Following
    from tbingest.following import follow as follow
    from tbingest.ingest import Reading as Reading
    from tbingest.ingest import convert as convert
    from tbingest.ingest import inspect as inspect
    from tbingest.ingest import read as read
    from tbingest.model import Audio as Audio
    from tbingest.model import Evidence as Evidence
    from tbingest.model import Fields as Fields
    from tbingest.model import Format as Format
    from tbingest.model import Head as Head
    from tbingest.model import Histogram as Histogram
    from tbingest.model import HParams as HParams
    from tbingest.model import Image as Image
    from tbingest.model import Points as Points
    from tbingest.model import Problem as Problem
    from tbingest.model import Reader as Reader
    from tbingest.model import Rows as Rows
    from tbingest.model import Tensor as Tensor
    from tbingest.options import Options as Options
    from tbingest.options import SourceRule as SourceRule
    from tbingest.replaying import replay as replay
    from tbingest.report import Report as Report

_HOMES = {
    "errors": ("OutputError", "ServeError", "SourceError", "TbingestError", "UsageError"),
    "following": ("Following", "follow"),
    "ingest": ("Reading", "convert", "inspect", "read"),
    "model": (
        "Audio",
        "Evidence",
        "Fields",
        "Format",
        "HParams",
        "Head",
        "Histogram",
        "Image",
        "Points",
        "Problem",
        "Reader",
        "Rows",
        "Tensor",
    ),
    "options": ("Options", "SourceRule"),
    "replaying": ("replay",),
    "report": ("Report",),
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


def __dir__() -> list[str]:
    return sorted(__all__)
