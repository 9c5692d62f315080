"""Names: which tag, step and run folder a name becomes, and that none of them can do harm."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tbingest.names.files import stem_of
from tbingest.names.runs import safe_run
from tbingest.names.steps import step_folder, step_of_name
from tbingest.names.tags import clean_tag, tag_of, tensor_path

if TYPE_CHECKING:
    from pathlib import Path

ANY_TEXT = st.text(
    st.characters(codec=None)  # surrogates too: a file name may hold any bytes
    | st.sampled_from("./\\ ~%:\n\0\x1b\u202e\udcff"),
    max_size=60,
)
HOSTILE = [
    "../../x",
    "/etc/x",
    "..",
    ".",
    "",
    "a\0b",
    "a\nb",
    "x" * 300,
    "ä" * 300,
    "events.out.tfevents.1",
    "a/.tbingest/b",
    ".tbingest",
    "CON",
    "con.txt",
    "a. ",
    "a.",
    " a",
    "a/../b",
    "a//b",
    "C:\\x",
    "\udcff\udcfe",
    "...",
    ". .",
    "\u202eabc",
    "tfeventstfevents",
]


@pytest.mark.parametrize(
    ("field", "tag"),
    [
        ("loss", "loss"),
        ("lr", "lr"),
        ("val_loss", "val/loss"),
        ("train_acc_top5", "train/acc_top5"),
        ("validation_loss", "validation/loss"),
        ("test_f1", "test/f1"),
        ("eval_loss", "eval/loss"),
        ("train/loss", "train/loss"),
        ("training_loss", "training_loss"),
        ("my_val_loss", "my_val_loss"),
        ("val_", "val_"),
        ("optim.lr", "optim/lr"),
        ("lr.0", "lr/0"),
        ("acc@0.5", "acc@0.5"),
        ("v1.2", "v1.2"),
        (".hidden", ".hidden"),
        ("  loss  ", "loss"),
        ("", "value"),
        ("loss\nx", "loss x"),
        ("\x1b[31mloss", "[31mloss"),
        ("a\u202eb", "a b"),
        ("a\ud800b", "a?b"),
    ],
)
def test_a_field_has_its_tag(field: str, tag: str) -> None:
    """Splits and module paths fold; numbers keep their point; control characters go."""
    assert tag_of(field) == tag


def test_every_dot_of_a_tensor_name_folds() -> None:
    """Layer numbers are folders, too."""
    assert tensor_path("encoder.layers.0.weight") == "encoder/layers_0/weight"


def test_long_tags_that_begin_alike_stay_apart() -> None:
    """An overlong tag ends in a hash of all of it."""
    one, other = clean_tag("x" * 600), clean_tag("x" * 601)
    assert len(one) == len(other) == 500
    assert one != other


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT)
def test_a_tag_is_valid_unicode_without_control_characters(text: str) -> None:
    """Any field name gives a tag that every loader takes, and a clean tag stays as it is."""
    for tag in (tag_of(text), tensor_path(text), clean_tag(text)):
        assert 0 < len(tag) <= 500
        assert tag.encode("utf-8").decode("utf-8") == tag
        assert not any(unicodedata.category(letter) == "Cc" for letter in tag)
        assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", tag)
        assert clean_tag(tag) == tag


@pytest.mark.parametrize(
    ("path", "step", "rest"),
    [
        ("weights_step_000100.npz", 100, "weights"),
        ("checkpoint-500/model.npz", 500, "model"),
        ("epoch=5-step=192.npz", 192, ""),
        ("images/sample_step_000100.png", 100, "images/sample"),
        ("ckpt_20.npz", 20, ""),
        ("model.iter1000.npz", 1000, "model"),
        ("weights.000300.npz", 300, "weights"),
        ("weights_7.npz", 7, "weights"),
        ("weights7.npz", None, "weights7"),
        ("weights123.npz", 123, "weights"),
        ("epoch_3/weights.npy", 3, "weights"),
        ("epoch_3/iter_20.npz", 20, ""),
        ("run/plain.npz", None, "run/plain"),
        ("plot_2026-11-23.png", None, "plot_2026-11-23"),
        ("resnet50.npz", None, "resnet50"),
        ("Step-12.npz", 12, ""),
        ("footstep12.npz", None, "footstep12"),
        ("weights_step_100.npz.gz", 100, "weights"),
    ],
)
def test_a_name_says_its_step(path: str, step: int | None, rest: str) -> None:
    """A word for a step goes before a bare last number, the file before its folders."""
    assert step_of_name(path) == (step, rest)


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT)
@example("step_" + "9" * 400)
@example("step_\uff11\uff12.npz")
@example("_" * 5000 + "1")
def test_the_step_of_any_name_fits_64_bits(path: str) -> None:
    """No name raises, and no step is beyond what an event file holds."""
    step, _ = step_of_name(path)
    assert step is None or 0 <= step < 2**63


@pytest.mark.parametrize(
    ("folder", "found"),
    [
        ("run/checkpoint-500", (500, "run")),
        ("checkpoint-500", (500, "")),
        ("run/epoch_1/step_20", (20, "run")),
        ("run/other", (None, "run/other")),
        ("", (None, "")),
    ],
)
def test_a_folder_of_a_step_is_no_part_of_the_run(folder: str, found: tuple[int, str]) -> None:
    """What is left is the run's own folder."""
    assert step_folder(folder) == found


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("metrics.csv", "metrics"),
        ("metrics.csv.gz", "metrics"),
        ("metrics", "metrics"),
        (".hidden.csv", "hidden"),
        (".csv", "csv"),
        ("run.v1.2", "run.v1.2"),
        (".gz", "gz"),
        ("a.b.jsonl.zst", "a.b"),
    ],
)
def test_a_stem_is_the_name_without_its_suffixes(name: str, stem: str) -> None:
    """A compression's suffix, then one more; a version number is no suffix."""
    assert stem_of(name) == stem


