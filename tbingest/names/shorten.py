"""Paths that are too long for their column: what most of them share goes first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def shortened(paths: Sequence[str], room: int) -> list[str]:
    """Each path in at most `room` characters, `…` in place of folders, the most common ones first.

    So paths that differ in a folder still do, as far as there is room; a file's name stays.
    """
    shared = Counter(part for path in paths for part in set(path.split("/")[:-1]))
    return [_shorter(path, room, shared) for path in paths]


def _shorter(path: str, room: int, shared: Counter[str]) -> str:
    *folders, name = path.split("/")
    while folders and len("/".join([*folders, name])) > room:
        if set(folders) == {"…"}:
            break
        place = max(range(len(folders)), key=lambda at: shared[folders[at]])
        folders[place] = "…"
        folders = [
            one for at, one in enumerate(folders) if one != "…" or folders[at - 1 : at] != ["…"]
        ]
    short = "/".join([*folders, name])
    return short if len(short) <= room else f"…{short[len(short) - room + 1 :]}"
