"""Pictures of tensors as plain pixels: heat maps of matrices, and the filters of a first layer.

A `Sketch` takes the numbers as they stream by and keeps what the pictures need, so a matrix of any
size costs a few megabytes. Blue is below zero, red above, white zero, grey no finite number.
"""

from __future__ import annotations

import io
import math
import re
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tbingest.model.points import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

    import PIL.Image
    from numpy.typing import NDArray

Picture: TypeAlias = Literal["heat map", "filters", "spectrum"]

_GRID = 512  # cells of a heat map along one side
_WHOLE = 1 << 20  # so many numbers are kept as they are
_MAX_RANK = 1024
_MAX_FILTERS = 256
_MAX_FILTER = 32
_LARGEST = float(np.finfo(np.float32).max)
_FULL_COLOUR = 0.999  # so much of all cells lies within the colour scale

_LONGER, _SHORTER = 256, 32  # pixels that a heat map has at least
_FILTERS_SIDE = 384
_BAR, _MARGIN, _MIN_WIDTH = 8, 4, 160

# Blue and red differ in lightness from white only, so colour-blind readers can tell them apart.
_ANCHORS = ((11, 48, 107), (52, 120, 190), (158, 202, 232), (247, 247, 245))
_WARM = ((248, 180, 146), (214, 78, 62), (110, 10, 30))
_DARK = (36, 41, 47)
_SHADES = 253
_MISSING, _INK, _PAPER = 253, 254, 255

_BIAS = re.compile(r"(?:^|[/._])(?:bias(?:es)?|b)(?::0)?$", re.IGNORECASE)
_OPTIMIZER = re.compile(r"(?:^|[/._])(?:optim|exp_avg|momentum_buffer|adam)", re.IGNORECASE)
_KERNEL = re.compile(r"(?:^|[/._])kernel(?::0)?$", re.IGNORECASE)
_WEIGHT = re.compile(r"(?:^|[/._])weight$", re.IGNORECASE)


def pictures_of(name: str, shape: Sequence[int], order: str = "C") -> tuple[Picture, ...]:
    """Which pictures tell something of a tensor: none of biases and of an optimizer's memory."""
    if not 2 <= len(shape) <= 5 or order not in {"C", "F"}:
        return ()
    if not is_weight(name):
        return ()
    rows, columns = _sides(name, shape)
    if min(rows, columns) < 2:
        return ()
    found: list[Picture] = ["heat map"]
    if _as_filters(name, shape) is not None:
        found.append("filters")
    if min(rows, columns) <= _MAX_RANK and rows * columns <= _WHOLE:
        found.append("spectrum")
    return tuple(found)


def is_weight(name: str) -> bool:
    """False for a bias, or what an optimizer keeps of its past, as the name says it."""
    return not (_BIAS.search(name) or _OPTIMIZER.search(name))


def _outputs_last(name: str, shape: Sequence[int]) -> bool:
    """True for a convolution's kernel as Keras and Flax keep it: h x w x in x out.

    The name says it, else the pair of sides that is square, else the pair that is smaller; for
    other than two dimensions the name alone.
    """
    if len(shape) < 3 or _WEIGHT.search(name):
        return False
    if _KERNEL.search(name) or len(shape) != 4:
        return bool(_KERNEL.search(name))
    first, last = shape[:2], shape[2:]
    if (first[0] == first[1]) != (last[0] == last[1]):
        return first[0] == first[1]
    return math.prod(first) < math.prod(last)


def _sides(name: str, shape: Sequence[int]) -> tuple[int, int]:
    if not shape:
        return 1, 1
    if _outputs_last(name, shape):
        return shape[-1], math.prod(shape[:-1])
    return shape[0], math.prod(shape[1:])


def _as_filters(name: str, shape: Sequence[int]) -> tuple[int, ...] | None:
    """The axes out, h, w, in of the kernel of a first layer; None for anything else."""
    if len(shape) != 4:
        return None
    axes = (3, 0, 1, 2) if _outputs_last(name, shape) else (0, 2, 3, 1)
    count, height, width, channels = (shape[axis] for axis in axes)
    fits = 1 < count <= _MAX_FILTERS and 1 < height <= _MAX_FILTER and 1 < width <= _MAX_FILTER
    return axes if fits and channels in {1, 3} else None