@pytest.mark.parametrize("name", ["a", "a/b", "lightning_logs/version_0", "ä/β", "a b", "a.b", "2"])
def test_a_plain_run_name_stays_as_it_is(name: str) -> None:
    """Only what cannot be a folder is written in another way."""
    assert safe_run(name) == name


@pytest.mark.parametrize(
    ("name", "run"),
    [
        ("../../x", "%2E%2E/%2E%2E/x"),
        ("/etc/x", "etc/x"),
        ("", "run"),
        ("a\0b", "a%00b"),
        ("a\nb", "a%0Ab"),
        ("a\\b", "a%5Cb"),
        ("C:", "C%3A"),
        ("CON", "%43ON"),
        ("\udcff", "%FF"),
        ("events.out.tfevents.1", "events.out.%74fevents.1"),
        (".tbingest", "%2Etbingest"),
    ],
)
def test_a_run_name_that_is_no_folder_is_escaped(name: str, run: str) -> None:
    """Each letter by the bytes it has in UTF-8."""
    assert safe_run(name) == run


@pytest.mark.parametrize("one", ["x" * 300, "ä" * 100, "x" * 121])
def test_overlong_run_names_that_begin_alike_stay_apart(one: str) -> None:
    """They end in a hash of all of the name."""
    assert safe_run(one) != safe_run(f"{one}x")


def test_a_run_a_million_folders_deep_is_a_path_that_can_be_made() -> None:
    """As a member of an archive may be called; the names still tell such runs apart."""
    names = {safe_run("a/" * 500_000 + last) for last in "xy"} | {
        safe_run("ä" * 100 + "/" * 9 + "b")
    }
    assert len(names) == 3
    assert max(len(name.encode()) for name in names) <= 1_000
    assert all(safe_run(name, escaped=True) == name for name in names)


def test_names_of_other_bytes_stay_apart() -> None:
    """A byte that is no UTF-8 keeps its value."""
    assert safe_run("a\udcff") != safe_run("a\udcfe")


def assert_is_a_folder_below(root: Path, run: str) -> None:
    assert not run.startswith("/")
    assert "\0" not in run
    assert "\n" not in run
    assert "tfevents" not in run
    for part in run.split("/"):
        assert part not in {"", ".", "..", ".tbingest"}
        assert len(part.encode()) <= 255
    folder = root / run
    folder.mkdir(parents=True, exist_ok=True)
    assert folder.resolve().is_relative_to(root.resolve())
    assert folder.resolve() != root.resolve()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_run_name_is_a_folder_below_the_logdir(name: str, tmp_path: Path) -> None:
    """The folder can be made, and it is inside."""
    assert_is_a_folder_below(tmp_path, safe_run(name))


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=ANY_TEXT | st.sampled_from(HOSTILE))
def test_any_name_is_a_run_folder_below_the_logdir(name: str, tmp_path: Path) -> None:
    """Any string at all; and a safe name, read back as a name, is safe, too."""
    run = safe_run(name)
    assert_is_a_folder_below(tmp_path, run)
    assert_is_a_folder_below(tmp_path, safe_run(run))
