"""Inputs that must not hurt: each a small folder of a stranger, by a name that says what it is.

`cases()` gives them all. A case writes its files, and says what a report must tell of them.
"""

from __future__ import annotations

from helpers.hostile.case import Case, case, named

__all__ = ["Case", "case", "cases", "named"]


def cases() -> list[Case]:
    """Every case, in the order of HARDENING."""
    from helpers.hostile import (
        containers,
        displayed,
        models,
        paths,
        pickles,
        pictures,
        structured,
        tables,
    )

    del containers, displayed, models, paths, pickles, pictures, structured, tables
    return list(named.values())
