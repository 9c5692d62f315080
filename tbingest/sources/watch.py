"""The alarm: says at once that something below some paths has changed. It may miss changes.

Where the system cannot say so (a network file system, no watches left), nothing is ever said, and
`works` is False: who waits looks for himself, in turns.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_TURN_MS = 5_000
_STEP_MS = 20
_NETWORK = frozenset(
    """9p afpfs beegfs ceph cifs davfs fuse.s3fs fuse.sshfs gpfs lustre nfs nfs4 ocfs2 orangefs
    panfs smb2 smb3 smbfs vboxsf wekafs""".split()
)


class Alarm:
    """Waits for changes below folders, or in the folders of files, but not below `besides`."""

    def __init__(self, paths: Iterable[str], besides: str) -> None:
        self._changed = threading.Event()
        self._rang = threading.Event()
        self._ended = threading.Event()
        self._besides = os.path.join(os.path.realpath(besides), "")  # noqa: PTH118
        there = [Path(path).resolve() for path in paths]
        missing = not all(path.exists() for path in there)
        groups = {
            True: {str(path) for path in there if path.is_dir()},
            False: {str(path.parent) for path in there if not path.is_dir()},
        }
        network = any(is_network(path) for group in groups.values() for path in group)
        self.works = not missing and not network
        if self.works:
            for recursive, folders in groups.items():
                if folders:
                    watching = (sorted(folders), recursive)
                    threading.Thread(target=self._watch, args=watching, daemon=True).start()

    def ring(self) -> None:
        """End every wait and pause from now on."""
        self._rang.set()
        self._changed.set()

    def pause(self, seconds: float) -> None:
        """So long, whatever changes."""
        self._rang.wait(seconds)

    def wait(self, seconds: float) -> bool:
        """Until something changed, or has since the last wait; at most so long. True if it did."""
        changed = self._changed.wait(seconds)
        if not self._rang.is_set():
            self._changed.clear()
        return changed

    def close(self) -> None:
        """Watch no longer."""
        self._ended.set()

    def _watch(self, folders: list[str], recursive: bool) -> None:  # noqa: FBT001
        from watchfiles import watch

        try:
            for _ in watch(
                *folders,
                watch_filter=lambda _, path: not path.startswith(self._besides),
                debounce=_STEP_MS,
                step=_STEP_MS,
                stop_event=self._ended,
                rust_timeout=_TURN_MS,
                recursive=recursive,
                raise_interrupt=False,
                ignore_permission_denied=True,
            ):
                self._changed.set()
        except (OSError, RuntimeError):
            pass
        if not self._ended.is_set():
            self.works = False
            self._changed.set()


def is_network(path: str, mounts: str = "/proc/mounts") -> bool:
    """True below a mount of a file system that other machines write, which tells of no change."""
    try:
        lines = Path(mounts).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return False
    best, kind = "", ""
    for line in lines:
        place, _, rest = line.partition(" ")[2].partition(" ")
        place = place.replace("\\040", " ")
        inside = path == place or path.startswith(place.rstrip("/") + "/")
        if inside and len(place) >= len(best):
            best, kind = place, rest.partition(" ")[0]
    return kind in _NETWORK
