"""A copy of what some jobs have in a logdir, to try a conversion in: the logdir is not touched."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tbingest.errors import OutputError
from tbingest.logdir.files import STATE_FOLDER, is_own_folder
from tbingest.logdir.saved import state_path, states
from tbingest.sources.discover import is_ours

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


@contextmanager
def rehearsal(logdir: str, prefixes: Collection[str]) -> Iterator[str]:
    """A temporary logdir with the state and event files of the jobs that own these prefixes.

    Raises OutputError where there is no room for it.
    """
    with TemporaryDirectory(prefix="tbingest-", ignore_cleanup_errors=True) as folder:
        try:
            Path(folder, STATE_FOLDER).mkdir()
            for prefix in prefixes:
                path = state_path(logdir, prefix)
                for file in (path, path.with_suffix(".journal")):
                    _copy(file, Path(folder, STATE_FOLDER, file.name))
            runs = [name for one in states(folder) for name in one["runs"]]
            for name in filter(lambda name: is_own_folder(logdir, name), runs):
                for file in _event_files(Path(logdir, name)):
                    _copy(file, Path(folder, name, file.name))
        except OSError as error:
            what = f"the temporary folder for a dry run cannot be written: {error.strerror}"
            raise OutputError(what, "TMPDIR names another folder for it") from error
        yield folder


def _event_files(folder: Path) -> list[Path]:
    """Those of tbingest in a run's folder."""
    return [path for path in folder.iterdir() if is_ours(path.name)] if folder.is_dir() else []


def _copy(source: Path, target: Path) -> None:
    if source.is_file() and not source.is_symlink():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
