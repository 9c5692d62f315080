r"""The files that TensorBoard's Projector reads: `projector_config.pbtxt` and what it names.

embeddings { tensor_name: "embed.weight" tensor_shape: 500 tensor_shape: 64
  tensor_path: "projector/embed.weight.bytes" metadata_path: "projector/embed.weight.metadata.tsv" }

They lie in the folder of a run that has an event file: TensorBoard asks its runs only, and refuses
a path that leaves the folder. It tries to read any tensor's file as lines of text first, and takes
it for raw float32 numbers where that is no UTF-8. A file whose first line happens to be UTF-8 would
end in an error for all runs, so such a tensor is written as text. It keeps what it read: new
numbers under an old name are shown after a restart.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.figures.tensors import is_weight
from tbingest.names.runs import safe_run
from tbingest.names.tags import clean_tag
from tbingest.names.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

CONFIG = "projector_config.pbtxt"
FOLDER = "projector"
MOST_ROWS = 10_000
"""Rows of one embedding: of more, the page samples 10,000 for t-SNE and 5,000 for UMAP anyway."""
_MOST_NUMBERS = 8 << 20  # 32 MiB, which TensorBoard reads anew for each tensor that is shown
_MOST_COLUMNS = 1 << 14
_LARGEST = float(np.finfo(np.float32).max)
_MAX_LABEL = 200
_NAMES = re.compile(
    r"embed|codebook|word2vec|(?:^|[/._])(?:emb|wte|wpe|wordvec|vectors)(?:[/._]|$)", re.IGNORECASE
)
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Entry(NamedTuple):
    """What the config says of one embedding; paths are relative to the run's folder."""

    name: str
    shape: tuple[int, int]
    tensor_path: str
    metadata_path: str
    sprite_path: str = ""
    tile: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Labels:
    """A line for each row of a whole matrix; with several columns, tabs stand between their cells.

    `header` names the columns in the same way.
    """

    lines: Sequence[str]
    header: str = "label"


