"""S13: 200 overview figures of three metrics, drawn and encoded as events, against
`tensorboardX.SummaryWriter.add_figure` of the same plots: the same lines, titles, legends and
pixels through pyplot with its defaults.

Goal: at least 2x faster. `--figures N` for fewer.
"""

from __future__ import annotations

import sys
import tempfile
import time

import numpy as np
from common import machine_line, median_of

from tbingest.events.summaries import serialize
from tbingest.figures.overview import overview
from tbingest.series.curves import Curve

FIGURES = int(sys.argv[sys.argv.index("--figures") + 1]) if "--figures" in sys.argv else 200
METRICS = ("loss", "accuracy", "reward")
STEPS = np.arange(500, dtype=np.int64)


def values(number: int, metric: str, split: str) -> np.ndarray:
    rng = np.random.default_rng([number, METRICS.index(metric), split == "val"])
    return np.exp(-STEPS / 200) + 0.05 * rng.standard_normal(len(STEPS))


def ours() -> float:
    began = time.perf_counter()
    for number in range(FIGURES):
        curves = {}
        for metric in METRICS:
            for split in ("train", "val"):
                curve = curves[f"{split}/{metric}"] = Curve()
                curve.add(STEPS, values(number, metric, split))
        serialize("image", ("overview",), [overview(f"run {number}", curves)])
    return time.perf_counter() - began


def theirs() -> float:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt
    from tensorboardX import SummaryWriter

    with tempfile.TemporaryDirectory() as folder:
        writer = SummaryWriter(folder)
        began = time.perf_counter()
        for number in range(FIGURES):
            figure = plt.figure(figsize=(5.0, 3.35), dpi=140)
            figure.suptitle(f"run {number}")
            for at, metric in enumerate(METRICS, 1):
                place = figure.add_subplot(2, 2, at)
                for split in ("train", "val"):
                    place.plot(STEPS, values(number, metric, split), label=split)
                place.set_title(metric)
                place.set_xlabel("step")
                place.grid(visible=True)
                place.legend()
            writer.add_figure("overview", figure, number)
        writer.close()
        return time.perf_counter() - began


def main() -> None:
    print(machine_line())
    found = median_of(3, {"ours": ours, "theirs": theirs})
    took, theirs_took = found["ours"], found["theirs"]
    ratio = theirs_took / took
    print(f"{FIGURES} figures: {took:.2f} s, add_figure {theirs_took:.2f} s: {ratio:.2f}x")


if __name__ == "__main__":
    main()
