"""What TensorBoard's own loader shows of a logdir."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def accumulated(logdir: Path) -> Iterator[tuple[str, EventAccumulator]]:
    """Every run below a logdir, loaded by TensorBoard with every point kept."""
    everything = dict.fromkeys(("scalars", "tensors", "histograms", "images"), 0)
    for folder in sorted({path.parent for path in logdir.rglob("*tfevents*")}):
        loaded = EventAccumulator(str(folder), size_guidance=everything)
        yield folder.relative_to(logdir).as_posix(), loaded.Reload()


def shown(logdir: Path) -> dict[tuple[str, str], list[tuple[int, object]]]:
    """What TensorBoard's Python loader shows, by run and tag."""
    found: dict[tuple[str, str], list[tuple[int, object]]] = {}
    for folder in {path.parent for path in logdir.rglob("*tfevents*")}:
        loaded = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
        loaded.Reload()
        run = folder.relative_to(logdir).as_posix()
        for tag in loaded.Tags()["scalars"]:
            found[run, tag] = [(e.step, str(np.float32(e.value))) for e in loaded.Scalars(tag)]
        for tag in loaded.Tags()["tensors"]:
            found[run, tag] = [
                (e.step, e.tensor_proto.SerializeToString()) for e in loaded.Tensors(tag)
            ]
    return found


def scalars(logdir: Path) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """(step, value) of each point, by run and tag."""
    return {
        name: {
            tag: [(event.step, event.value) for event in loaded.Scalars(tag)]
            for tag in loaded.Tags()["scalars"]
        }
        for name, loaded in accumulated(logdir)
    }


def texts(run: Path) -> dict[str, str]:
    """Each text of a run, by its tag."""
    loaded = EventAccumulator(str(run)).Reload()
    found = {}
    for tag in loaded.Tags()["tensors"]:
        if loaded.SummaryMetadata(tag).plugin_data.plugin_name == "text":
            (event,) = loaded.Tensors(tag)
            assert event.step == 0
            found[tag] = event.tensor_proto.string_val[0].decode()
    return found