class Sketch:
    """What pictures need of one tensor, collected from its flat numbers in at most 16 MB.

    A tensor is seen as a matrix: the outputs by all the rest. Up to 2**20 numbers are kept as they
    are, of more the means of blocks in a grid of at most 512 x 512. NaN and infinities are missing;
    what float32 cannot hold is its largest number. How the stream is cut does not matter, but for
    the last bit of a mean.
    """

    def __init__(self, name: str, shape: Sequence[int], order: str = "C") -> None:
        self.name = name
        self.shape = tuple(shape)
        self._order = order
        self._last = _outputs_last(name, shape)
        self._done = 0
        # The numbers come as rows of `_columns`; the picture is turned where outputs are those.
        self._turned = self._last != (order == "F")
        sides = _sides(name, self.shape)
        self._rows, self._columns = sides[::-1] if self._turned else sides
        size = self._rows * self._columns
        self._whole = np.full(size, np.nan, np.float32) if size <= _WHOLE else None
        grid = (0, 0) if size <= _WHOLE else (min(self._rows, _GRID), min(self._columns, _GRID))
        self._sums = np.zeros(grid)
        self._counts = np.zeros(grid)

    def add(self, chunk: NDArray[Any]) -> None:
        """Take the next numbers; those beyond the tensor's shape are left alone."""
        chunk = chunk[: self._rows * self._columns - self._done]
        if self._whole is not None:
            self._whole[self._done : self._done + len(chunk)] = _finite(chunk)
            self._done += len(chunk)
            return
        while len(chunk):
            row, column = divmod(self._done, self._columns)
            if column or len(chunk) < self._columns:
                block = chunk[None, : self._columns - column]
            else:
                block = chunk[: len(chunk) // self._columns * self._columns]
                block = block.reshape(-1, self._columns)
            self._take(row, column, _finite(block))
            self._done += block.size
            chunk = chunk[block.size :]

    def _take(self, row: int, column: int, block: NDArray[np.float32]) -> None:
        """Add the numbers of a block whose first stands at (row, column) to their cells."""
        rows, row_starts = _cells(row, block.shape[0], self._rows, len(self._sums))
        columns, starts = _cells(column, block.shape[1], self._columns, self._sums.shape[1])
        place = np.ix_(rows, columns)
        there = np.isfinite(block)
        if there.all():
            heights = np.diff(row_starts, append=block.shape[0])
            widths = np.diff(starts, append=block.shape[1])
            self._counts[place] += heights[:, None] * widths
        else:
            self._counts[place] += _block_sums(there, row_starts, starts)
            block = np.where(there, block, np.float32(0))
        self._sums[place] += _block_sums(block, row_starts, starts)

    @property
    def array(self) -> NDArray[np.float32] | None:
        """The tensor itself, in its shape; None where it is too large to be kept."""
        if self._whole is None:
            return None
        if self._order == "F":
            return self._whole.reshape(self.shape[::-1]).transpose()
        return self._whole.reshape(self.shape)

    @property
    def matrix(self) -> NDArray[np.float32] | None:
        """The tensor as outputs by the rest; None where it is too large to be kept."""
        array = self.array
        if array is None:
            return None
        outputs, rest = _sides(self.name, self.shape)
        return array.reshape(rest, outputs).T if self._last else array.reshape(outputs, rest)

    def cells(self) -> NDArray[np.float32]:
        """At most 512 x 512 cells of the matrix: its numbers or means of blocks, or NaN."""
        matrix = self.matrix
        if matrix is None:
            means = _means(self._sums, self._counts)
            return means.T if self._turned else means
        rows, columns = matrix.shape
        if max(rows, columns) <= _GRID or not matrix.size:
            return matrix
        _, row_starts = _cells(0, rows, rows, min(rows, _GRID))
        _, starts = _cells(0, columns, columns, min(columns, _GRID))
        there = np.isfinite(matrix)
        sums = _block_sums(np.where(there, matrix, np.float32(0)), row_starts, starts)
        return _means(sums, _block_sums(there, row_starts, starts))


def _finite(numbers: NDArray[Any]) -> NDArray[np.float32]:
    """As float32, what is not finite as NaN."""
    there = np.isfinite(numbers)
    if numbers.dtype == np.float32 and there.all():
        return numbers
    if numbers.dtype.itemsize > 4 and numbers.dtype.kind == "f":
        numbers = np.clip(numbers, -_LARGEST, _LARGEST)
    found: NDArray[np.float32] = np.where(there, numbers.astype(np.float32), np.float32(np.nan))
    return found


def _cells(
    first: int, count: int, size: int, cells: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which cells hold the places `first` to `first + count` of `size`, and where each begins."""
    cell = np.arange(first, first + count) * cells // size
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    return cell[starts], starts


def _block_sums(
    block: NDArray[Any], row_starts: NDArray[np.int64], starts: NDArray[np.int64]
) -> NDArray[np.float64]:
    heights, widths = block.shape[0] / len(row_starts), block.shape[1] / len(starts)
    sides = ((0, row_starts), (1, starts))  # the side that shrinks more goes first: 4 times faster
    for axis, places in sides if heights > widths else sides[::-1]:
        block = np.add.reduceat(block, places, axis=axis, dtype=np.float64)
    return block


def _means(sums: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float32]:
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    found: NDArray[np.float32] = means.astype(np.float32)
    return found


def heat_map(sketch: Sketch) -> Image:
    """A PNG of the matrix, whose longer side has 256 to 512 pixels, above its colour scale.

    The scale ends at the 99.9th percentile of the cells' sizes; cells beyond have its end's colour.
    """
    from PIL import Image as Pillow

    cells = sketch.cells()
    if not cells.size:
        cells = np.full((1, 1), np.nan, np.float32)
    limit = _limit(cells)
    factor = -(-_LONGER // max(cells.shape))
    factors = [max(factor, -(-_SHORTER // side)) for side in cells.shape]
    pixels = _shades(cells, limit).repeat(factors[0], axis=0).repeat(factors[1], axis=1)
    height, width = pixels.shape
    canvas = np.full((height + 2 * _MARGIN + _BAR + 12, max(width, _MIN_WIDTH)), _PAPER, np.uint8)
    canvas[:height, :width] = pixels
    bar = slice(height + _MARGIN, height + _MARGIN + _BAR)
    canvas[bar] = np.arange(canvas.shape[1]) * _SHADES // canvas.shape[1]
    picture = Pillow.fromarray(canvas)
    picture.putpalette(_palette().tobytes())
    _label(picture, limit, height + _MARGIN + _BAR)
    return _png(picture)


def _limit(cells: NDArray[np.float32]) -> float:
    sizes = np.abs(cells[np.isfinite(cells)])
    if not sizes.size:
        return 0.0
    return float(np.quantile(sizes, _FULL_COLOUR, method="higher")) or float(sizes.max())


def _shades(cells: NDArray[np.float32], limit: float) -> NDArray[np.uint8]:
    """Colour numbers: 0 to 252 for -limit to limit, or that of what is missing."""
    with np.errstate(invalid="ignore"):
        share = np.clip(cells.astype(np.float64) / (limit or 1.0), -1, 1)
    middle = _SHADES // 2
    found = np.where(np.isfinite(share), np.rint(middle + share * middle), _MISSING)
    return found.astype(np.uint8)


def _palette() -> NDArray[np.uint8]:
    anchors = np.array(_ANCHORS + _WARM, np.float64)
    places = np.linspace(0, len(anchors) - 1, _SHADES)
    columns = [np.interp(places, np.arange(len(anchors)), column) for column in anchors.T]
    others = np.array([(150, 150, 150), _DARK, (225, 229, 234)], np.uint8)
    return np.concatenate((np.rint(np.stack(columns, axis=1)).astype(np.uint8), others))


def _label(picture: PIL.Image.Image, limit: float, top: int) -> None:
    """The numbers below the colour scale: its ends and its middle."""
    from PIL import ImageDraw, ImageFont

    font = ImageFont.load_default_imagefont()
    draw = ImageDraw.Draw(picture)
    texts = (f"{-limit:.3g}", "0", f"{limit:.3g}") if limit else ("", "0", "")
    for place, text in enumerate(texts):
        left = (picture.width - draw.textlength(text, font)) * place / 2
        draw.text((int(left), top), text, fill=_INK, font=font)


def filters(name: str, array: NDArray[np.float32]) -> Image:
    """A PNG of the filters of a first layer, side by side, each scaled on its own.

    Filters of three channels are shown as colours, with 0 as middle grey and what is missing black.
    Raises ValueError for a tensor of which `pictures_of` names no filters.
    """
    from PIL import Image as Pillow

    axes = _as_filters(name, array.shape)
    if axes is None:
        raise ValueError(f"{name} holds no filters of a first layer")
    tiles = array.transpose(axes)
    count, height, width, channels = tiles.shape
    columns = math.ceil(math.sqrt(count))
    factor = max(1, -(-_FILTERS_SIDE // (columns * max(height, width))))
    gap = 3
    tall, wide = height * factor + gap, width * factor + gap
    rows = -(-count // columns)
    canvas = np.full((rows * tall + gap, columns * wide + gap, 3), _DARK, np.uint8)
    for number, tile in enumerate(tiles):
        top, left = number // columns * tall + gap, number % columns * wide + gap
        pixels = _tile(tile if channels == 3 else tile[..., 0])
        pixels = pixels.repeat(factor, axis=0).repeat(factor, axis=1)
        canvas[top : top + tall - gap, left : left + wide - gap] = pixels
    return _png(Pillow.fromarray(canvas))


def _tile(tile: NDArray[np.float32]) -> NDArray[np.uint8]:
    """One filter as RGB."""
    there = np.isfinite(tile)
    limit = float(np.abs(tile[there]).max()) if there.any() else 0.0
    if tile.ndim == 2:
        return _palette()[_shades(tile, limit)]
    share = np.where(there, tile, -limit).astype(np.float64) / (limit or 1.0)
    colours = np.rint(127.5 + 127.5 * share)
    colours[~there.all(axis=-1)] = 0
    return colours.astype(np.uint8)


def _png(picture: PIL.Image.Image) -> Image:
    stream = io.BytesIO()
    picture.save(stream, "PNG", compress_level=6)
    return Image(stream.getvalue(), picture.width, picture.height)
