"""S3: converting a dense 1M x 10 CSV, against `pandas.read_csv` that only parses it.

CPU of the work: both processes without what an idle import of the same packages takes. Memory:
the peak above that idle import, for 1M rows and (with --large) for 10M. Goals: CPU at most 2.0x at
first, 1.5x later; at most 64 MB more, however many rows.
"""

from __future__ import annotations

import sys

from common import machine_line
from inputs import dense_csv
from processes import medians, python, tbingest


def main(repetitions: int = 5) -> None:
    table = dense_csv(1_000_000, 10)
    idle = "import typer, rich, pandas, numpy"
    found = medians(
        repetitions,
        {
            "idle import": lambda: python(idle),
            "pandas.read_csv": lambda: python(f"{idle}; pandas.read_csv({str(table)!r})"),
            "convert --no-plots": lambda: tbingest(table, "--no-plots"),
            "convert": lambda: tbingest(table),
        },
    )
    print(machine_line())
    print(f"{table.stat().st_size / 1e6:.0f} MB, medians of {repetitions} whole processes")
    for name, cost in found.items():
        print(f"  {name:20} CPU {cost.cpu:6.2f} s  wall {cost.wall:6.2f} s  {cost.peak:6.0f} MB")
    base, parse = found["idle import"], found["pandas.read_csv"]
    for name in ("convert --no-plots", "convert"):
        cost = found[name]
        print(
            f"S3 {name}: CPU {(cost.cpu - base.cpu) / (parse.cpu - base.cpu):.2f}x of the parse "
            f"(whole processes {cost.cpu / parse.cpu:.2f}x), wall "
            f"{(cost.wall - base.wall) / (parse.wall - base.wall):.2f}x, "
            f"{cost.peak - base.peak:+.0f} MB over the idle import (goals 2.0x, 64 MB)"
        )
    if "--large" in sys.argv:
        large = tbingest(dense_csv(10_000_000, 10), "--no-plots")
        print(f"S3 10M rows: {large.peak - base.peak:+.0f} MB over the idle import")


if __name__ == "__main__":
    main()
