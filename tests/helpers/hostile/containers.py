"""Compressed files and archives: 62 to 69 of the list."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING

from helpers.hostile.case import case, file

if TYPE_CHECKING:
    from pathlib import Path

LOG = ("step,loss\n" + "".join(f"{step},{1 / step}\n" for step in range(1, 400))).encode()
ZEROS = bytes(1 << 20)


def gz(pieces: list[bytes], times: int, head: bytes = b"") -> bytes:
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=9, mtime=0) as packed:
        packed.write(head)
        for _ in range(times):
            for piece in pieces:
                packed.write(piece)
    return stream.getvalue()


@case("gzip that unpacks to 1 GiB of zeros", large=True)
def _(folder: Path) -> None:
    (folder / "log.csv.gz").write_bytes(gz([ZEROS], 1024, LOG))


@case("gzip that unpacks to 300 MB of rows of one step", large=True)
def _(folder: Path) -> None:
    (folder / "log.csv.gz").write_bytes(gz([b"1,1\n" * 250_000], 100, b"step,loss\n"))


@case("gzip that unpacks to a line without end", "too long", large=True)
def _(folder: Path) -> None:
    (folder / "log.csv.gz").write_bytes(gz([b"x" * (1 << 20)], 512, LOG))


@case("gzip that unpacks to a JSON line without end", large=True)
def _(folder: Path) -> None:
    (folder / "log.jsonl.gz").write_bytes(
        gz([b"1," * (1 << 19)], 512, b'{"step":1,"loss":1}\n{"a":[')
    )


@case("gzip that unpacks to a JSON document without end", large=True)
def _(folder: Path) -> None:
    (folder / "metrics.json.gz").write_bytes(gz([b"[1]," * (1 << 18)], 512, b"["))


@case("gzip that unpacks to a JSON text without end", large=True)
def _(folder: Path) -> None:
    (folder / "metrics.json.gz").write_bytes(gz([b"a" * (1 << 20)], 512, b'{"a": "'))


@case("gzip that unpacks to YAML without end", large=True)
def _(folder: Path) -> None:
    (folder / "hparams.yaml.gz").write_bytes(gz([b"- 1\n" * (1 << 18)], 512, b"a:\n"))


@case("gzip that unpacks to a log of blanks", large=True)
def _(folder: Path) -> None:
    (folder / "train.log.gz").write_bytes(gz([b" " * (1 << 20)], 512, b"step 1: loss=1\n"))


@case("gzip that unpacks to a log of line ends", large=True)
def _(folder: Path) -> None:
    (folder / "train.log.gz").write_bytes(
        gz([b"\n" * (1 << 20)], 100, b"step 1: loss=1\nstep 2: loss=2\n")
    )


@case("bzip2 that unpacks to 1 GiB", large=True)
def _(folder: Path) -> None:
    packed = bz2.BZ2Compressor()
    data = b"".join(
        [packed.compress(LOG), *(packed.compress(ZEROS) for _ in range(300)), packed.flush()]
    )
    (folder / "log.csv.bz2").write_bytes(data)


@case("xz that unpacks to 1 GiB", large=True)
def _(folder: Path) -> None:
    packed = lzma.LZMACompressor(preset=0)
    data = b"".join(
        [packed.compress(LOG), *(packed.compress(ZEROS) for _ in range(512)), packed.flush()]
    )
    (folder / "log.csv.xz").write_bytes(data)


@case("zstd that unpacks to 1 GiB", large=True)
def _(folder: Path) -> None:
    from backports import zstd

    packed = zstd.ZstdCompressor()
    data = b"".join(
        [packed.compress(LOG), *(packed.compress(ZEROS) for _ in range(1024)), packed.flush()]
    )
    (folder / "log.csv.zst").write_bytes(data)


@case("zstd with a window of 2 GiB")
def _(folder: Path) -> None:
    (folder / "log.csv.zst").write_bytes(
        b"\x28\xb5\x2f\xfd\x00" + bytes([0xA8]) + b"\x01\x00\x00" + b"\xff" * 64
    )


file(
    "xz that asks for 1.5 GiB",
    "log.csv.xz",
    lzma.compress(LOG, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1536 << 20}]),
)
file("gzip in gzip", "log.csv.gz", gzip.compress(gzip.compress(LOG)))
file("gzip that is cut off", "log.csv.gz", gzip.compress(LOG)[:-300], "damaged")
file("gzip with garbage after it", "log.csv.gz", gzip.compress(LOG) + b"garbage" * 9)
file(
    "gzip of many members",
    "log.csv.gz",
    gzip.compress(LOG) + gzip.compress(b"") * 20_000,
    large=True,
)
file(
    "gzip with a name of a megabyte",
    "log.csv.gz",
    b"\x1f\x8b\x08\x08\0\0\0\0\0\0"
    + b"a" * (1 << 20)
    + b"\0"
    + zlib.compress(LOG)[2:-4]
    + struct.pack("<II", zlib.crc32(LOG), len(LOG)),
)


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", method) as found:
        for name, data in members.items():
            found.writestr(name, data)


def inner(depth: int) -> bytes:
    data = LOG
    for _ in range(depth):
        stream = io.BytesIO()
        zipped(stream, {"a.zip": data, "log.csv": LOG})  # type: ignore[arg-type]
        data = stream.getvalue()
    return data


@case("zip with names that lead out of it", "leads out")
def _(folder: Path) -> None:
    zipped(
        folder / "logs.zip",
        {
            "../../x.csv": LOG,
            "/etc/x.csv": LOG,
            "C:\\x.csv": LOG,
            "..\\x.csv": LOG,
            "a/../../x.csv": LOG,
            "a\0b.csv": LOG,
            "log.csv": LOG,
            ".": LOG,
        },
    )


@case("zip in zip in zip", "archive within an archive")
def _(folder: Path) -> None:
    (folder / "logs.zip").write_bytes(inner(10))


@case("zip that unpacks to 1 GiB", large=True)
def _(folder: Path) -> None:
    zipped(folder / "logs.zip", {f"{n}.csv": ZEROS * 64 for n in range(16)} | {"log.csv": LOG})


@case("zip of 100,000 members", large=True)
def _(folder: Path) -> None:
    zipped(folder / "logs.zip", {f"{n}.csv": b"" for n in range(100_000)})


@case("zip whose members overlap", large=True)
def _(folder: Path) -> None:
    zipped(folder / "one.zip", {"log.csv": LOG * 2_000})
    data = (folder / "one.zip").read_bytes()
    (folder / "one.zip").unlink()
    end = data.rindex(b"PK\x05\x06")
    start = struct.unpack("<I", data[end + 16 : end + 20])[0]
    entry = data[start:end]
    many = b"".join(entry.replace(b"log.csv", b"%07d" % n) for n in range(20_000))
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 20_000, 20_000, len(many), start, 0)
    (folder / "logs.zip").write_bytes(data[:start] + many + tail)


@case("zip whose sizes lie")
def _(folder: Path) -> None:
    zipped(folder / "logs.zip", {"log.csv": LOG, "other.csv": LOG})
    data = bytearray((folder / "logs.zip").read_bytes())
    place = data.index(b"PK\x01\x02")
    data[place + 24 : place + 28] = struct.pack("<I", 0xFFFFFFF0)
    (folder / "logs.zip").write_bytes(bytes(data))


@case("zip with a password")
def _(folder: Path) -> None:
    zipped(folder / "logs.zip", {"log.csv": LOG, "other.csv": LOG})
    data = bytearray((folder / "logs.zip").read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    (folder / "logs.zip").write_bytes(bytes(data))


def tarred(path: Path, infos: list[tuple[tarfile.TarInfo, bytes]], mode: str = "w") -> None:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for info, data in infos:
            info.size = len(data) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(data))


@case("tar with links, devices and pipes")
def _(folder: Path) -> None:
    infos = []
    for kind in (
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
    ):
        info = tarfile.TarInfo(f"x{kind.decode()}.csv")
        info.type, info.linkname = kind, "/etc/passwd"
        infos.append((info, b""))
    infos += [(tarfile.TarInfo(name), LOG) for name in ("../../x.csv", "/etc/x.csv", "log.csv")]
    tarred(folder / "logs.tar", infos)


@case("tar that unpacks to 1 GiB", large=True)
def _(folder: Path) -> None:
    tarred(
        folder / "logs.tar.gz",
        [(tarfile.TarInfo(f"{n}.csv"), ZEROS * 64) for n in range(12)],
        "w:gz",
    )


@case("tar with a header that lies")
def _(folder: Path) -> None:
    tarred(folder / "logs.tar", [(tarfile.TarInfo("log.csv"), LOG)])
    data = bytearray((folder / "logs.tar").read_bytes())
    data[124:136] = b"77777777777\0"
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    (folder / "logs.tar").write_bytes(bytes(data))


@case("tar of a name of a megabyte", large=True)
def _(folder: Path) -> None:
    tarred(
        folder / "logs.tar",
        [(tarfile.TarInfo("a/" * 500_000 + "log.csv"), LOG), (tarfile.TarInfo("log.csv"), LOG)],
    )


@case("tar with a pax header of 200 MB", large=True)
def _(folder: Path) -> None:
    info = tarfile.TarInfo("log.csv")
    info.pax_headers = {"comment": "x" * (200 << 20)}
    tarred(folder / "logs.tar.gz", [(info, LOG)], "w:gz")


@case("tar of a sparse file")
def _(folder: Path) -> None:
    info = tarfile.TarInfo("log.csv")
    info.pax_headers = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.map": "0,1,99999999999999,1",
        "GNU.sparse.size": "999999999999999",
        "GNU.sparse.name": "../x.csv",
    }
    tarred(folder / "logs.tar", [(info, LOG)])
