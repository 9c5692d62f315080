"""Names and kinds of files: 1 to 27 of the list."""

# ruff: noqa: UP031 - the lines are the inputs

from __future__ import annotations

import gzip
import os
import socket
from pathlib import Path

from helpers.hostile.case import case, file

LOG = "step,loss\n" + "".join(f"{step},{1 / step}\n" for step in range(1, 9))
RUNS = ("..", ".", "", "NA", "None", "null", "../../x", "/etc/x", "nan", "N/A", "CON", "nul.", "x ")


def put(folder: Path, name: str | bytes, data: str | bytes = LOG) -> Path:
    path = Path(os.fsdecode(name)) if isinstance(name, bytes) else Path(name)
    path = folder / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@case("runs of a column with any name")
def _(folder: Path) -> None:
    rows = [f"{run},{step},{step / 7}" for run in RUNS for step in range(1, 5)]
    put(folder, "sweep.csv", "run,step,loss\n" + "\n".join(rows) + "\n")


@case("runs of a column called like paths, in JSON lines")
def _(folder: Path) -> None:
    rows = [
        '{"run": "%s", "step": %d, "loss": %d}' % (run, n, n) for run in RUNS for n in (1, 2, 3)
    ]
    put(folder, "sweep.jsonl", "\n".join(rows) + "\n")


@case("names with line ends, escapes and quotes")
def _(folder: Path) -> None:
    for name in (
        "a\nb.csv",
        "a\rb.csv",
        "a\x1b]0;x\x07.csv",
        "a\"b'.csv",
        "$(touch x).csv",
        "-rf.csv",
        "a\u202eb.csv",
        "[red]a[/].csv",
        "<img src=x onerror=alert(1)>.csv",
        "a\tb.csv",
        "%s%n.csv",
    ):
        put(folder / name.removesuffix(".csv"), name)


@case("a name of 250 bytes")
def _(folder: Path) -> None:
    put(folder / ("d" * 250), "n" * 246 + ".csv")


@case("names of bytes that are no UTF-8")
def _(folder: Path) -> None:
    put(folder, b"run\xff\xfe/log\xe9.csv")


@case("a name with tfevents")
def _(folder: Path) -> None:
    put(folder, "my.tfevents.csv/log.csv")


@case("names that differ in case or form only")
def _(folder: Path) -> None:
    for name in ("Run", "run", "RUN", "caf\u00e9", "cafe\u0301"):
        put(folder / name, "log.csv")


@case("names that Windows keeps")
def _(folder: Path) -> None:
    for name in ("CON", "aux", "nul", "com1", "x.", "x "):
        put(folder / name, "log.csv")


@case("links in a circle, and out of the tree")
def _(folder: Path) -> None:
    put(folder, "log.csv")
    (folder / "loop").symlink_to(".")
    (folder / "self").symlink_to("self")
    (folder / "passwd.csv").symlink_to("/etc/passwd")
    (folder / "etc").symlink_to("/etc")
    (folder / "gone.csv").symlink_to("nothing")


@case("pipes, sockets and folders with names of logs")
def _(folder: Path) -> None:
    os.mkfifo(folder / "log.csv")
    (folder / "train.csv").mkdir()
    put(folder / "train.csv", "log.csv")
    here = Path.cwd()
    os.chdir(folder)
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("x.jsonl")
    finally:
        os.chdir(here)


@case("an empty file", "empty")
def _(folder: Path) -> None:
    put(folder, "log.csv", "")


@case("hard links to one file")
def _(folder: Path) -> None:
    path = put(folder, "log.csv")
    (folder / "again.csv").hardlink_to(path)


@case("a file that may not be read")
def _(folder: Path) -> None:
    put(folder, "log.csv").chmod(0)


@case("2,000 small files", large=True)
def _(folder: Path) -> None:
    for n in range(2_000):
        put(folder / f"run{n % 50}", f"log{n}.csv", f"step,loss_{n}\n1,1\n2,2\n")


@case("folders 200 deep")
def _(folder: Path) -> None:
    put(folder / "/".join("d" * 200), "log.csv")


@case("a sparse file of 200 GB", "zeros", large=True)
def _(folder: Path) -> None:
    with (folder / "log.csv").open("wb") as stream:
        stream.write(LOG.encode())
        stream.truncate(200 << 30)


@case("a sparse binary file of 200 GB", large=True)
def _(folder: Path) -> None:
    with (folder / "model.pt").open("wb") as stream:
        stream.truncate(200 << 30)


for _kind in (
    "safetensors",
    "npy",
    "npz",
    "h5",
    "gguf",
    "onnx",
    "db",
    "sqlite3",
    "png",
    "wav",
    "json",
    "yaml",
    "xlsx",
    "parquet",
    "msgpack",
    "pkl",
    "zip",
    "tar",
    "jsonl.gz",
    "log",
    "toml",
    "wandb",
    "mp4",
    "flac",
    "tsv",
    "bin",
    "pth",
    "ckpt",
    "keras",
    "tfevents.1.x",
):

    @case(f"a sparse file of 50 GB called .{_kind}", large=True)
    def _(folder: Path, kind: str = _kind) -> None:
        with (folder / f"a.{kind}").open("wb") as stream:
            stream.truncate(50 << 30)


file(
    "a log of two writers",
    "train.log",
    "".join(
        f"step {n}: loss={1 / n:.4f}\n" if n % 5 else f"step {n}: losstep {n}: loss=0.5\ns=0.25\n"
        for n in range(1, 60)
    ),
)
file("a file called .gz that is none", "log.csv.gz", LOG)
file("gzip under another name", "log.csv", gzip.compress(LOG.encode()))
