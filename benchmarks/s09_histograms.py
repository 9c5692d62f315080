"""S9, S10: the exact histogram and statistics of 100M numbers from a safetensors file, against
`tensorboardX.SummaryWriter.add_histogram` of the array in memory.

Goals: float32 at least 3x faster on one thread (5x on two: it runs on one) with at most 32 MB more
memory, 16-bit floats at least 8x. `--numbers N` for fewer.
"""

from __future__ import annotations

import json
import resource
import struct
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from common import machine_line, median_of

from tbingest.formats.checkpoints.safetensors import dump
from tbingest.reading.histograms import summarize

NUMBERS = int(sys.argv[sys.argv.index("--numbers") + 1]) if "--numbers" in sys.argv else 100_000_000
KINDS = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}


def write(path: Path, kind: str) -> None:
    rng = np.random.default_rng(0)
    size = NUMBERS * np.dtype(KINDS[kind]).itemsize
    header = json.dumps({"w": {"dtype": kind, "shape": [NUMBERS], "data_offsets": [0, size]}})
    with path.open("wb") as stream:
        stream.write(struct.pack("<Q", len(header)) + header.encode())
        for start in range(0, NUMBERS, 1 << 22):
            count = min(1 << 22, NUMBERS - start)
            numbers = 0.02 * rng.standard_normal(count, dtype=np.float32)
            if kind == "BF16":
                numbers = (numbers.view(np.uint32) >> 16).astype(np.uint16)
            stream.write(numbers.astype(KINDS[kind], copy=False).tobytes())


def ours(path: Path) -> float:
    began = time.perf_counter()
    (tensor,) = dump(lambda: path.open("rb"), path.name).tensors
    _, statistics = summarize(tensor.chunks(), tensor.codes)
    assert statistics.count == NUMBERS
    return time.perf_counter() - began


def theirs(folder: str) -> float:
    from tensorboardX import SummaryWriter

    numbers = 0.02 * np.random.default_rng(0).standard_normal(NUMBERS, dtype=np.float32)
    writer = SummaryWriter(folder)
    began = time.perf_counter()
    writer.add_histogram("w", numbers, 0)
    writer.close()
    return time.perf_counter() - began


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def main() -> None:
    print(machine_line())
    with tempfile.TemporaryDirectory() as folder:
        paths = {kind: Path(folder, f"{kind}.safetensors") for kind in KINDS}
        for kind, path in paths.items():
            write(path, kind)
        idle = peak()
        found = {}
        for kind, path in paths.items():
            ours(path)
            print(f"  {kind}: peak memory {peak() - idle:+} MB over what wrote the files")
        runs = {kind: lambda path=path: ours(path) for kind, path in paths.items()}
        found = median_of(3, {**runs, "add_histogram": lambda: theirs(folder)})
    print(f"  add_histogram: {found['add_histogram'] / NUMBERS * 1e9:.2f} ns a number")
    for kind, goal in (("F32", "3x"), ("F16", "8x"), ("BF16", "8x")):
        ratio = found["add_histogram"] / found[kind]
        print(f"{kind}: {found[kind] / NUMBERS * 1e9:.2f} ns a number, {ratio:.1f}x (goal {goal})")


if __name__ == "__main__":
    main()
