"""Pictures: PNG, JPEG and GIF, put into the event file as they are.

images/sample_step_000100.png
images/sample_step_000200.png

Step and tag come from the file's name: `images/sample_step_000100.png` is `images/sample`, 100.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tbingest.formats.base import DocumentReader
from tbingest.model import Evidence, Fields, Format, Head, Image, Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAGIC = ((b"\x89PNG\r\n\x1a\n", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"))


@dataclass
class Picture(DocumentReader):
    """Gives the encoded picture as one value."""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """One record with the picture."""
        from PIL import Image as Pillow

        try:
            with Pillow.open(io.BytesIO(data), formats=[name for _, name in _MAGIC]) as picture:
                width, height = picture.size
                picture.verify()
        except Exception:  # noqa: BLE001 - Pillow raises anything on damaged files
            what = "a picture that cannot be shown"
            yield "", Problem("", None, None, what, "is it complete?", values=1)
            return
        yield "image", Rows({"": [Image(data, width, height)]}, np.ones(1, np.int64))


def detect(head: Head) -> Evidence:
    """By magic."""
    name = next((name for magic, name in _MAGIC if head.data.startswith(magic)), "")
    return Evidence(0.99 if name else 0.0, f"a {name} picture" if name else "no picture")


FORMAT = Format(
    name="image",
    about="pictures (PNG, JPEG, GIF)",
    sample="images/sample_step_000100.png",
    detect=detect,
    reader=lambda _: Picture(),
    rewritten=True,
    fields=Fields(step_from_name=True),
)
