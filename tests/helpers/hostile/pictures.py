"""Pictures, sounds and meshes that say they are larger than they are."""

# ruff: noqa: E501 - the lines are the inputs

from __future__ import annotations

import struct
import wave
import zlib
from typing import TYPE_CHECKING

from helpers.hostile.case import case, file

if TYPE_CHECKING:
    from pathlib import Path


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int, height: int, data: bytes, depth: int = 8, colour: int = 2, more: bytes = b""
) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + more + chunk(b"IDAT", data) + chunk(b"IEND", b"")


file(
    "a PNG of 2^31 pixels each way",
    "a_step_1.png",
    png((1 << 31) - 1, (1 << 31) - 1, zlib.compress(b"")),
)
file(
    "a PNG of 20,000 pixels each way",
    "a_step_1.png",
    png(20_000, 20_000, zlib.compress(bytes(100 << 20))),
    large=True,
)
file(
    "a PNG of 7,000 pixels each way",
    "a_step_1.png",
    png(7_000, 7_000, zlib.compress(bytes(7_000 * 21_001))),
    large=True,
)
file(
    "a PNG of 7,000 pixels of 16 bits",
    "a_step_1.png",
    png(7_000, 7_000, zlib.compress(bytes(7_000 * 42_001)), 16),
    large=True,
)
file(
    "a PNG of 39,000,000 pixels in a row",
    "a_step_1.png",
    png(39_000_000, 1, zlib.compress(b"")),
    "100,000 on a side",
)


@case("a PNG of 6,000 pixels of 16 bits and transparency", large=True)
def _(folder: Path) -> None:
    data = png(6_000, 6_000, zlib.compress(bytes(6_000 * 48_001)), 16, 6)
    (folder / "a_step_1.png").write_bytes(data)


file("a PNG of no pixels", "a_step_1.png", png(0, 0, zlib.compress(b"")))
file(
    "a PNG with a text that unpacks to 200 MB",
    "a_step_1.png",
    png(
        2,
        2,
        zlib.compress(bytes(14)),
        more=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(200 << 20))) * 3,
    ),
    large=True,
)
file(
    "a PNG that is cut off",
    "a_step_1.png",
    png(100, 100, zlib.compress(bytes(301 * 100))[:10])[:-16],
)
file(
    "a JPEG of 65,500 pixels each way",
    "a_step_1.jpg",
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xc0\0\x11\x08"
    + struct.pack(">HH", 65_500, 65_500)
    + b"\3\1\x11\0\2\x11\0\3\x11\0\xff\xd9",
)
file(
    "a GIF of 65,535 pixels each way",
    "a_step_1.gif",
    b"GIF89a"
    + struct.pack("<HH", 65_535, 65_535)
    + b"\0\0\0,\0\0\0\0"
    + struct.pack("<HH", 65_535, 65_535)
    + b"\0\2\2\x44\1\0;",
)
file(
    "a GIF of 100,000 pictures",
    "a_step_1.gif",
    b"GIF89a"
    + struct.pack("<HH", 2_000, 2_000)
    + b"\x80\0\0\0\0\0\xff\xff\xff"
    + (b",\0\0\0\0" + struct.pack("<HH", 2, 2) + b"\0\2\3\x44\x34\x05\0") * 100_000
    + b";",
    large=True,
)
file(
    "a WebP of a lie",
    "a_step_1.webp",
    b"RIFF"
    + struct.pack("<I", 100)
    + b"WEBPVP8X"
    + struct.pack("<I", 10)
    + b"\x10\0\0\0"
    + b"\xff" * 6
    + b"\0" * 70,
)
file(
    "a BMP of 2^31 pixels",
    "a_step_1.bmp",
    b"BM"
    + struct.pack(
        "<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 2**31 - 1, 2**31 - 1, 1, 24, 0, 0, 0, 0, 0, 0
    ),
)
file(
    "a TIFF of 50,000,000 pixels",
    "a_step_1.tif",
    b"II*\0"
    + struct.pack("<I", 8)
    + struct.pack("<H", 9)
    + b"".join(
        struct.pack("<HHII", tag, kind, 1, value)
        for tag, kind, value in (
            (256, 4, 7_000),
            (257, 4, 7_000),
            (258, 3, 32),
            (259, 3, 1),
            (262, 3, 1),
            (273, 4, 200),
            (277, 3, 1),
            (278, 4, 7_000),
            (279, 4, 196_000_000),
        )
    )
    + bytes(5_000),
    large=True,
)
file(
    "a TIFF that names itself",
    "a_step_1.tif",
    b"II*\0"
    + struct.pack("<I", 8)
    + struct.pack("<H", 1)
    + struct.pack("<HHII", 256, 4, 1, 7)
    + struct.pack("<I", 8),
)
file("a PPM of 10^9 pixels", "a_step_1.ppm", b"P6\n1000000000 1000000000\n255\n" + b"x" * 500)
file(
    "an ICO of a PNG of 2^31 pixels",
    "a_step_1.ico",
    b"\0\0\1\0\1\0\0\0\0\0\1\0 \0"
    + struct.pack("<II", 200, 22)
    + png((1 << 31) - 1, (1 << 31) - 1, b""),
)
file(
    "an EPS that runs",
    "a_step_1.eps",
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(%pipe%touch canary) (w) file\nshowpage\n",
)
file(
    "a PSD of 30,000 pixels each way",
    "a_step_1.psd",
    b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 30_000, 30_000, 8, 3) + bytes(30),
)


