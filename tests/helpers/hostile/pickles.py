"""Pickles and checkpoints of torch: 70 to 76 of the list."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING

from helpers.hostile.case import case, file

if TYPE_CHECKING:
    from pathlib import Path

OS = b"cos\nsystem\n(S'touch canary'\ntR."
MIB = 1 << 20


def text(data: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(data)) + data


def torch_zip(
    data: bytes, members: dict[str, bytes] | None = None, method: int = zipfile.ZIP_STORED
) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as found:
        found.writestr("archive/data.pkl", data)
        found.writestr("archive/byteorder", "little")
        for name, content in (members or {}).items():
            found.writestr(name, content)
    return stream.getvalue()


def tensor(offset: int, shape: bytes, strides: bytes, count: int) -> bytes:
    """A state_dict of one tensor over a storage `0`."""
    storage = (
        b"("
        + text(b"storage")
        + b"ctorch\nFloatStorage\n"
        + text(b"0")
        + text(b"cpu")
        + b"J"
        + struct.pack("<i", count)
        + b"tQ"
    )
    return (
        b"\x80\x02}("
        + text(b"w")
        + b"ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + b"J"
        + struct.pack("<i", offset)
        + shape
        + strides
        + b"\x89ccollections\nOrderedDict\n)RtRu."
    )


for _name in (
    "a_step_1.pt",
    "a_step_1.pkl",
    "a_step_1.joblib",
    "a_step_1.pth",
    "a_step_1.ckpt",
    "a_step_1.bin",
    "a_step_1.npy",
    "a_step_1.pickle",
    "a_step_1.h5",
    "a_step_1.model",
):
    file(f"a pickle that runs a command, as {_name}", _name, OS)
file("a pickle in a zip that runs a command", "a_step_1.pt", torch_zip(OS))
file(
    "a pickle that runs on building",
    "a_step_1.pt",
    torch_zip(b"\x80\x02ccodecs\nlookup\n)\x81}(X\x01\x00\x00\x00ax\x01\x00\x00\x00bub."),
)
file("a pickle with a memo of 2^31", "a_step_1.pkl", b"\x80\x02Nr\xff\xff\xff\x7f.")
file(
    "a pickle with a frame of 2^60",
    "a_step_1.pkl",
    b"\x80\x04\x95" + struct.pack("<Q", 1 << 60) + b"N.",
)
file(
    "a pickle with a text of 2^31",
    "a_step_1.pkl",
    b"\x80\x02X" + struct.pack("<I", (1 << 31) - 1) + b"a.",
)
file(
    "a pickle with a long of 100,000 bytes",
    "a_step_1.pkl",
    b"\x80\x02\x8b" + struct.pack("<i", 100_000) + b"\xff" * 100_000 + b".",
)
file("a pickle with an integer of 100,000 digits", "a_step_1.pkl", b"I" + b"9" * 100_000 + b"\n.")
file(
    "a pickle of shared tuples",
    "a_step_1.pkl",
    b"\x80\x02)q\x00"
    + b"".join(
        b"0h" + bytes([n]) + b"h" + bytes([n]) + b"\x86q" + bytes([n + 1]) for n in range(60)
    )
    + b"}h\x3cNs.",
)
file(
    "a pickle of shared lists",
    "a_step_1.pkl",
    b"\x80\x02]q\x00"
    + b"".join(b"0](h" + bytes([n]) + b"h" + bytes([n]) + b"eq" + bytes([n + 1]) for n in range(60))
    + b".",
)
file(
    "a pickle of shared dicts",
    "a_step_1.pt",
    torch_zip(
        b"\x80\x02}q\x00"
        + b"".join(
            b"0}("
            + text(b"a")
            + b"h"
            + bytes([n])
            + text(b"b")
            + b"h"
            + bytes([n])
            + b"uq"
            + bytes([n + 1])
            for n in range(60)
        )
        + b"."
    ),
)
file("a pickle of a million marks", "a_step_1.pkl", b"\x80\x02" + b"(" * MIB + b".", large=True)
file(
    "a pickle 1,000,000 deep",
    "a_step_1.pkl",
    b"\x80\x02" + b"]" * MIB + b"a" * (MIB - 1) + b".",
    large=True,
)
file(
    "a pickle of 200,000 frozen sets",
    "a_step_1.pkl",
    b"\x80\x04(" + b"(\x91" * 200_000 + b"l.",
    large=True,
)
file(
    "a pickle that doubles a text",
    "a_step_1.pkl",
    b"\x80\x02"
    + text(b"a" * 1_000)
    + b"q\x00"
    + b"".join(b"0(h" + bytes([n]) + b"h" + bytes([n]) + b"tq" + bytes([n + 1]) for n in range(50))
    + b".",
)
file(
    "a tensor outside of its storage",
    "a_step_1.pt",
    torch_zip(tensor(50, b"K\x04\x85", b"K\x01\x85", 4), {"archive/data/0": bytes(16)}),
)
file(
    "a tensor before its storage",
    "a_step_1.pt",
    torch_zip(tensor(-4, b"K\x04\x85", b"K\x01\x85", 4), {"archive/data/0": bytes(16)}),
)
file(
    "a tensor of strides of zero",
    "a_step_1.pt",
    torch_zip(
        tensor(
            0,
            b"J" + struct.pack("<i", 2**31 - 1) + b"J" + struct.pack("<i", 2**31 - 1) + b"\x86",
            b"K\0K\0\x86",
            4,
        ),
        {"archive/data/0": bytes(16)},
    ),
)
file(
    "a tensor of 64 dimensions",
    "a_step_1.pt",
    torch_zip(
        tensor(0, b"(" + b"K\x02" * 64 + b"t", b"(" + b"K\0" * 64 + b"t", 4),
        {"archive/data/0": bytes(16)},
    ),
    large=True,
)
file(
    "a storage that is not there",
    "a_step_1.pt",
    torch_zip(tensor(0, b"K\x04\x85", b"K\x01\x85", 2**31 - 1), {"archive/data/0": bytes(16)}),
)
file(
    "a storage that unpacks to 1 GiB",
    "a_step_1.pt",
    torch_zip(
        tensor(0, b"J" + struct.pack("<i", 1 << 28) + b"\x85", b"K\x01\x85", 1 << 28),
        {"archive/data/0": bytes(1 << 28)},
        zipfile.ZIP_DEFLATED,
    ),
    large=True,
)


@case("a checkpoint of members that stand twice")
def _(folder: Path) -> None:
    import warnings

    with warnings.catch_warnings(), zipfile.ZipFile(folder / "a_step_1.pt", "w") as found:
        warnings.simplefilter("ignore")
        for _ in range(2):
            found.writestr("archive/data.pkl", tensor(0, b"K\x04\x85", b"K\x01\x85", 4))
            found.writestr("archive/data/0", bytes(16))
