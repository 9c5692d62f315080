"""Pictures of one step: which are shown as one, which keep a tag of their own."""

from __future__ import annotations

import io
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers import tbhttp
from PIL import Image as Pillow
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import tbingest
from tbingest.figures.grids import cell_side, grid
from tbingest.names.steps import step_of_picture

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = tbingest.Options(plots="none")
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def draw(path: Path, colour: Any = RED, size: tuple[int, int] = (20, 10), **saved: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.new("RGB", size, colour).save(path, **saved)


def logs(tmp_path: Path, *names: str) -> Path:
    """A log, and a picture under each name."""
    folder = tmp_path / "logs" / "exp"
    folder.mkdir(parents=True)
    (folder / "loss.csv").write_text("step,loss\n1,0.5\n2,0.25\n")
    for name in names:
        draw(folder / name)
    return folder


def converted(folder: Path) -> Any:
    return tbingest.convert(folder.parent, folder.parent.parent / "runs", PLAIN)


def shown(folder: Path) -> dict[str, list[tuple[int, int, int]]]:
    """Step, width and height of the pictures of each tag, as TensorBoard has them."""
    loaded = EventAccumulator(str(folder.parent.parent / "runs" / "exp")).Reload()
    return {
        tag: [(one.step, one.width, one.height) for one in loaded.Images(tag)]
        for tag in loaded.Tags()["images"]
    }


def pixels(folder: Path, tag: str) -> np.ndarray:
    loaded = EventAccumulator(str(folder.parent.parent / "runs" / "exp")).Reload()
    data = loaded.Images(tag)[-1].encoded_image_string
    with Pillow.open(io.BytesIO(data)) as picture:
        return np.asarray(picture)


@pytest.mark.parametrize(
    ("names", "tags"),
    [
        # Numbers are a grid, whether the step stands in the folder, above it or in the name.
        (["epoch_1/0.png", "epoch_1/1.png", "epoch_2/0.png", "epoch_2/1.png"], {"image": [1, 2]}),
        (["epoch_1/val/0.png", "epoch_1/val/1.png", "epoch_2/val/0.png"], {"val": [1, 2]}),
        (["epoch_1/img_0.png", "epoch_1/img_1.png"], {"img": [1]}),
        (["samples/step_000100_0.png", "samples/step_000100_1.png"], {"samples": [100]}),
        (["s/step_5_a_0.png", "s/step_5_b_0.png"], {"s/a_0": [5], "s/b_0": [5]}),
        (["s/step_5_0_rgb.png", "s/step_5_1_rgb.png"], {"s/rgb": [5]}),
        # Numbers that never change are part of the name.
        (["epoch_1/resnet50_0.png", "epoch_1/resnet50_1.png"], {"resnet50": [1]}),
        # So are digests, which data sets give to their pictures, and scores.
        (
            ["epoch_1/0a1b2c3d4e.png", "epoch_1/ff1b2c3d4e.png", "epoch_2/aa00bb11cc.png"],
            {"image": [1, 2]},
        ),
        (["fake_epoch_1_fid_9.52.png", "fake_epoch_2_fid_8.25.png"], {"fake_fid": [1, 2]}),
        # Words are tags: the same one at each step has a slider.
        (["epoch_1/cat.png", "epoch_1/dog.png", "epoch_2/cat.png"], {"cat": [1, 2], "dog": [1]}),
        # A number alone is a step.
        (["samples/0.png", "samples/5.png", "samples/100.png"], {"samples": [0, 5, 100]}),
        # Without a step there is nothing that a grid would be of.
        (["plots/roc.png", "plots/batch0a.png", "plots/batch1a.png"],
         {"plots/roc": [0], "plots/batch0a": [0], "plots/batch1a": [0]}),
        # A picture that is called like the grid keeps its name.
        (["epoch_1/a.png", "epoch_1/a_0.png", "epoch_1/a_1.png"], {"a": [1], "a/grid": [1]}),
        # Trainers of image models: prompts are a grid, the time and the seed are no part of a tag.
        ([f"sample/cat_{n:06d}_{i:02d}_2026052820264{i}_{seed}.png"
          for n in (100, 200) for i, seed in ((0, 42), (1, 7))], {"sample/cat": [100, 200]}),
        (["sample/cat_000100_00_20260528202640.png", "sample/cat_e000001_00_20260528202641.png"],
         {"sample/cat_00": [100], "sample/cat_epoch_00": [1]}),
        ([f"samples/178000000{n}000__{n:09d}_{i}.jpg" for n in (0, 5) for i in (0, 1)],
         {"samples": [0, 5]}),
        ([f"samples/{i} - {p}/2026-05-28_20-26-4{n}-training-sample-{n}-1-{n}.png"
          for n in (5, 9) for i, p in ((0, "a cat"), (1, "a dog"))],
         {"samples/0 a cat": [5, 9], "samples/1 a dog": [5, 9]}),
    ],
)  # fmt: skip
def test_what_names_say(tmp_path: Path, names: list[str], tags: dict[str, list[int]]) -> None:
    """Which tags come of them, with which steps; each file is in one source, each source shown."""
    folder = logs(tmp_path, *names)
    report = converted(folder)
    assert {tag: [step for step, *_ in found] for tag, found in shown(folder).items()} == tags
    pictures = [source for source in report.sources if source.format == "image"]
    assert sum(source.written["image"] for source in pictures) == sum(map(len, tags.values()))
    more = [
        int(one.source.split(" and ")[1].split()[0]) for one in pictures if " and " in one.source
    ]
    assert len(pictures) + sum(more) == len(names)
    assert not converted(folder).bytes_written


def test_pictures_of_any_form_stand_in_the_order_of_their_steps(tmp_path: Path) -> None:
    """One form is told more surely than another, which is no order in time."""
    names = ["5.webp", "6.tiff", "7.bmp", "8.png"]
    folder = logs(tmp_path, *(f"samples/{name}" for name in names))
    report = converted(folder)
    assert [step for step, *_ in shown(folder)["samples"]] == [5, 6, 7, 8]
    assert sum(source.superseded for source in report.sources) == 0


@pytest.mark.parametrize(
    ("path", "step", "rest"),
    [
        ("epoch_3/val/0.png", 3, "val/0"),
        ("samples/5.png", 5, "samples"),
        ("epoch_3/step_7.png", 7, ""),
        ("model_2/plots/roc.png", None, "model_2/plots/roc"),
        ("epoch_3/step_100/a.png", 100, "a"),
        ("sample/cat_000100_00_20260528202640_42.png", 100, "sample/cat_00"),
        ("sample/000100_00_20260528202640.png", 100, "sample/00"),
        ("sample/steps_100/a_000100_00_20260528202640.png", 100, "sample/a_00"),
        ("samples/1780000000000__000000500_3.jpg", 500, "samples/3"),
        ("samples/0 - a/training-sample-100-1-20.png", 100, "samples/0 - a"),
    ],
)
def test_the_step_of_a_picture(path: str, step: int | None, rest: str) -> None:
    assert step_of_picture(path) == (step, rest)


def test_pictures_stand_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """2 comes before 10; each is in its cell, below it its number."""
    folder = logs(tmp_path)
    for number, colour in ((10, BLUE), (2, GREEN), (1, RED)):
        draw(folder / "epoch_1" / f"{number}.png", colour)
    converted(folder)
    assert shown(folder) == {"image": [(1, 4 + 2 * 24, 4 + 2 * (10 + 13 + 4))]}
    found = pixels(folder, "image")
    assert [tuple(found[top, left]) for top, left in ((9, 14), (9, 38), (36, 14))] == [
        RED,
        GREEN,
        BLUE,
    ]
    below = found[14:27, 4:24].reshape(-1, 3)
    assert (36, 41, 47) in set(map(tuple, below.tolist()))


@pytest.mark.parametrize("fast", ["true", "false"])
def test_both_loaders_show_the_grid(tmp_path: Path, fast: str) -> None:
    folder = logs(tmp_path, "epoch_7/0.png", "epoch_7/1.png")
    converted(folder)
    with tbhttp.tensorboard(tmp_path / "runs", fast) as url:
        tbhttp.wait_for(lambda: tbhttp.tags(url, "images"))
        (picture,) = tbhttp.images(url, "exp", "image")
        with Pillow.open(io.BytesIO(tbhttp.image_bytes(url, picture["query"]))) as there:
            assert (picture["step"], there.size) == (7, (52, 31))


def test_cells_are_as_wide_as_their_captions() -> None:
    """Up to twelve letters; longer ones are cut where they find no room."""
    small = Pillow.new("L", (8, 8))
    assert grid([("00001", small), ("00002", small)]).width == 4 + 2 * (5 * 6 + 4)
    digests = [("0a1b2c3d4e5f60718293", small), ("1a1b2c3d4e5f60718293", small)]
    assert grid(digests).width == 4 + 2 * (12 * 6 + 4)
    assert grid([("", small), ("", small)]).height == 4 + 8 + 4


def test_a_grid_holds_64_pictures_and_says_what_is_left(tmp_path: Path) -> None:
    """What is left out counts as reported: nothing gets lost."""
    folder = logs(tmp_path, *(f"epoch_1/{number}.png" for number in range(70)))
    (source,) = (one for one in converted(folder).sources if one.format == "image")
    assert source.source.endswith("/0.png and 69 more")
    assert (source.read, source.written, source.reported) == (7, Counter(image=1), 6)
    assert [one.what for one in source.problems] == ["the first 64 of 70 pictures are shown"]


def test_large_pictures_are_made_smaller() -> None:
    """However many there are and however wide they are, all of them are 4,096 pixels at most."""
    for count in (2, 3, 5, 17, 64):
        side = cell_side(count)
        made = grid([(str(n), Pillow.new("L", (side, side))) for n in range(count)])
        assert 3_800 < max(made.width, made.height) <= 4_096


def test_large_files_are_read_one_by_one(tmp_path: Path) -> None:
    """A picture takes no more than its cell, a JPEG is not even decoded larger."""
    folder = logs(tmp_path)
    for number in range(4):
        draw(folder / "epoch_1" / f"{number}.jpg", (200, 100, 50), (4000, 3000), quality=80)
    converted(folder)
    (place,) = shown(folder)["image"]
    assert place[0] == 1
    assert 3_800 < place[1] <= 4_096
    assert np.abs(pixels(folder, "image")[700, 1000].astype(int) - (200, 100, 50)).max() < 8


def test_a_damaged_picture_is_said_and_the_others_are_shown(tmp_path: Path) -> None:
    folder = logs(tmp_path, "epoch_1/0.png", "epoch_1/1.png", "epoch_1/2.png")
    damaged = folder / "epoch_1" / "1.png"
    damaged.write_bytes(damaged.read_bytes()[:-30])
    (source,) = (one for one in converted(folder).sources if one.format == "image")
    (problem,) = source.problems
    assert problem.source == str(damaged)
    assert problem.what == "a picture that cannot be shown"
    assert (source.read, source.written, source.reported) == (2, Counter(image=1), 1)
    assert shown(folder)["image"] == [(1, 52, 4 + 10 + 13 + 4)]


def test_pictures_of_any_kind_stand_side_by_side(tmp_path: Path) -> None:
    """Deep greys from their least to their greatest, what is transparent on paper."""
    folder = logs(tmp_path, "epoch_1/0.png")
    Pillow.fromarray(np.asarray([[100, 1100]], np.uint16)).save(folder / "epoch_1" / "1.png")
    Pillow.new("RGBA", (20, 10)).save(folder / "epoch_1" / "2.webp", lossless=True)
    converted(folder)
    found = pixels(folder, "image")
    assert found.shape == (4 + 2 * 27, 4 + 2 * 24, 3)
    assert found[8, 37].tolist() == [0, 0, 0]
    assert found[8, 38].tolist() == [255, 255, 255]
    assert found[36, 14].tolist() == [225, 229, 234]


def animated(path: Path, form: str) -> bytes:
    frames = [Pillow.new("RGB", (8, 8), colour) for colour in (RED, GREEN, BLUE)]
    path.parent.mkdir(parents=True, exist_ok=True)
    frames[0].save(path, form, save_all=True, append_images=frames[1:], duration=50, loop=0)
    return path.read_bytes()


@pytest.mark.parametrize(("name", "form"), [("a.gif", "GIF"), ("a.png", "PNG")])
def test_what_moves_goes_on_moving(tmp_path: Path, name: str, form: str) -> None:
    """An animated GIF or PNG is written byte by byte as it is."""
    folder = logs(tmp_path)
    data = animated(folder / "epoch_1" / name, form)
    converted(folder)
    loaded = EventAccumulator(str(tmp_path / "runs" / "exp")).Reload()
    assert loaded.Images("a")[0].encoded_image_string == data


def test_films_stand_in_no_grid(tmp_path: Path) -> None:
    """Each is a tag, as each moves on its own."""
    folder = logs(tmp_path)
    for number in range(2):
        animated(folder / "epoch_1" / f"film_{number}.gif", "GIF")
    converted(folder)
    assert shown(folder).keys() == {"film_0", "film_1"}


def test_a_grid_that_grows_is_drawn_again(tmp_path: Path) -> None:
    """In the place of what it was, without a word of a rewritten source."""
    folder = logs(tmp_path, "epoch_1/0.png", "epoch_1/1.png")
    converted(folder)
    draw(folder / "epoch_1" / "2.png")
    (source,) = (one for one in converted(folder).sources if one.format == "image")
    assert not source.problems
    assert shown(folder) == {"image": [(1, 52, 58)]}


def test_pictures_that_wandb_logs_in_one_list_are_one(tmp_path: Path) -> None:
    """They have one tag and one step."""
    files = tmp_path / "logs" / "wandb" / "run-20240722_132512-92glrg0m" / "files"
    files.mkdir(parents=True)
    (files / "wandb-summary.json").write_text('{"loss": 0.5, "_step": 10}')
    for digest in ("1c0f3a5b", "2c0f3a5b"):
        draw(files / "media" / "images" / f"sample_10_{digest}.png")
    report = tbingest.convert(tmp_path / "logs", tmp_path / "runs", PLAIN)
    (source,) = (one for one in report.sources if one.format == "image")
    assert (source.written["image"], source.superseded) == (1, 0)


def test_the_grid_is_the_same_in_every_conversion(tmp_path: Path) -> None:
    folder = logs(tmp_path, *(f"epoch_1/{number}.png" for number in range(5)))
    files = []
    for name in ("one", "two"):
        tbingest.convert(folder.parent, tmp_path / name, PLAIN)
        files.append([path.read_bytes() for path in sorted((tmp_path / name).rglob("*tfevents*"))])
    assert files[0] == files[1]
