"""S12: start-up, as whole processes. Goals: `--help` at most 1.3x of importing Typer and Rich;
converting one CSV of 1,000 rows at most 1.3x of importing Typer, Rich and pandas."""

from __future__ import annotations

import sys

from common import machine_line
from inputs import dense_csv
from processes import medians, python, run, tbingest


def main(repetitions: int = 9) -> None:
    table = dense_csv(1_000, 9)
    found = medians(
        repetitions,
        {
            "import typer, rich": lambda: python("import typer, rich"),
            "tbingest --help": lambda: run([sys.executable, "-m", "tbingest", "--help"]),
            "import typer, rich, pandas": lambda: python("import typer, rich, pandas"),
            "convert 1,000 rows": lambda: tbingest(table, "--no-plots"),
            "convert with a plot": lambda: tbingest(table),
        },
    )
    print(machine_line())
    for name, cost in found.items():
        print(f"  {name:28} CPU {cost.cpu:5.3f} s  wall {cost.wall:5.3f} s")
    walls = {name: cost.wall for name, cost in found.items()}
    print(f"S12 --help: {walls['tbingest --help'] / walls['import typer, rich']:.2f}x (goal 1.3x)")
    base = walls["import typer, rich, pandas"]
    print(f"S12 convert: {walls['convert 1,000 rows'] / base:.2f}x (goal 1.3x)")
    print(f"S12 convert with a plot: {walls['convert with a plot'] / base:.2f}x (matplotlib)")


if __name__ == "__main__":
    main()
