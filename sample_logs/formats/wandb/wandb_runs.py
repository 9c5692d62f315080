"""The folder of a W&B run, with its binary log: LevelDB's framing around protocol buffers."""

from __future__ import annotations

import json
import struct
import zlib
from typing import TYPE_CHECKING, Any

from training import START, Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


BLOCK = 32 << 10


HISTORY, SUMMARY, CONFIG, LOAD, RUN, EXIT = 2, 3, 5, 7, 17, 18


PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63e00400000b000ac32bee920000000049454e44ae426082"
)


def varint(value: int) -> bytes:
    """A whole number, seven bits a byte."""
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def sized(number: int, data: bytes) -> bytes:
    """A field that holds bytes, a string or a message."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def items(number: int, values: dict[str, Any], *, nested: bool = False) -> bytes:
    """A field for each value: its name (of parts, where `nested`) and its JSON."""
    made = b""
    for name, value in values.items():
        if nested and isinstance(value, dict):
            for part, inner in value.items():
                names = sized(2, name.encode()) + sized(2, part.encode())
                made += sized(number, names + sized(16, json.dumps(inner).encode()))
        else:
            key = sized(2 if nested else 1, name.encode())
            made += sized(number, key + sized(16, json.dumps(value).encode()))
    return made


def stamp(seconds: float) -> bytes:
    """A time."""
    whole = int(seconds)
    return varint(1 << 3) + varint(whole) + varint(2 << 3) + varint(round((seconds - whole) * 1e9))


def framed(records: list[bytes]) -> bytes:
    """A whole `.wandb` file."""
    made = bytearray(b":W&B" + struct.pack("<HB", 0xBEE1, 0))
    for record in records:
        rest, begun = record, False
        while rest or not begun:
            left = BLOCK - len(made) % BLOCK
            if left < 7:
                made += bytes(left)
                continue
            piece, rest = rest[: left - 7], rest[left - 7 :]
            kind = (3 if begun else 2) if rest else (4 if begun else 1)
            begun = True
            checksum = zlib.crc32(piece, zlib.crc32(bytes([kind])))
            made += struct.pack("<IHB", checksum, len(piece), kind) + piece
    return bytes(made)


def numbered(records: list[tuple[int, bytes]]) -> list[bytes]:
    """Records with their numbers."""
    return [
        varint(1 << 3) + varint(number) + sized(field, message)
        for number, (field, message) in enumerate(records, 1)
    ]


def wandb_run(root: Path, expected: Expected) -> None:
    """An online run: the binary log, and what is beside it says the last values again."""
    run = "formats/wandb/wandb/run-20260528_202640-a1b2c3d4"
    folder = root / run
    (folder / "files" / "media" / "images").mkdir(parents=True, exist_ok=True)
    training = Training(Config(seed=31, steps=60))
    records: list[tuple[int, bytes]] = [(RUN, _run(training.config))]
    told = 0
    last: dict[str, Any] = {}
    for record in training.records[9::10]:
        step = record.step // 10 - 1
        last = {"train": {"loss": record.loss}, "lr": record.lr}
        if step % 2:
            last["val_acc"] = record.val_acc
        own = {"_step": step, "_timestamp": record.time, "_runtime": record.time - START}
        records.append((HISTORY, items(1, {**last, **own}, nested=True)))
        told += len(last)
        expected.scalar(run, "train/loss", step, record.loss)
        for name, tag in (("lr", "lr"), ("val_acc", "val/acc")):
            if name in last:
                expected.scalar(run, tag, step, last[name])
    load = sized(2, stamp(START + 15)) + items(3, {"cpu": 12.5})
    expected.scalar(run, "system/cpu", 15, 12.5)
    expected.scalar(run, "best", 5, 0.75)
    records += [(LOAD, load), (SUMMARY, items(1, {"best": 0.75, "lr": last["lr"]})), (EXIT, b"")]
    (folder / "run-a1b2c3d4.wandb").write_bytes(framed(numbered(records)))
    expected.file(folder / "run-a1b2c3d4.wandb", told + 3)
    config = {"hidden": 24.0, "lr": 0.02, "optimizer/name": "adam"}
    expected.point(run, "_hparams_/session_start_info", "hparams", 0, config)
    _beside(folder / "files", last, training, expected)
    picture = {"bytes": len(PICTURE), "width": 1, "height": 1}
    expected.point(run, "images/sample", "image", 3, picture)
    table = "| prompt | answer |\n|---|---|\n| 2 + 2 = | 4 |"
    expected.point(run, "tables/answers", "text", 3, table)
    command = "```\ntrain.py --lr 0.02 --api-key ***\n```"
    expected.point(run, "source/command", "text", 0, command)
    commit = "```\n4f1c0de9 https://example.org/nets.git\n```"
    expected.point(run, "source/commit", "text", 0, commit)


def _run(config: Config) -> bytes:
    values = {"_wandb": {}, "hidden": config.hidden, "lr": config.lr, "optimizer": {"name": "adam"}}
    host = sized(13, b"machine.example.org")
    return sized(1, b"a1b2c3d4") + sized(4, items(1, values)) + host + sized(17, stamp(START))


def _beside(files: Path, last: dict[str, Any], training: Training, expected: Expected) -> None:
    own = {"_step": 5, "_timestamp": training.records[-1].time, "_runtime": 15.0}
    summary = {**last, "best": 0.75, **own, "_wandb": {"runtime": 15}}
    (files / "wandb-summary.json").write_text(json.dumps(summary), encoding="utf-8")
    expected.file(files / "wandb-summary.json", len(last) + 1)
    (files / "config.yaml").write_text(
        "wandb_version: 1\n\n_wandb:\n  desc: null\n  value:\n    cli_version: 0.18.3\n"
        "hidden:\n  desc: null\n  value: 24\nlr:\n  desc: null\n  value: 0.02\n"
        "optimizer:\n  desc: null\n  value:\n    name: adam\n",
        encoding="utf-8",
        newline="\n",
    )
    expected.file(files / "config.yaml", 1)
    (files / "output.log").write_text("Training ...\nDone.\n", encoding="utf-8", newline="\n")
    metadata = {
        "host": "machine.example.org",
        "email": "somebody@example.org",
        "program": "train.py",
        "args": ["--lr", "0.02", "--api-key", "0123456789abcdef"],
        "git": {"remote": "https://example.org/nets.git", "commit": "4f1c0de9"},
    }
    (files / "wandb-metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    expected.file(files / "wandb-metadata.json", 2)
    picture = files / "media" / "images" / "sample_3_1c0f3a5b9d2e.png"
    picture.write_bytes(PICTURE)
    expected.file(picture, 1)
    table = files / "media" / "table" / "answers_3_8d1e0f42.table.json"
    cells = {"columns": ["prompt", "answer"], "data": [["2 + 2 =", "4"]], "ncols": 2, "nrows": 1}
    table.parent.mkdir()
    table.write_text(json.dumps(cells), encoding="utf-8")
    expected.file(table, 1)
