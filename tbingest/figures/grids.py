"""Several pictures as one: row by row in cells of one size, each above its caption."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

from tbingest.model.points import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

    import PIL.Image

MOST_CELLS = 64
_MOST_SIDE = 4_096
_GAP = 4
_PAPER, _INK = (225, 229, 234), (36, 41, 47)
_LETTER = 6, 11  # pixels of a letter of Pillow's own bitmap font
_LETTERS = 12
_LARGER = 160  # for so many pixels of a cell's width, letters grow by their own size


def cell_side(count: int) -> int:
    """How many pixels wide and high each of `count` pictures may be; all of them are 4,096."""
    room = (_MOST_SIDE - _GAP) // _columns(count) - _GAP
    return room - _caption_height(room)


def grid(cells: Sequence[tuple[str, PIL.Image.Image]]) -> Image:
    """One PNG of captions and 8-bit pictures, none larger than `cell_side` of their number.

    Captions are ASCII. Cells are wide enough for twelve letters; what finds no room is cut.
    """
    from PIL import Image as Pillow

    columns = _columns(len(cells))
    rows = -(-len(cells) // columns)
    longest = max(len(caption) for caption, _ in cells)
    width = max(picture.width for _, picture in cells)
    width = max(width, min(longest, _LETTERS) * _LETTER[0])
    height = max(picture.height for _, picture in cells)
    below = _caption_height(width) if longest else 0
    wide, tall = width + _GAP, height + below + _GAP
    sheet = Pillow.new("RGB", (columns * wide + _GAP, rows * tall + _GAP), _PAPER)
    for place, (caption, picture) in enumerate(cells):
        left, top = place % columns * wide + _GAP, place // columns * tall + _GAP
        corner = left + (width - picture.width) // 2, top + (height - picture.height) // 2
        sheet.paste(picture, corner, picture if picture.mode == "RGBA" else None)
        if caption:
            _write(sheet, caption, (left, top + height + 1), width)
    stream = io.BytesIO()
    sheet.save(stream, "png", compress_level=3)
    return Image(stream.getvalue(), *sheet.size)


def _columns(count: int) -> int:
    return math.ceil(math.sqrt(count))


def _scale(width: int) -> int:
    return max(1, width // _LARGER)


def _caption_height(width: int) -> int:
    return _LETTER[1] * _scale(width) + 2


def _write(sheet: PIL.Image.Image, caption: str, corner: tuple[int, int], width: int) -> None:
    """A caption in the middle below its cell."""
    from PIL import Image as Pillow
    from PIL import ImageDraw, ImageFont

    scale = _scale(width)
    room = width // (_LETTER[0] * scale)
    text = caption if len(caption) <= room else f"{caption[: room - 2]}.."
    mask = Pillow.new("L", (len(text) * _LETTER[0], _LETTER[1]))
    ImageDraw.Draw(mask).text((0, 0), text, fill=255, font=ImageFont.load_default_imagefont())
    mask = mask.resize((mask.width * scale, mask.height * scale), Pillow.Resampling.NEAREST)
    sheet.paste(_INK, (corner[0] + (width - mask.width) // 2, corner[1]), mask)
