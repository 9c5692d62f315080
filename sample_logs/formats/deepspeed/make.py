"""Sample logs of deepspeed: the curves are those of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training import Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def deepspeed(root: Path, expected: Expected) -> None:
    """csv_monitor: the file is named after the tag, the header after its last part."""
    folder = root / "formats" / "deepspeed" / "job"
    folder.mkdir(parents=True, exist_ok=True)
    records = Training(Config(seed=29, steps=40)).records[3::4]
    run = "formats/deepspeed/job"
    for name, values in (
        ("lr", [record.lr for record in records]),
        ("train_loss", [record.loss for record in records]),
    ):
        path = folder / f"Train_Samples_{name}.csv"
        lines = [f"step,{name}"]
        for number, value in enumerate(values, 1):
            lines.append(f"{32 * number},{value}")
            expected.scalar(run, f"Train/Samples/{name}", 32 * number, value)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\r\n")
        expected.file(path, len(values))


MAKERS = (deepspeed,)
