"""Word vectors with their labels and pictures beside them: what the Projector shows."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from dumps import note_dump
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


_GROUPS = ("colour", "animal", "number", "tool")


_EACH = 12


_TILE = 8


def projector(root: Path, expected: Expected) -> None:
    """`vectors_step_000200.npy`, four clusters; `metadata.tsv` and `sprite.png` for its rows."""
    run = "formats/checkpoints/projector"
    folder = root / run
    folder.mkdir(parents=True, exist_ok=True)
    dice = np.random.default_rng(31)
    count = len(_GROUPS) * _EACH
    middles = dice.normal(size=(len(_GROUPS), 6)) * 3
    vectors = (np.repeat(middles, _EACH, 0) + dice.normal(size=(count, 6)) * 0.6).astype("<f4")
    path = folder / "vectors_step_000200.npy"
    np.save(path, vectors)
    note_dump(expected, path, run, 200, {"vectors": vectors})
    lines = [f"{group}{n}\t{group}\n" for group in _GROUPS for n in range(_EACH)]
    text = "word\tgroup\n" + "".join(lines)
    (folder / "metadata.tsv").write_text(text, encoding="utf-8", newline="\n")
    side = int(np.ceil(np.sqrt(count)))
    pixels = np.full((side * _TILE, side * _TILE, 3), 255, np.uint8)
    colours = np.asarray([[66, 133, 214], [240, 140, 40], [60, 160, 110], [190, 90, 150]])
    for row in range(count):
        down, right = divmod(row, side)
        shade = colours[row // _EACH] * (0.6 + 0.4 * (row % _EACH) / _EACH)
        place = np.s_[
            down * _TILE : (down + 1) * _TILE - 1, right * _TILE : (right + 1) * _TILE - 1
        ]
        pixels[place] = shade.round()
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "png")
    (folder / "sprite.png").write_bytes(stream.getvalue())
    (folder / "log.csv").write_text("step,loss\n100,0.5\n200,0.25\n", newline="\n")
    expected.file(folder / "log.csv", 2)
    for step, loss in ((100, 0.5), (200, 0.25)):
        expected.scalar(run, "loss", step, loss)
