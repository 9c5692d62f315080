"""What a config says."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tbingest.config.found import lies_in
from tbingest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tbingest.check.rules import Rule
    from tbingest.model.charts import Charted, Plot
    from tbingest.options import SourceRule


@dataclass(frozen=True)
class Config:
    """What a config says; all empty where there is none.

    `settings` holds values by flag, without the dashes; `tags`, `sources`, `layouts` and `plots`
    the rules in order; `plugins` whole paths.
    """

    path: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[tuple[str, str], ...] = ()
    sources: tuple[SourceRule, ...] = ()
    layouts: tuple[Charted, ...] = ()
    plots: tuple[Plot, ...] = ()
    plugins: tuple[str, ...] = ()
    checks: tuple[Rule, ...] = ()

    def check_plugins(self, paths: Sequence[str | os.PathLike[str]]) -> None:
        """Raises UsageError where code would come from the paths to be read."""
        for given in paths if self.plugins else ():
            for path in (self.path, *self.plugins):
                if lies_in(path, os.fspath(given)):
                    raise UsageError(
                        f"{self.path}: plugins are not loaded: {path} lies in {given}, "
                        "which is to be read",
                        "logs must not bring code: keep it elsewhere, and name the config "
                        "with --config",
                    )