@dataclass(frozen=True, slots=True)
class Sprite:
    """One PNG with a small picture for each row of a whole matrix; its size in pixels.

    They stand line by line in a square, of which the last lines may lack where they are empty.
    """

    data: bytes
    width: int
    height: int

    def tile(self, count: int) -> tuple[int, int] | None:
        """The size of one of `count` pictures, a square if it can; None where none fits."""
        side = math.isqrt(count - 1) + 1
        tiles = [
            (self.width // side, self.height // down)
            for down in (side, -(-count // side))
            if not self.width % side and not self.height % down
        ]
        return min(tiles, key=lambda tile: tile[0] != tile[1], default=None)


@dataclass(frozen=True, slots=True)
class Embedding:
    """One embedding's files, by their paths below the run's folder, and what is not in them.

    left_out: rows between those evenly chosen; not_finite: chosen rows with a NaN or an infinity,
    which would spoil every projection. No files where no row is left.
    """

    entry: Entry
    files: Mapping[str, bytes]
    rows: NDArray[np.int64]
    left_out: int
    not_finite: int

    @property
    def said(self) -> str:
        """In words what was left out; empty where nothing was."""
        parts = []
        if self.left_out:
            chosen = len(self.rows) + self.not_finite
            parts.append(f"{chosen:,} of {chosen + self.left_out:,} rows, evenly chosen")
        if self.not_finite:
            parts.append(f"without {plural(self.not_finite, 'row')} with NaN or infinities")
        return ", ".join(parts)


def is_embedding(name: str, shape: Sequence[int]) -> bool:
    """True for a matrix of at least ten points that is called an embedding, a codebook or such."""
    return fits(shape) and shape[0] >= 10 and bool(_NAMES.search(name)) and is_weight(name)


def fits(shape: Sequence[int]) -> bool:
    """True for the shape of a matrix that the Projector can show: points by dimensions."""
    return len(shape) == 2 and shape[0] >= 2 and 2 <= shape[1] <= _MOST_COLUMNS


class Rows:
    """Evenly chosen rows of a matrix, picked from its flat numbers as they stream by.

    At most 10,000 rows and 32 MiB of float32 numbers. `order` is C or F, as in `Tensor`.
    """

    def __init__(self, shape: Sequence[int], order: str = "C", most: int = MOST_ROWS) -> None:
        if not fits(shape):
            raise ValueError(f"a tensor of shape {tuple(shape)} is not a matrix of points")
        self._total, self._width = shape
        count = min(self._total, most, _MOST_NUMBERS // self._width)
        self._rows = np.arange(count) * self._total // count
        self._numbers = np.full((count, self._width), np.nan, np.float32)
        self._by_column = order == "F"
        self._done = 0

    def add(self, chunk: NDArray[Any]) -> None:
        """Take the next numbers; those beyond the matrix are left alone."""
        chunk = chunk[: self._total * self._width - self._done]
        take = self._columns_of if self._by_column else self._rows_of
        take(chunk, self._done)
        self._done += len(chunk)

    def _rows_of(self, chunk: NDArray[Any], start: int) -> None:
        stop = start + len(chunk)
        bounds = (start // self._width, -(-stop // self._width))
        for place in range(*np.searchsorted(self._rows, bounds)):
            begin = int(self._rows[place]) * self._width
            low, high = max(begin, start), min(begin + self._width, stop)
            found = _as_float32(chunk[low - start : high - start])
            self._numbers[place, low - begin : high - begin] = found

    def _columns_of(self, chunk: NDArray[Any], start: int) -> None:
        done = 0
        while done < len(chunk):
            column, row = divmod(start + done, self._total)
            part = chunk[done : done + self._total - row]
            first, last = np.searchsorted(self._rows, (row, row + len(part)))
            found = part[self._rows[first:last] - row]
            self._numbers[first:last, column] = _as_float32(found)
            done += len(part)

    def embedding(
        self, name: str, labels: Labels | None = None, sprite: Sprite | None = None
    ) -> Embedding:
        """The files of what was taken; a sprite is only of use where every row was.

        Files of other names have other paths; TensorBoard shows the name without a last `:0`.
        """
        whole = np.isfinite(self._numbers).all(axis=1)
        rows, numbers = self._rows[whole], self._numbers
        if not whole.all():
            numbers = numbers[whole]
        data = numbers.astype("<f4", copy=False).tobytes()
        path = f"{FOLDER}/{_file_name(name)}"
        binary = _told_from_text(data)
        tensor_path = f"{path}.bytes" if binary else f"{path}.tensors.tsv"
        entry = Entry(_shown(name), (len(rows), self._width), tensor_path, f"{path}.metadata.tsv")
        files: dict[str, bytes] = {}
        if len(rows):
            files[entry.tensor_path] = data if binary else _text(numbers)
            files[entry.metadata_path] = _metadata(rows, labels)
            tile = sprite.tile(len(rows)) if sprite and len(rows) == self._total else None
            if sprite and tile:
                entry = entry._replace(sprite_path=f"{path}.sprite.png", tile=tile)
                files[entry.sprite_path] = sprite.data
        left_out = self._total - len(self._rows)
        return Embedding(entry, files, rows, left_out, int((~whole).sum()))


def _shown(name: str) -> str:
    while name.endswith(":0"):
        name = name.removesuffix(":0")
    return clean_tag(name)


def _file_name(name: str) -> str:
    """The name itself where it is a safe one in small letters, else with its hash."""
    safe = safe_run(name.replace("/", "."))
    if safe == name.lower():
        return safe
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=4)
    return f"{safe}~{digest.hexdigest()}"


def _as_float32(numbers: NDArray[Any]) -> NDArray[np.float32]:
    """Infinities stay what they are; finite numbers stay finite."""
    if numbers.dtype.kind == "f" and numbers.dtype.itemsize > 4:
        there = np.isfinite(numbers)
        numbers = np.where(there, np.clip(numbers, -_LARGEST, _LARGEST), np.nan)
    found: NDArray[np.float32] = numbers.astype(np.float32)
    return found


def _told_from_text(data: bytes) -> bool:
    """True where TensorBoard's attempt to read the first line as UTF-8 fails."""
    line = data[: data.find(b"\n") + 1 or len(data)]
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _text(numbers: NDArray[np.float32]) -> bytes:
    """Lines of numbers with tabs between; nine digits bring every float32 back."""
    text = bytearray()
    for row in numbers:
        text += "\t".join(f"{number:.9g}" for number in row.tolist()).encode("ascii") + b"\n"
    return bytes(text)


def _metadata(rows: NDArray[np.int64], labels: Labels | None) -> bytes:
    """A line for each row: what its label says, and its number in the whole matrix.

    One column has no header, two must have one.
    """
    if labels is None:
        return "".join(f"{row}\n" for row in rows.tolist()).encode("ascii")
    columns = labels.header.count("\t") + 1
    lines = [f"{_label(labels.lines[row], columns)}\t{row}\n" for row in rows.tolist()]
    header = f"{_label(labels.header, columns)}\trow\n"
    return "".join([header, *lines]).encode("utf-8", "replace")


def _label(line: str, columns: int) -> str:
    cells = line.split("\t", columns - 1) if columns > 1 else [line]
    cells += [""] * (columns - len(cells))
    return "\t".join(_BREAKS.sub(" ", cell)[:_MAX_LABEL] for cell in cells)


def config(entries: Iterable[Entry]) -> bytes:
    """The text of `projector_config.pbtxt` that lists the embeddings, by name.

    The second of one name is `name (2)`: TensorBoard would show the first one twice.
    """
    blocks: dict[str, str] = {}
    for entry in sorted(entries):
        name, again = entry.name, 1
        while name in blocks:
            again += 1
            name = f"{entry.name} ({again})"
        lines = [f"  tensor_name: {_quoted(name)}"]
        lines += [f"  tensor_shape: {side}" for side in entry.shape]
        lines.append(f"  tensor_path: {_quoted(entry.tensor_path)}")
        lines.append(f"  metadata_path: {_quoted(entry.metadata_path)}")
        if entry.sprite_path:
            sides = " ".join(f"single_image_dim: {side}" for side in entry.tile)
            lines.append(f"  sprite {{ image_path: {_quoted(entry.sprite_path)} {sides} }}")
        blocks[name] = "\n".join(["embeddings {", *lines, "}\n"])
    return "".join(blocks[name] for name in sorted(blocks)).encode("ascii")


def _quoted(text: str) -> str:
    """A string of protobuf's text format: what is no plain ASCII is written as octal bytes."""
    plain = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}"
        for byte in text.encode("utf-8", "replace")
    )
    return f'"{plain}"'
