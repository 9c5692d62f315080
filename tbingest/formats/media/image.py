"""Pictures: PNG, JPEG and GIF as they are; WebP, TIFF and BMP as PNG.

images/sample_step_000100.png
images/sample_step_000200.png

Step and tag come from the file's name: `images/sample_step_000100.png` is `images/sample`, 100, and
`epoch_3/cat.png` is `cat`, 3. Pictures of one step whose names differ in numbers (or digests) only
are one grid, in the order of the numbers and each above its own: `epoch_3/0.png`, `epoch_3/1.png`,
or `samples/step_000100_0.png`, `samples/step_000100_1.png`. Names that differ in words are a tag
each, so that every one of them has its slider. Names as kohya's sd-scripts, ai-toolkit and
OneTrainer give them are taken apart: the step is the step, prompts are a grid, and the time and the
seed are no part of the tag; what kohya draws after an epoch is a tag of its own. A grid holds the
first 64 pictures in 4,096 pixels. Animated GIF and PNG go on moving; a `.gif` stands in no grid.

A browser shows neither CMYK, 16 bits nor floating-point numbers: such pictures become RGB, or grey
from their least number to their greatest. Sides are at most 4,096 pixels: what is larger is made
smaller, and what is over 40 million pixels, or 100,000 on a side, is refused.
"""

from __future__ import annotations

import io
import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.documents import DocumentReader
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import Image
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_SHOWN = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff", "GIF": b"GIF8"}
_CONVERTED = {"TIFF": (b"II*\0", b"MM\0*"), "BMP": (b"BM",), "WEBP": (b"RIFF",)}
_PLAIN = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})
_MOST_PIXELS = 40_000_000
_LONGEST_SIDE = 100_000
_TOO_LARGE = "a picture of more than 40 million pixels, or 100,000 on a side, which is not opened"
_DAMAGED = "a picture that cannot be shown"
_MOST_SIDE = 4_096
_BMP_HEADER = 26
_STRIP = 256
"""Rows of a large picture that are worked on at a time: all of them take many times its memory."""


@dataclass
class Picture(DocumentReader):
    """Gives the encoded picture as one value."""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """One record with the picture, or what is wrong with it."""
        found = _image(data)
        if isinstance(found, str):
            yield "", Problem("", None, None, found, "is it complete?", values=1)
        else:
            yield "image", Rows({"": [found]}, np.ones(1, np.int64))


def _image(data: bytes) -> Image | str:
    from PIL import Image as Pillow

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sizes and damage are judged here
            with Pillow.open(io.BytesIO(data), formats=[*_SHOWN, *_CONVERTED]) as picture:
                width, height = picture.size
                if width * height > _MOST_PIXELS or max(width, height) > _LONGEST_SIDE:
                    return _TOO_LARGE
                large = max(width, height) > _MOST_SIDE and picture.format != "GIF"
                odd = picture.mode not in _PLAIN and picture.format != "PNG"
                if picture.format in _SHOWN and not large and not odd:
                    picture.verify()
                    return Image(data, width, height)
                return _converted(picture)
    except Pillow.DecompressionBombError:
        return _TOO_LARGE
    except Exception:  # noqa: BLE001 - Pillow raises anything on damaged files
        return _DAMAGED


def _converted(picture: Any) -> Image:
    """The first frame as a PNG that every browser shows."""
    picture = _smaller(_plain(picture))
    picture.info.clear()
    stream = io.BytesIO()
    picture.save(stream, "png", compress_level=3)
    return Image(stream.getvalue(), *picture.size)


def _smaller(picture: Any) -> Any:
    """The picture, with sides of at most 4,096 pixels."""
    from PIL import Image as Pillow

    width, height = picture.size
    share = _MOST_SIDE / max(width, height)
    if share >= 1:
        return picture
    wide, high = max(1, round(width * share)), max(1, round(height * share))
    found = Pillow.new(picture.mode, (wide, high))
    around = math.ceil(2 / share)  # rows that a new one is made of, beyond its own
    for top in range(0, high, _STRIP):
        end = min(high, top + _STRIP)
        upper, lower = top * height / high, end * height / high
        first = max(0, math.floor(upper) - around)
        # Of a whole picture with transparency all would be converted, at each strip.
        part = picture.crop((0, first, width, min(height, math.ceil(lower) + around)))
        box = (0, upper - first, width, lower - first)
        found.paste(part.resize((wide, end - top), box=box), (0, top))
    return found


def _plain(picture: Any) -> Any:
    """The first frame with 8 bits a channel: grey, RGB or RGBA."""
    from PIL import Image as Pillow

    picture.load()
    if picture.mode.startswith(("I", "F")):
        return Pillow.fromarray(_grey(picture))
    if picture.mode in {"L", "RGB", "RGBA"}:
        return picture
    clear = "A" in picture.mode or "transparency" in picture.info
    return picture.convert("RGBA" if clear else "RGB")


def _grey(picture: Any) -> NDArray[np.uint8]:
    """The numbers of a picture, (height, width), from its least to its greatest."""
    ends = [(float(part.min()), float(part.max())) for _, part in _numbers(picture)]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    scale = 255 / (high - low) if high > low else 0.0
    found = np.empty(picture.size[::-1], np.uint8)
    for top, part in _numbers(picture):
        found[top : top + len(part)] = ((part - low) * scale).round()
    return found


def _numbers(picture: Any) -> Iterator[tuple[int, NDArray[np.float64]]]:
    width, height = picture.size
    for top in range(0, height, _STRIP):
        part = picture.crop((0, top, width, min(height, top + _STRIP)))
        yield top, np.nan_to_num(np.asarray(part, np.float64))


def cell(data: bytes, side: int) -> Any | str:
    """A picture, decoded and at most `side` pixels wide and high, or why it cannot be shown."""
    from PIL import Image as Pillow

    found = _image(data)
    if isinstance(found, str):
        return found
    try:
        with Pillow.open(io.BytesIO(found.data), formats=[*_SHOWN]) as picture:
            picture.draft(None, (side, side))  # a JPEG need not be decoded larger
            plain = _plain(picture)
            plain.thumbnail((side, side))
            return plain.copy()
    except Exception:  # noqa: BLE001 - Pillow raises anything on damaged files
        return _DAMAGED


def detect(head: Head) -> Evidence:
    """By magic."""
    for name, magic in _SHOWN.items():
        if head.data.startswith(magic):
            return Evidence(0.99, f"a {name} picture")
    data = head.data
    if data.startswith(_CONVERTED["TIFF"]):
        return Evidence(0.97, "a TIFF picture")
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return Evidence(0.99, "a WebP picture")
    header = int.from_bytes(data[14:18], "little")
    if data.startswith(b"BM") and len(data) > _BMP_HEADER and header in {12, 40, 52, 56, 108, 124}:
        return Evidence(0.95, "a BMP picture")
    return Evidence(0.0, "no picture")


FORMAT = Format(
    name="image",
    about="pictures (PNG, JPEG, GIF, WebP, TIFF, BMP)",
    sample="images/sample_step_000100.png",
    detect=detect,
    reader=lambda _: Picture(),
    rewritten=True,
    fields=Fields(step_from_name=True),
)
