"""The first screen of `tbingest serve LOGS` in a real Chromium: the score and the losses of six
frameworks are what one sees, drawn, without a click.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.browser

SCREEN = {"width": 1400, "height": 900}
FRAMEWORKS = {
    "lightning": ("spirals", ["val_acc", "train_loss", "val_loss"]),
    "huggingface": ("hf_finetune", ["eval/accuracy", "train/loss", "eval/loss"]),
    "keras": ("keras_cnn", ["epoch_accuracy", "epoch_loss"]),
    "ultralytics": (
        "formats/ultralytics",
        ["metrics/accuracy_top1", "train/cls_loss", "val/cls_loss"],
    ),
    "stable-baselines3": ("formats/baselines/sb3", ["eval/mean_reward", "train/loss"]),
    "wandb": ("formats/wandb/wandb", ["val/acc", "train/loss"]),
}
"""Of each the sample and the first cards."""


@contextmanager
def served(logs: Path, place: Path) -> Iterator[str]:
    """The address that the one command says last."""
    command = [sys.executable, "-m", "tbingest", "serve", str(logs), "--port", "0"]
    with subprocess.Popen(
        command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            said = (re.search(r"http://\S+", line) for line in process.stdout or ())
            yield next(found[0] for found in said if found)
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        finally:
            process.kill()


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_the_score_and_the_losses_are_what_one_sees_first(
    name: str, browser: Any, samples: Path, tmp_path: Path
) -> None:
    """The cards stand in this order at the top, each with a curve, in the first screen."""
    sample, tags = FRAMEWORKS[name]
    with served(samples / sample, tmp_path) as address:
        page = browser.new_page(viewport=SCREEN)
        page.set_default_timeout(30_000)
        page.goto(address)
        cards = page.locator("metrics-pinned-view card-view")
        for place, tag in enumerate(tags):
            card = cards.nth(place)
            card.get_by_text(tag, exact=True).first.wait_for()
            line = card.locator("scalar-card svg path, scalar-card canvas").first
            line.wait_for(state="attached")
            box = card.bounding_box()
            assert box
            assert box["y"] + 200 < SCREEN["height"], tag
        page.wait_for_timeout(1000)  # the curves are drawn after the cards
        picture = tmp_path / f"{name}.png"
        page.screenshot(path=picture)
        assert picture.stat().st_size > 10_000
        page.close()
