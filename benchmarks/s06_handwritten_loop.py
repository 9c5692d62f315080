"""S6: converting a 200,000 x 9 CSV, against the loop of pandas and tensorboardX people write.

The loop is measured on the first tenth of the rows (its time per point is constant) unless --full
is given. Goals: at least 60x faster, under 300 MB.
"""

from __future__ import annotations

import sys
import tempfile

from common import machine_line
from inputs import dense_csv
from processes import Cost, medians, python, run, tbingest

ROWS = 200_000
LOOP = """
import sys, pandas, tensorboardX
frame = pandas.read_csv(sys.argv[1], nrows=int(sys.argv[2]))
writer = tensorboardX.SummaryWriter(sys.argv[3])
for _, row in frame.iterrows():
    for name in frame.columns[1:]:
        writer.add_scalar(name, row[name], int(row["step"]))
writer.close()
"""


def loop(rows: int) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        table = str(dense_csv(ROWS, 9))
        return run([sys.executable, "-c", LOOP, table, str(rows), folder])


def main() -> None:
    rows = ROWS if "--full" in sys.argv else ROWS // 10
    table = dense_csv(ROWS, 9)
    found = medians(
        3,
        {
            "convert --no-plots": lambda: tbingest(table, "--no-plots"),
            "convert": lambda: tbingest(table),
        },
    )
    idle = python("import pandas, tensorboardX")
    cost = loop(rows)
    whole = idle.wall + (cost.wall - idle.wall) * ROWS / rows
    print(machine_line())
    print(f"  the loop: {whole:.1f} s ({rows:,} of {ROWS:,} rows measured)")
    for name, mine in found.items():
        print(
            f"S6 {name}: {mine.wall:.2f} s, {whole / mine.wall:.0f}x faster, {mine.peak:.0f} MB "
            "(goals 60x, 300 MB)"
        )


if __name__ == "__main__":
    main()
