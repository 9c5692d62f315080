"""What is displayed: names, texts and event files: 89 to 101 of the list."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

from helpers.hostile.case import case, file

if TYPE_CHECKING:
    from pathlib import Path

TAGS = (
    "[/]",
    "[red]x",
    "[link=http://x]y[/link]",
    "a\x1b[31mb",
    "a\x1b]52;c;aGk=\x07",
    "a\u202eb",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "=1+1",
    "+1",
    "@x",
    "-1",
    "$\\badcmd$",
    "${{{{",
    "a" * 3_000,
    "a/b/c/../d",
    "../x",
    "",
    " ",
    "\0",
    "\ud800",
    "\n",
    "|",
    "`x`",
    "**x**",
    ".*",
    "(",
    "\\",
    "\u200b",
    "\ufeff",
    "a\u0301",
    "\U0001f600",
    "__proto__",
    "constructor",
    "%s",
    "{0}",
    "{{",
    "\x7f",
    "\x9b31m",
    "\u2028",
    "\u2066",
    "CON",
    "nul/x",
)


def lines(tags: tuple[str, ...] = TAGS) -> str:
    return "".join(
        json.dumps({"step": n, **dict.fromkeys(tags, n / 7)}) + "\n" for n in range(1, 6)
    )


file("names of any kind in JSON lines", "log.jsonl", lines())
file(
    "names of any kind in JSON",
    "metrics.json",
    json.dumps({tag: [1, 2, 3] for tag in TAGS}),
    large=True,
)
file(
    "names of any kind in a table",
    "log.csv",
    "step,"
    + ",".join('"' + tag.replace('"', '""').replace("\ud800", "") + '"' for tag in TAGS)
    + "\n"
    + "".join(f"{n}," + ",".join("1" for _ in TAGS) + "\n" for n in range(4)),
)
file(
    "texts of any kind",
    "log.jsonl",
    "".join(json.dumps({"step": n, "loss": n, "note": tag}) + "\n" for n, tag in enumerate(TAGS)),
)
file(
    "runs of any kind",
    "log.jsonl",
    "".join(
        json.dumps({"step": n, "loss": n, "run": tag}) + "\n" for tag in TAGS for n in range(3)
    ),
)
file(
    "settings of any kind",
    "config.json",
    json.dumps(
        {tag: tag for tag in TAGS}
        | {"n": float("nan"), "none": None, "list": list(range(5_000)), "deep": {"a": {"b": [{}]}}}
    ),
)
file(
    "5,000 settings",
    "config.json",
    json.dumps({f"k{n}": "v" * 3_000 for n in range(5_000)}),
    large=True,
)
file("a title of 100,000 characters", "log.csv", "step," + "t" * 100_000 + "\n1,1\n2,2\n")
file(
    "2,000 curves",
    "log.jsonl",
    "".join(
        json.dumps({"step": n, **{f"loss_{k}": k for k in range(2_000)}}) + "\n" for n in range(4)
    ),
    large=True,
)
file(
    "notes of any kind",
    "notes.md",
    "# x\n"
    + "\n".join(TAGS).replace("\ud800", "")
    + "\n[x](javascript:alert(1))\n![](http://example.com/x.png)\n",
)
file("values beyond float32", "log.csv", "step,loss\n1,1e39\n2,-1e39\n3,1\n", "2 beyond float32")


def crc(data: bytes) -> int:
    table = []
    for n in range(256):
        one = n
        for _ in range(8):
            one = (one >> 1) ^ (0x82F63B78 if one & 1 else 0)
        table.append(one)
    value = 0xFFFFFFFF
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    value ^= 0xFFFFFFFF
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", crc(length)) + data + struct.pack("<I", crc(data))


def varint(n: int) -> bytes:
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def event(step: int, value: bytes) -> bytes:
    return record(
        b"\x09" + struct.pack("<d", 1.7e9) + b"\x10" + varint(step) + field(5, field(1, value))
    )


def scalar(tag: bytes, number: float) -> bytes:
    return field(1, tag) + b"\x15" + struct.pack("<f", number)


BEGIN = record(b"\x09" + struct.pack("<d", 1.7e9) + field(3, b"brain.Event:2"))
NAME = "events.out.tfevents.1700000000.host"

file(
    "an event file of lengths that lie",
    NAME,
    BEGIN + event(1, scalar(b"loss", 1)) + struct.pack("<Q", 1 << 60) + bytes(60),
)
file(
    "an event file with a checked length of 2^40",
    NAME,
    BEGIN
    + event(1, scalar(b"loss", 1))
    + struct.pack("<Q", 1 << 40)
    + struct.pack("<I", crc(struct.pack("<Q", 1 << 40)))
    + bytes(60),
)
file(
    "an event file that is spoilt",
    NAME,
    BEGIN + event(1, scalar(b"loss", 1)) + event(2, scalar(b"loss", 2)).replace(b"loss", b"lass"),
)
file(
    "an event file of fields that lie",
    NAME,
    BEGIN
    + record(b"\x2a\xff\xff\xff\xff\x0f" + bytes(9))
    + record(b"\x0b" * 5_000)
    + record(b"\xff" * 5_000)
    + event(3, b"\x0a\xff\xff\x03a")
    + event(4, scalar(b"loss", 1)),
)
file(
    "an event file of any names",
    NAME,
    BEGIN
    + b"".join(event(n, scalar(tag.encode("utf-8", "replace"), 1)) for n, tag in enumerate(TAGS))
    + event(99, scalar(b"\xff\xfe", 1)),
)
file(
    "an event file of histograms that do not fit",
    NAME,
    BEGIN
    + event(
        1,
        field(1, b"h")
        + field(5, field(6, struct.pack("<3d", 1, 2, 3)) + field(7, struct.pack("<1d", 1))),
    )
    + event(
        2,
        field(1, b"h")
        + field(
            5, field(6, struct.pack("<2d", float("nan"), 1)) + field(7, struct.pack("<2d", 1, -5))
        ),
    ),
)
file(
    "an event file of a tensor of 2^60",
    NAME,
    BEGIN
    + event(
        1,
        field(1, b"t")
        + field(
            8, b"\x08\x01" + field(2, field(2, b"\x08" + varint(1 << 60)) * 3) + field(4, bytes(8))
        ),
    ),
)
file(
    "an event file of steps below zero",
    NAME,
    BEGIN
    + event((1 << 64) - 5, scalar(b"loss", 1))
    + event((1 << 63) - 1, scalar(b"loss", 1))
    + event(3, scalar(b"loss", 1)),
)
file(
    "an event file that is cut off",
    NAME,
    (BEGIN + event(1, scalar(b"loss", 1)) + event(2, scalar(b"loss", 2)))[:-9],
)
file(
    "an event file of one million records",
    NAME,
    BEGIN + event(1, scalar(b"loss", 1)) * 100_000,
    large=True,
)


@case("a picture in an event file that is none")
def _(folder: Path) -> None:
    (folder / NAME).write_bytes(
        BEGIN
        + event(
            1,
            field(1, b"p")
            + field(
                4, b"\x08\xff\xff\xff\xff\x07\x10\xff\xff\xff\xff\x07" + field(4, b"no picture")
            ),
        )
        + event(2, scalar(b"loss", 1))
    )
