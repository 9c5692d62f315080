"""The user's own rules: `tbingest.toml`, or `[tool.tbingest]` of a `pyproject.toml`.

The file is named by `--config`, or sought from the working directory upwards, then in the person's
own configuration folder; never in the paths to be read. A file that was merely found on the way may
come from a stranger, so it steers reading only: it runs no plug-in, and writes nothing outside its
own folder. Keys are the names of the flags; a flag goes before a `TBINGEST_*` variable, and both go
before the file.
"""

from __future__ import annotations

import os
from pathlib import Path

from tbingest.config.found import NAME, nearest_config, own_config, parsed, text_of
from tbingest.config.keys import FOLLOW, SETTINGS
from tbingest.config.said import Config

__all__ = ["FOLLOW", "NAME", "SETTINGS", "Config", "load"]


def load(path: str = "") -> Config:
    """The config at `path`, or the nearest from the working directory upwards, or the person's own.

    Raises UsageError where it cannot be read, says something that is not known, or asks for more
    than a file that was merely found may.
    """
    own = None if path else own_config()
    found = Path(path) if path else nearest_config() or own
    if found is None:
        return Config()
    from tbingest.config.checked import Checked

    shown = path or (str(own) if found == own else os.path.relpath(found))
    text = text_of(found, shown)
    checked = Checked(shown, text, inside=found.name == "pyproject.toml")
    config = checked.config(parsed(text, shown))
    if not path and found != own:
        checked.steers_only(config)
    return config
