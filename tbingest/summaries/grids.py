"""Several pictures as one: row by row in cells of one size, each above its caption."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

from tbingest.model import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

    import PIL.Image

MOST_CELLS = 64
_MOST_SIDE = 4_096
_GAP = 4
_PAPER, _INK = (225, 229, 234), (36, 41, 47)
_LETTER = 6, 11  # pixels of a letter of Pillow's own bitmap font
_LARGER = 160  # for so many pixels of a cell's width, letters grow by their own size
_MOST_ABOUT = 2_000


def cell_side(count: int) -> int:
    """How many pixels wide and high each of `count` pictures may be; all of them are 4,096."""
    room = (_MOST_SIDE - _GAP) // _columns(count) - _GAP
    return room - _caption_height(room)


def grid(cells: Sequence[tuple[str, PIL.Image.Image]]) -> Image:
    """One PNG of captions and 8-bit pictures, none larger than `cell_side` of their number.

    Where a caption is too wide for its cell all of them stand in the description instead.
    """
    from PIL import Image as Pillow

    columns = _columns(len(cells))
    rows = -(-len(cells) // columns)
    width = max(picture.width for _, picture in cells)
    height = max(picture.height for _, picture in cells)
    captions = [caption for caption, _ in cells]
    is_legible = any(captions) and all(_fits(caption, width) for caption in captions)
    below = _caption_height(width) if is_legible else 0
    wide, tall = width + _GAP, height + below + _GAP
    sheet = Pillow.new("RGB", (columns * wide + _GAP, rows * tall + _GAP), _PAPER)
    for place, (caption, picture) in enumerate(cells):
        left, top = place % columns * wide + _GAP, place // columns * tall + _GAP
        corner = left + (width - picture.width) // 2, top + (height - picture.height) // 2
        sheet.paste(picture, corner, picture if picture.mode == "RGBA" else None)
        if is_legible:
            _write(sheet, caption, left + width // 2, top + height + 1, _scale(width))
    about = "" if is_legible or not any(captions) else _about(captions)
    stream = io.BytesIO()
    sheet.save(stream, "png", compress_level=3)
    return Image(stream.getvalue(), *sheet.size, about)


def _columns(count: int) -> int:
    return math.ceil(math.sqrt(count))


def _scale(width: int) -> int:
    return max(1, width // _LARGER)


def _caption_height(width: int) -> int:
    return _LETTER[1] * _scale(width) + 2


def _fits(caption: str, width: int) -> bool:
    plain = caption.isascii() and (caption.isprintable() or not caption)
    return plain and len(caption) * _LETTER[0] * _scale(width) <= width


def _write(sheet: PIL.Image.Image, caption: str, middle: int, top: int, scale: int) -> None:
    from PIL import Image as Pillow
    from PIL import ImageDraw, ImageFont

    if not caption:
        return
    mask = Pillow.new("L", (len(caption) * _LETTER[0], _LETTER[1]))
    ImageDraw.Draw(mask).text((0, 0), caption, fill=255, font=ImageFont.load_default_imagefont())
    mask = mask.resize((mask.width * scale, mask.height * scale), Pillow.Resampling.NEAREST)
    sheet.paste(_INK, (middle - mask.width // 2, top), mask)


def _about(captions: Sequence[str]) -> str:
    text = f"Row by row: {', '.join(caption or '?' for caption in captions)}"
    return text if len(text) <= _MOST_ABOUT else f"{text[:_MOST_ABOUT]}..."
