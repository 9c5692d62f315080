"""One source as a stream of decoded bytes: decompressed by magic, transcoded to UTF-8.

Offsets count decoded bytes. A plain UTF-8 file is sought; anything else is read from its start.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import os
import re
import stat
import sys
import zlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Self, cast

from crc32c import crc32c

from tbingest.errors import ReadError
from tbingest.model.contracts import Head
from tbingest.sources.handles import opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from _typeshed import WriteableBuffer

    from tbingest.sources.discover import Source

HEAD_BYTES = 64 << 10
_WIDE_BYTES = 2 << 20
_WIDE_LINES, _WIDE_CELLS = 3, 1_000
_PIECE = 256 << 10
SUMMED = 1 << 20
"""A checksum is kept of so many bytes that were read, each."""
_MAX_DECODED = 8 << 30
_MAX_RATIO = 200
_FREE_DECODED = 64 << 20
_MAX_ZEROS = 64 << 20
_TEXT_BEGINS = 16
"""Binary formats that could pass for UTF-8 have a zero byte before this place."""
_BINARY = (
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"),
    *(b"fLaC\0", b"OggS\0", b"ID3\2\0", b"ID3\3\0", b"ID3\4\0"),
    *(b"\xff\xfa", b"\xff\xfb", b"\xff\xf2", b"\xff\xf3"),
)
"""How pictures and sounds begin: those of one colour or tone may hold no control characters."""
_HOLES = 4
_ZEROS = re.compile(rb"\0+")
_DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError, MemoryError)
_SHOWN = "\ufffd"
_SHOWN_BYTES = _SHOWN.encode()
_MAGIC = (
    (b"\x1f\x8b", "gz"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
)


def _decoder() -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder("utf-8")("replace")


@dataclass
class Spoilt:
    """Counts what of a text means nothing: NULs, which readers leave out, and bytes that are not of
    its encoding, for which they show U+FFFD.
    """

    zeros: int = 0
    others: int = 0
    _utf8: codecs.IncrementalDecoder = field(default_factory=_decoder)
    _split: bool = False

    def take(self, data: bytes) -> None:
        """More bytes of a text in UTF-8, however it is cut."""
        if b"\0" in data:
            self.zeros += data.count(0)
        if self._split or not data.isascii():
            # One that is shown already is none of ours.
            self.others += self._utf8.decode(data).count(_SHOWN) - data.count(_SHOWN_BYTES)
            self._split = bool(self._utf8.getstate()[0])

    def said(self) -> Iterator[str]:
        """In words."""
        if self.zeros:
            yield f"NUL bytes are left out: {self.zeros:,}"
        if self.others:
            yield f"bytes that are not of the text's encoding: {self.others:,}, shown as {_SHOWN}"


@dataclass
class Sums:
    """Checksums of decoded bytes, one for each MiB: those of what stands before `place`, and the
    bytes that were read beyond it.
    """

    found: list[int]
    place: int
    ahead: bytearray = field(default_factory=bytearray)

    def up_to(self, stop: int) -> list[int]:
        """Those of all bytes up to a decoded offset."""
        while self.place < stop and self.ahead:
            room = SUMMED - self.place % SUMMED
            part = bytes(self.ahead[: min(room, stop - self.place)])
            if room < SUMMED:
                self.found[-1] = crc32c(part, self.found[-1])
            else:
                self.found.append(crc32c(part))
            del self.ahead[: len(part)]
            self.place += len(part)
        return self.found


class Opened:
    """A source that is being read. Use as a context manager.

    `encoding` is `utf-8`, `utf-16-le`, ..., `cp1252` or `binary`; `damage` says after reading why
    the data ended early (a truncated archive, a cap), else it is empty; `spoilt` counts what of a
    text means nothing.
    """

    def __init__(self, source: Source, encoding: str = "") -> None:
        self.damage = ""
        self.spoilt = Spoilt()
        self.position = 0
        self._sums: Sums | None = None
        self._raw = open_raw(source)
        magic = self._raw.peek(8)[:8]
        self.compression = next((name for start, name in _MAGIC if magic.startswith(start)), "")
        self._stream: io.BufferedReader = _decompressed(self._raw, self.compression)
        self._cap = min(_MAX_DECODED, max(_FREE_DECODED, _MAX_RATIO * source.size))
        self._taken = self._zeros = 0
        self.encoding = encoding
        self._ahead = self._pull(HEAD_BYTES)
        self._at_end = len(self._ahead) < HEAD_BYTES
        self.encoding = encoding or sniff_encoding(self._ahead)
        if self.encoding == "utf-8" and _is_wide(self._ahead) and not self._at_end:
            self._ahead += self._pull(_WIDE_BYTES)
        self._skip_bom()
        self._decoder = _transcoder(self.encoding)
        if self._decoder:
            self._ahead = self._transcode(self._ahead, final=self._at_end)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()
        self._raw.close()

    def head(self, source: Source) -> Head:
        """What detection looks at. Call it before the first `read`."""
        return Head(
            source.name,
            self._ahead,
            source.size,
            binary=self.encoding == "binary",
            complete=self._at_end,
            sampler=partial(_sample, source),
        )

    def read(self, size: int) -> bytes:
        """Up to `size` decoded bytes; empty at the end."""
        while not self._ahead and not self._at_end:
            raw = self._pull(size)
            self._at_end = not raw
            self._ahead = self._transcode(raw, final=self._at_end) if self._decoder else raw
        data = self._ahead[:size]
        self._ahead = self._ahead[size:]
        self.position += len(data)
        if self.encoding == "utf-8":
            self.spoilt.take(data)
        if self._sums:
            self._sums.ahead += data
        return data

    def summed(self, known: Sequence[int] = ()) -> Sums:
        """The checksums of what is read from here on, behind the `known` ones of all before."""
        self._sums = Sums([*known], self.position)
        return self._sums

    def skip(self, offset: int) -> None:
        """Go forward to a decoded offset."""
        plain = not self._decoder and not self.compression and self._raw.seekable()
        if plain and offset >= self.position + len(self._ahead) + self._bom:
            self._raw.seek(offset + self._bom)
            self._ahead = b""
            self._at_end = False
            self.position = offset
            return
        before = self.position
        while self.position < offset and self.read(min(_PIECE, offset - self.position)):
            pass
        if self.position > before:
            self.spoilt = Spoilt()

    def _pull(self, size: int) -> bytes:
        if self.damage:
            return b""
        if self.compression and self._taken >= self._cap:
            self.damage = f"unpacks to more than {self._cap >> 20} MiB: the rest is left out"
            return b""
        if not self.compression:
            return self._plain(size)
        pieces: list[bytes] = []
        size = missing = min(size, self._cap - self._taken)
        while missing and not self.damage:
            try:
                # `read` would lose what stands before the damage, `read1` gives it.
                piece = self._stream.read1(missing)
            except Exception as error:
                if not _is_damage(error):
                    raise
                self.damage = (
                    f"damaged {self.compression} data: {str(error) or type(error).__name__}"
                )
                break
            if not piece:
                break
            pieces.append(piece)
            missing -= len(piece)
        self._taken += size - missing
        return b"".join(pieces)

    def _plain(self, size: int) -> bytes:
        """Bytes of a file as it lies; a hole in a text, of which a disk may hold much, ends it."""
        data = self._stream.read(size)
        if data[-1:] != b"\0" or self.encoding == "binary":
            self._zeros = 0
            return data
        self._zeros = len(data) + (self._zeros if not any(data) else -len(data.rstrip(b"\0")))
        if self._zeros > _MAX_ZEROS:
            self.damage = f"holds {_MAX_ZEROS >> 20} MiB of zeros: what follows them is left out"
            return b""
        return data

    def _skip_bom(self) -> None:
        bom = next((mark for mark, _ in _BOMS if self._ahead.startswith(mark)), b"")
        self._bom = len(bom) if self.encoding != "binary" else 0
        self._ahead = self._ahead[self._bom :]

    def _transcode(self, raw: bytes, *, final: bool) -> bytes:
        decoder = cast("codecs.IncrementalDecoder", self._decoder)
        text = decoder.decode(raw, final)
        self.spoilt.zeros += text.count("\0")
        self.spoilt.others += text.count("\ufffd")
        return text.replace("\0", "").encode("utf-8", "replace")


def _sample(source: Source) -> tuple[bytes, ...]:
    from tbingest.sources.sample import sample

    return sample(source)


_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def open_raw(source: Source) -> io.BufferedReader:
    """The bytes as they lie on disk. Opening and reading raise ReadError."""
    try:
        handle = opened(source.path, links=True)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise ReadError("cannot be read: not a regular file")
    except OSError as error:
        raise _unreadable(error) from error
    return io.BufferedReader(_Raw(handle, "rb"), HEAD_BYTES)


class _Raw(io.FileIO):
    """A file whose failing reads are a ReadError: no library takes them for damage."""

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        try:
            return super().readinto(buffer)
        except OSError as error:
            raise _unreadable(error) from error


def _unreadable(error: OSError) -> ReadError:
    return ReadError(f"cannot be read: {error.strerror}")


def _decompressed(raw: io.BufferedReader, compression: str) -> io.BufferedReader:
    """All of them have `read` and `read1`."""
    if compression == "gz":
        return cast("io.BufferedReader", gzip.GzipFile(fileobj=raw))
    if compression == "bz2":
        return cast("io.BufferedReader", bz2.BZ2File(raw))
    if compression == "xz":
        return cast("io.BufferedReader", lzma.LZMAFile(raw))
    if compression == "zst":
        return _zstd(raw)
    return raw


def _is_damage(error: Exception) -> bool:
    """True for what a decompressor raises of bad data, or of data that asks for too much memory."""
    return isinstance(error, _DAMAGE) or type(error).__name__ == "ZstdError"  # loaded when needed


def _zstd(raw: io.BufferedReader) -> io.BufferedReader:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    limit = {int(zstd.DecompressionParameter.window_log_max): 27}
    return cast("io.BufferedReader", zstd.ZstdFile(raw, options=limit))


def sniff_encoding(data: bytes) -> str:
    """The encoding of a source's first bytes; `binary` where it is no text."""
    if data.startswith(_BINARY):
        return "binary"
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    zeros = data.count(0)
    if zeros:
        for offset, name in ((1, "utf-16-le"), (0, "utf-16-be")):
            half = data[offset::2].count(0)
            if half > 0.4 * len(data) / 2 and half > 0.95 * zeros:
                return name
        return "utf-8-sig" if _has_zeros_only(data, zeros) and _is_utf8(data) else "binary"
    if _is_utf8(data):
        return "utf-8"
    return "cp1252" if _looks_like_text(data) else "binary"


