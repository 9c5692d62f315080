"""Drive any `SummaryWriter` with our points: the slow, obvious way, and the oracle of the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tbingest.events.summaries import precision_recall
from tbingest.figures.drawn import drawn
from tbingest.model.markdown import markdown
from tbingest.model.points import (
    Audio,
    Confusion,
    Curves,
    Histogram,
    HParams,
    Image,
    Mesh,
    PrCurve,
    Table,
)
from tbingest.reading.points import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tbingest.model.points import Points


def replay(points: Iterable[Points], writer: Any) -> int:
    """Give every value of one run to a writer of tensorboardX's or torch's kind; how many.

    The writer has one run: filter the points by theirs. Scalars, texts and pictures go to
    `add_scalar`, `add_text`, `add_image`, `add_audio` and `add_mesh`, histograms to
    `add_histogram_raw`, PR curves to `add_pr_curve_raw`, hyperparameters to `add_hparams`. Times
    are the points' own. The records come in the order of the log: a `Reading` is taken batch by
    batch, anything else is held as a whole.
    """
    batches = points.batches() if isinstance(points, Reading) else [list(points)]
    count = 0
    for batch in batches:
        places = [
            (order, number, row)
            for number, group in enumerate(batch)
            for row, order in enumerate(group.order.tolist())
        ]
        for _, number, row in sorted(places):
            group = batch[number]
            step, time = int(group.steps[row]), float(group.times[row])
            for tag, value in zip(group.tags, group.values[row], strict=True):
                _give(writer, tag, value, step, time)
                count += 1
    return count


def _give(writer: Any, tag: str, value: Any, step: int, time: float) -> None:
    if isinstance(value, Confusion | Curves):
        value = drawn(value)
    if isinstance(value, Table):
        value = markdown(value)
    if isinstance(value, str):
        writer.add_text(tag, value, step, walltime=time)
    elif isinstance(value, Image):
        writer.add_image(tag, _pixels(value), step, walltime=time, dataformats="HWC")
    elif isinstance(value, Audio):
        writer.add_audio(tag, _samples(value), step, value.rate, walltime=time)
    elif isinstance(value, Mesh):
        parts = (value.vertices, value.colours, value.faces if len(value.faces) else None)
        arrays = [None if part is None else part[None] for part in parts]
        writer.add_mesh(tag, *arrays, global_step=step, walltime=time)
    elif isinstance(value, Histogram):
        writer.add_histogram_raw(tag, *_buckets(value), step, walltime=time)
    elif isinstance(value, HParams):
        writer.add_hparams(dict(value.values), {})  # how the run went has no place there
    elif isinstance(value, PrCurve):
        writer.add_pr_curve_raw(
            tag,
            *(value.true_positives, value.false_positives),
            *(value.true_negatives, value.false_negatives),
            *precision_recall(value),
            step,
            num_thresholds=len(value.true_positives),
            walltime=time,
        )
    else:
        writer.add_scalar(tag, float(value), step, walltime=time)


def _buckets(histogram: Histogram) -> tuple[Any, ...]:
    """Of the values min, max, number, sum and sum of squares; of the buckets ends and counts."""
    left, right, counts = histogram.buckets.T
    middle = (left + right) / 2
    return (
        *(float(left[0]), float(right[-1]), int(counts.sum())),
        *(float((middle * counts).sum()), float((middle**2 * counts).sum())),
        *(right.tolist(), counts.tolist()),
    )


def _samples(audio: Audio) -> Any:
    """One channel of samples between -1 and 1: writers take no more."""
    import numpy as np

    code, bits = int.from_bytes(audio.data[20:22], "little"), audio.data[34]
    data = np.frombuffer(audio.data, np.uint8, audio.frames * audio.channels * bits // 8, 44)
    if code != 1:
        samples = data.view(f"<f{bits // 8}").astype(np.float64)
    elif bits == 8:
        samples = (data.astype(np.float64) - 128) / 128
    else:
        wide = np.zeros((len(data) * 8 // bits, 4), np.uint8)
        wide[:, 4 - bits // 8 :] = data.reshape(-1, bits // 8)
        samples = wide.view("<i4")[:, 0] / 2.0**31
    return samples.reshape(-1, audio.channels)[:, 0]


def _pixels(image: Image) -> Any:
    import io

    import numpy as np
    from PIL import Image as Pillow

    with Pillow.open(io.BytesIO(image.data)) as picture:
        return np.asarray(picture.convert("RGB"))
