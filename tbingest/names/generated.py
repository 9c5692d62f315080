"""Pictures as trainers of image models name them: step, time, index and seed told apart.

cat_000100_00_20240801120000_42.png                   kohya's sd-scripts: step, prompt, time, seed
cat_e000002_01_20240801120000.png                     the same after an epoch
1723456789012__000000500_0.jpg                        ai-toolkit: time, step, prompt
2024-08-01_12-00-00-training-sample-100-1-20.png      OneTrainer: time, step, epoch, step in it
"""

from __future__ import annotations

import re

_KOHYA = re.compile(
    r"(?:(?P<name>.{1,200})_)?(?:e(?P<epoch>\d{6,9})|(?P<step>\d{6,9}))"
    r"_(?P<index>\d{2,4})_(?P<time>20\d{12})(?:_-?\d{1,20})?"
)
_AI_TOOLKIT = re.compile(r"1\d{12}__(?P<step>\d{9,12})_(?P<index>\d{1,4})")
_ONE_TRAINER = re.compile(
    r"(?P<name>.{0,100}?)(?:\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d-)?training-sample-"
    r"(?P<step>\d{1,12})-\d{1,9}-\d{1,9}"
)


def step_of_generated(stem: str) -> tuple[int, str] | None:
    """(step, what names the picture: its prompt), or None for any other name.

    The steps of pictures after an epoch are epochs: they have a name of their own.
    """
    if found := _KOHYA.fullmatch(stem):
        kind = "epoch" if found["epoch"] else ""
        parts = (found["name"] or "", kind, found["index"])
        return int(found["epoch"] or found["step"]), "_".join(filter(None, parts))
    if found := _AI_TOOLKIT.fullmatch(stem):
        return int(found["step"]), found["index"]
    if found := _ONE_TRAINER.fullmatch(stem):
        return int(found["step"]), found["name"].strip("._- ")
    return None