@case("a WAV of 2^32 bytes that are not there")
def _(folder: Path) -> None:
    with wave.open(str(folder / "a_step_1.wav"), "wb") as sound:
        sound.setparams((2, 2, 44_100, 0, "NONE", ""))
        sound.writeframes(bytes(400))
    data = bytearray((folder / "a_step_1.wav").read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    (folder / "a_step_1.wav").write_bytes(bytes(data))


file(
    "a WAV of 65,535 channels",
    "a_step_1.wav",
    b"RIFF"
    + struct.pack("<I", 500)
    + b"WAVEfmt "
    + struct.pack("<IHHIIHH", 16, 1, 65_535, 2**32 - 1, 2**32 - 1, 65_535, 64)
    + b"data"
    + struct.pack("<I", 400)
    + bytes(400),
)
file(
    "a WAV of no rate",
    "a_step_1.wav",
    b"RIFF"
    + struct.pack("<I", 500)
    + b"WAVEfmt "
    + struct.pack("<IHHIIHH", 16, 1, 1, 0, 0, 2, 16)
    + b"data"
    + struct.pack("<I", 400)
    + bytes(400),
)
file(
    "a FLAC of 2^36 samples",
    "a_step_1.flac",
    b"fLaC\x80\0\0\x22"
    + struct.pack(">HH", 16, 65_535)
    + bytes(6)
    + bytes([0x0A, 0xC4, 0x42, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
    + bytes(16)
    + b"\xff\xf8\xc9\x18",
)
file("a sound that is cut off", "a_step_1.ogg", b"OggS\0\2" + bytes(50))
file(
    "a mesh of 2^31 points",
    "a_step_1.ply",
    b"ply\nformat binary_little_endian 1.0\nelement vertex 2147483647\nproperty float x\nproperty float y\nproperty float z\nelement face 2147483647\nproperty list uchar int vertex_indices\nend_header\n"
    + bytes(500),
)
file(
    "a mesh of long faces",
    "a_step_1.obj",
    "v 0 0 0\nv 1 0 0\nv 0 1 0\nf "
    + "1 2 3 " * 200_000
    + "\nf 99999999999 -5 0\nf 1/2/3 "
    + "9" * 5_000
    + " 2\n",
    large=True,
)
