"""S11: a checkpoint larger than it may cost memory; sixteen checkpoints with -j 1 and -j 2.

Goals: a checkpoint of 4 GB at most 300 MB of memory; -j 2 at least 1.7x faster than -j 1.
`--megabytes N` for a smaller one.
"""

from __future__ import annotations

import json
import struct
import sys
import tempfile
from pathlib import Path

import numpy as np
from common import machine_line
from processes import medians, tbingest

MEGABYTES = int(sys.argv[sys.argv.index("--megabytes") + 1]) if "--megabytes" in sys.argv else 4096
_TENSOR = 64 << 20


def checkpoint(path: Path, megabytes: int) -> None:
    """Tensors of 64 MB of float32."""
    names = [f"block.{number}.weight" for number in range(max(1, megabytes >> 6))]
    entries = {
        name: {
            "dtype": "F32",
            "shape": [4096, 4096],
            "data_offsets": [place * _TENSOR, (place + 1) * _TENSOR],
        }
        for place, name in enumerate(names)
    }
    header = json.dumps(entries).encode()
    rng = np.random.default_rng(len(path.name))
    data = (0.02 * rng.standard_normal(_TENSOR // 4, dtype=np.float32)).tobytes()
    with path.open("wb") as stream:
        stream.write(struct.pack("<Q", len(header)) + header)
        for _ in names:
            stream.write(data)


def main() -> None:
    print(machine_line())
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder, "large", "model.safetensors")
        large.parent.mkdir()
        checkpoint(large, MEGABYTES)
        cost = tbingest(large)
        print(
            f"S11 {MEGABYTES} MB: {cost.wall:.1f} s, CPU {cost.cpu:.1f} s, "
            f"peak {cost.peak:.0f} MB (goal 300 MB)"
        )
        large.unlink()
        several = Path(folder, "several")
        several.mkdir()
        for step in range(16):
            checkpoint(several / f"step_{step:04d}.safetensors", MEGABYTES // 16)
        found = medians(3, {f"-j {n}": lambda n=n: tbingest(several, "-j", str(n)) for n in (1, 2)})
        one, two = found["-j 1"], found["-j 2"]
        print(
            f"16 files of {MEGABYTES // 16} MB: -j 1 {one.wall:.2f} s, -j 2 {two.wall:.2f} s: "
            f"{one.wall / two.wall:.2f}x (goal 1.7x), CPU {one.cpu:.1f} s and {two.cpu:.1f} s"
        )


if __name__ == "__main__":
    main()
