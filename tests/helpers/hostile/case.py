"""What a hostile input is: how it is made, and what must be told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Build = Callable[[Path], None]


@dataclass(frozen=True)
class Case:
    """A folder of a stranger.

    build: writes it. says: texts that the report holds, each of them. large: so large or slow that
    only the long round tries it.
    """

    name: str
    build: Build
    says: tuple[str, ...]
    large: bool = False


named: dict[str, Case] = {}


def case(name: str, *says: str, large: bool = False) -> Callable[[Build], Build]:
    """Add a case: the function below writes its files to a folder."""

    def add(build: Build) -> Build:
        assert name not in named, name
        named[name] = Case(name, build, says, large)
        return build

    return add


def file(name: str, where: str, data: bytes | str, *says: str, large: bool = False) -> None:
    """Add a case of one file."""

    def build(folder: Path) -> None:
        path = folder / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)

    case(name, *says, large=large)(build)
