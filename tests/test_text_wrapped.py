"""A log says the same whatever a launcher, a container or a logger writes before each line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from helpers.places import ROOT

import tbingest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOGS = sorted((ROOT / "sample_logs" / "formats" / "text").glob("*.log"))
SAMPLES = [one for one in LOGS if one.read_bytes().count(b"\n") >= 12]  # enough to be sure
OPTIONS = tbingest.Options(plots="none", processes=1)

BEFORE: dict[str, Callable[[int], str]] = {
    "logging": lambda n: f"2024-05-01 12:{n // 60 % 60:02d}:{n % 60:02d},{n % 1000:03d} - INFO - ",
    "absl": lambda n: f"I0501 12:{n // 60 % 60:02d}:{n % 60:02d}.{n:06d} 139941234567890 a.py:12] ",
    "torchrun": lambda _: "[rank0]: ",
    "torchrun --tee": lambda _: "[default3]:",
    "ray": lambda _: "\x1b[36m(train_fn pid=4711)\x1b[0m ",
    "srun --label": lambda _: "0: ",
    "docker compose": lambda _: "trainer-1  | ",
    "kubectl --prefix": lambda _: "[pod/trainer-0/main] ",
    "pdsh": lambda _: "node-07: ",
    "container": lambda n: f"2024-05-01T12:{n // 60 % 60:02d}:{n % 60:02d}.{n:09d}Z stdout F ",
    "journal": lambda n: f"May  1 12:{n // 60 % 60:02d}:{n % 60:02d} gpu01 train[4711]: ",
}


def points(path: Path) -> dict[tuple[str, int], float]:
    """The scalars of a log by tag and step."""
    frame = tbingest.read(path, OPTIONS).to_pandas()
    return dict(zip(zip(frame["tag"], frame["step"], strict=True), frame["value"], strict=True))


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.stem)
def test_what_stands_before_each_line_changes_nothing(
    sample: Path, before: str, tmp_path: Path
) -> None:
    """Tags, steps and values are those of the log itself."""
    lines = sample.read_text(encoding="utf-8").split("\n")
    log = tmp_path / sample.name
    log.write_text("\n".join(BEFORE[before](n) + one for n, one in enumerate(lines[:-1])) + "\n")
    assert points(log) == points(sample)


@pytest.mark.parametrize(
    "before",
    ["{}: ", "[default{}]:", "gpu{}: ", "node-{}: ", "trainer-{}  | ", "[pod/trainer-{}/main] "],
)
def test_several_that_speak_are_told_apart(before: str, tmp_path: Path) -> None:
    """Tasks, ranks, hosts and containers: no value takes another's place."""
    log = tmp_path / "train.log"
    said = (f"{before.format(n % 2)}step {n // 2} loss {n / 8}\n" for n in range(40))
    log.write_text("".join(said))
    found = points(log)
    assert len(found) == 40
    second = {value for (tag, _), value in found.items() if re.search(r"1(?!\d)", tag)}
    assert second == {n / 8 for n in range(1, 40, 2)}


def test_a_number_that_rises_counts(tmp_path: Path) -> None:
    """`3: loss 0.5`, of epochs, also where each has several lines."""
    log = tmp_path / "train.log"
    log.write_text("".join(f"{n}: loss {n / 8}\n{n}: acc {n / 9}\n" for n in range(20)))
    assert points(log)["loss", 3] == 3 / 8


@pytest.mark.parametrize("before", ["INFO Epoch[{}]: ", "Training epoch[{}]: "])
def test_an_epoch_in_brackets_is_no_process(before: str, tmp_path: Path) -> None:
    """Behind a timestamp and a word it looks like what syslog writes, but it rises."""
    log = tmp_path / "train.log"
    said = (f"2024-05-01 12:{n:02d}:00 {before.format(n)}loss={n / 8}\n" for n in range(24))
    log.write_text("".join(said))
    assert {step: value for (_, step), value in points(log).items()} == {
        n: n / 8 for n in range(24)
    }


def test_boxes_and_dicts_stand_behind_what_loggers_write(tmp_path: Path) -> None:
    """The rows of Stable-Baselines3 and the dicts of Hugging Face."""
    box = "".join(
        f"-----------------------\n| time/          |    |\n|    total_timesteps | {n}00 |\n"
        f"| train/         |    |\n|    loss        | 0.{n} |\n-----------------------\n"
        for n in range(1, 9)
    )
    dicts = "".join(
        f"{{'loss': 1.{n}, 'learning_rate': 0.00{n}, 'epoch': 0.{n}}}\n" for n in range(1, 9)
    )
    for text in (box, dicts):
        plain, logged = tmp_path / "plain.log", tmp_path / "logged.log"
        plain.write_text(text)
        for before in ("2024-05-01 12:00:00 | INFO | a:b:3 - ", "INFO:root:", "(fn pid=12) "):
            logged.write_text("".join(before + line + "\n" for line in text.splitlines()))
            assert points(logged) == points(plain)
            assert len(points(plain)) >= 8
