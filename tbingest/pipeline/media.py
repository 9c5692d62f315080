"""Pictures and sounds as files: `<folder>/<run>/<tag>/step_000120.png`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tbingest.errors import OutputError
from tbingest.events.values import sound_of, strings_of
from tbingest.figures.drawn import drawn
from tbingest.model.points import Audio, Confusion, Curves, Image, Recorded
from tbingest.names.runs import safe_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.points import Points

_MAGIC = (
    (b"\x89PNG", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"GIF8", ".gif"),
    (b"BM", ".bmp"),
    (b"RIFF", ".wav"),
    (b"fLaC", ".flac"),
    (b"OggS", ".ogg"),
)


class MediaFolder:
    """Writes files below a folder. Names of runs and tags are made safe, as those of runs are."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def put(self, points: Points) -> int:
        """Write the pictures or sounds of some points; how many."""
        count = 0
        for step, row in zip(points.steps.tolist(), points.values, strict=True):
            for tag, value in zip(points.tags, row, strict=True):
                folder = self._path / safe_run(points.run) / safe_run(tag)
                parts = list(_files(value))
                for number, data in enumerate(parts):
                    behind = f"_{number}" if len(parts) > 1 else ""
                    self._write(folder, f"step_{step:06d}{behind}{_suffix(data)}", data)
                    count += 1
        return count

    def _write(self, folder: Path, name: str, data: bytes) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            temporary = folder / f".{name}.new"
            temporary.write_bytes(data)
            temporary.replace(folder / name)
        except OSError as error:
            what = f"{folder / name}: cannot be written: {error.strerror}"
            raise OutputError(what, "check free space and permissions") from error


def _suffix(data: bytes) -> str:
    return next((suffix for magic, suffix in _MAGIC if data.startswith(magic)), ".bin")


def _files(value: Any) -> Iterator[bytes]:
    """The encoded pictures or sounds that a value holds."""
    if isinstance(value, Confusion | Curves):
        value = drawn(value)
    if isinstance(value, Image | Audio):
        yield value.data
    elif isinstance(value, Recorded):
        shape, strings = strings_of(value.data)
        if value.kind == "image":
            yield from strings[2:]  # after the width and the height
        elif strings:
            # A row for each sound, which stands before its label.
            yield from strings[:: shape[1]] if len(shape) > 1 and shape[1] else strings
        else:
            yield sound_of(value.data)