def _has_zeros_only(data: bytes, zeros: int) -> bool:
    """True for a text with few zeros, or few blocks of them.

    As a machine that lost its power leaves them; the first block is that of a log which was emptied
    while its program wrote on at the place where it stood.
    """
    text = data.lstrip(b"\0")
    begins_as_text = 0 not in text[:_TEXT_BEGINS] and (text == data or b"\n" in text)
    few = zeros <= len(data) / 500 or len(_ZEROS.findall(data)) <= _HOLES
    return begins_as_text and few and _looks_like_text(data.replace(b"\0", b""))


def _is_wide(data: bytes) -> bool:
    """True for the beginning of a table so wide that its first rows lie further on."""
    cells = max(map(data.count, (b",", b"\t", b";")))
    return data.count(b"\n") < _WIDE_LINES and cells > _WIDE_CELLS and data[:1] not in (b"{", b"[")


def _is_utf8(data: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _looks_like_text(data: bytes) -> bool:
    controls = len(data) - len(data.translate(None, bytes([*range(9), *range(14, 27), 28, 29])))
    return controls <= len(data) / 100


def _transcoder(encoding: str) -> codecs.IncrementalDecoder | None:
    if encoding in {"utf-8", "binary"}:
        return None
    return codecs.getincrementaldecoder(encoding)("replace")
