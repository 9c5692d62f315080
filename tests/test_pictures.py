"""Pictures: which go in as they are, which are converted, and which are refused."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers.work import peak
from PIL import Image as Pillow

import tbingest

if TYPE_CHECKING:
    from pathlib import Path

    from tbingest.model.points import Image

PLAIN = tbingest.Options(plots="none")
PIXELS = (np.arange(12 * 8 * 3).reshape(8, 12, 3) % 251).astype(np.uint8)


def saved(form: str, pixels: Any = PIXELS, mode: str | None = None, **options: Any) -> bytes:
    stream = io.BytesIO()
    picture = pixels if isinstance(pixels, Pillow.Image) else Pillow.fromarray(pixels)
    (picture.convert(mode) if mode else picture).save(stream, form, **options)
    return stream.getvalue()


def image_of(folder: Path, name: str, data: bytes) -> Image:
    (folder / name).write_bytes(data)
    ((points,),) = tbingest.read(folder / name, PLAIN).batches()
    return points.values[0][0]


def shown(image: Image) -> np.ndarray:
    with Pillow.open(io.BytesIO(image.data)) as picture:
        assert picture.size == (image.width, image.height)
        return np.asarray(picture)


@pytest.mark.parametrize("form", ["png", "jpeg", "gif"])
def test_what_a_browser_shows_is_left_as_it_is(tmp_path: Path, form: str) -> None:
    data = saved(form)
    assert image_of(tmp_path, f"a.{form}", data).data == data


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.webp", saved("webp", lossless=True)),
        ("a.tiff", saved("tiff")),
        ("a.tif", saved("tiff", compression="tiff_lzw")),
        ("a.bmp", saved("bmp")),
    ],
)
def test_other_pictures_are_converted(tmp_path: Path, name: str, data: bytes) -> None:
    """Pixel by pixel, to the same bytes each time."""
    found = image_of(tmp_path, name, data)
    assert found.data.startswith(b"\x89PNG")
    assert np.array_equal(shown(found), PIXELS)
    assert image_of(tmp_path, name, data).data == found.data


def test_numbers_are_shown_from_their_least_to_their_greatest(tmp_path: Path) -> None:
    deep = np.asarray([[100, 1100], [2100, 600]], np.uint16)
    wanted = [[0, 128], [255, 64]]
    assert shown(image_of(tmp_path, "a.tiff", saved("tiff", deep))).tolist() == wanted
    floats = np.asarray([[0.0, 0.5], [1.0, 0.25]], np.float32)
    assert shown(image_of(tmp_path, "b.tiff", saved("tiff", floats))).tolist() == wanted
    flat = np.full((2, 2), 7, np.float32)
    assert shown(image_of(tmp_path, "c.tiff", saved("tiff", flat))).tolist() == [[0, 0], [0, 0]]


def test_inks_become_lights(tmp_path: Path) -> None:
    found = shown(image_of(tmp_path, "a.jpg", saved("jpeg", PIXELS, "CMYK")))
    assert found.shape == (8, 12, 3)
    assert np.abs(found.astype(int) - PIXELS).mean() < 60


def test_what_is_transparent_stays_so(tmp_path: Path) -> None:
    pixels = np.asarray([[[255, 0, 0, 0], [0, 0, 255, 255]]], np.uint8)
    found = shown(image_of(tmp_path, "a.webp", saved("webp", pixels, lossless=True)))
    assert found[..., 3].tolist() == [[0, 255]]


def test_a_large_picture_is_made_smaller(tmp_path: Path) -> None:
    found = image_of(tmp_path, "a.png", saved("png", np.zeros((20, 8192), np.uint8)))
    assert (found.width, found.height) == (4096, 10)


def test_a_large_picture_is_worked_on_in_strips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They show what the whole would, and numbers of a small part are held as floats."""
    deep = (np.arange(1_000 * 1_000).reshape(1_000, 1_000) % 997).astype(np.float32)
    data = saved("tiff", deep)
    found = []
    assert peak(lambda: found.append(image_of(tmp_path, "a.tiff", data))) < 5 * deep.nbytes
    assert np.array_equal(shown(found[0]), (deep.astype(float) * (255 / 996)).round())
    monkeypatch.setattr("tbingest.formats.media.image._MOST_SIDE", 600)
    wave = (np.add.outer(np.arange(1_000), np.arange(700)) % 256).astype(np.uint8)
    smaller = shown(image_of(tmp_path, "b.png", saved("png", wave[:, :, None].repeat(3, 2))))
    whole = np.asarray(Pillow.fromarray(wave).resize((420, 600))).astype(int)
    assert np.abs(smaller[..., 0] - whole).max() <= 40
    assert np.abs(smaller[..., 0] - whole).mean() < 1


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.webp", saved("webp")[:-30], "a picture that cannot be shown"),
        ("a.tiff", saved("tiff")[:60], "a picture that cannot be shown"),
        ("a.bmp", saved("bmp")[:60], "a picture that cannot be shown"),
        (
            "a.bmp",
            saved("bmp").replace(b"\x0c\0\0\0\x08\0\0\0", b"\0\0\1\0\0\0\1\0", 1),
            "a picture of more than 40 million pixels, or 100,000 on a side, which is not opened",
        ),
    ],
)
def test_what_is_refused_is_said(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    report = tbingest.convert(tmp_path / name, tmp_path / "runs", PLAIN)
    (source,) = report.sources
    assert [problem.what for problem in source.problems] == [said]
    assert (source.read, source.reported) == (1, 1)


def test_a_picture_of_one_colour_is_no_text(tmp_path: Path) -> None:
    """Such a JPEG holds hardly any control characters, and still begins as one."""
    data = saved("jpeg", Pillow.new("RGB", (4000, 3000), (200, 100, 50)))
    assert image_of(tmp_path, "a.jpg", data).data == data
