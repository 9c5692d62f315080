"""Kinds of lines in logs that were drawn by their paths alone: small ones, and all their curves."""

from __future__ import annotations

import pytest
from helpers.text_logs import Curve, curves, rows_of

from tbingest.formats.generic.text import detect
from tbingest.formats.readers.records import RUN
from tbingest.formats.registry import ENOUGH
from tbingest.model.contracts import Head

_EPOCHS = "".join(f"Epoch {at}/9, loss: 0.{at}\n" for at in range(1, 6))
_LOSS: dict[str, Curve] = {"loss": [(at, float(f"0.{at}")) for at in range(1, 6)]}

KINDS: dict[str, tuple[str, dict[str, Curve]]] = {
    "settings in one line are none, whatever they are called": (
        (
            "Namespace(train='a.txt', valid='b.txt', lr=0.1, lambda_kl=0.5, noise=[0.3, 0.0])\n"
            "TrainConfig(name='x', loss_weight=0.25, dropout=0.1)\n"
            "{'data': 'a', 'model': 'mlp', 'out': 'b', 'batch': 8, 'label_smoothing': 0.15}\n"
            + _EPOCHS
        ),
        _LOSS,
    ),
    "results in a dict with words are results": (
        "{'data': 'a', 'model': 'mlp', 'split': 'test', 'acc': 0.75, 'f1': 0.5}\n",
        {"test/acc": [(0, 0.75)], "test/f1": [(0, 0.5)]},
    ),
    "a config has no counter, though a name of it ends in one": (
        "".join(
            f"SOLVER:\n  BASE_LR: 0.{at}\n  GAMMA: 0.1\n  MAX_ITER: {at}000\n  MOMENTUM: 0.9\n"
            f"  WARMUP_ITERS: {at}00\n  WARMUP_FACTOR: 0.01\nTEST:\n  AUG: x\n"
            + "".join(f"iter: {step} total_loss: {at}.{step}5\n" for step in (10, 20, 30, 40))
            for at in (1, 2)
        ),
        {
            "total_loss": [
                (step, float(f"{at}.{step}5")) for at in (1, 2) for step in (10, 20, 30, 40)
            ]
        },
    ),
    "the version of a logger is no metric": (
        "".join(
            f"Epoch {at}: 100%|█████| 9/9 [00:01<00:00,  9.0it/s, loss=0.{at}5, v_num=3]\n"
            for at in range(4)
        ),
        {"loss": [(at, float(f"0.{at}5")) for at in range(4)]},
    ),
    "a Chinese sentence from one value to another names neither": (
        "lr=0.1，loss只能从2.5降低\n" + _EPOCHS,  # noqa: RUF001
        _LOSS,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_log_is_understood(kind: str) -> None:
    """Its curves are those that one sees in it."""
    text, expected = KINDS[kind]
    assert curves(rows_of(text)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_any_cutting_of_the_bytes_gives_the_same(kind: str) -> None:
    """Fed in pieces of seven bytes, saved and restored between them."""
    text, expected = KINDS[kind]
    assert curves(rows_of(text, range(7, len(text.encode()), 7))) == expected


def _runs(text: str, tag: str) -> list[Curve]:
    """The points of a tag, by training."""
    found: dict[str, Curve] = {}
    for rows in rows_of(text):
        steps, values = rows.columns["@step"], rows.columns.get(tag, ())
        runs = rows.columns.get(RUN, [""] * len(steps))
        for run, step, value in zip(runs, steps, values, strict=False):
            found.setdefault(str(run), []).append((int(step), float(value)))
    return list(found.values())


def test_an_epoch_told_again_where_its_batches_fall_is_another_training() -> None:
    """Its own line alone does not tell: `Epoch 1/2` may well stand twice."""
    text = "".join(
        f"Epoch {epoch}/2\n"
        + "".join(f"  Batch {at}/40 | Energy: {epoch}.{at}\n" for at in range(10, last + 1, 10))
        for epoch, last in ((1, 20), (1, 40), (2, 40))
    )
    first, second = _runs(text, "Energy")
    assert [step for step, _ in first] == [10, 20]
    assert [step for step, _ in second] == [10, 20, 30, 40, 50, 60, 70, 80]


def test_subjects_and_their_best_trainings_are_told_apart() -> None:
    """`Subject: 2  best_run: 1` below the trainings of that subject, and once more at the end."""
    text = "".join(
        f"Training on subject {who}\n"
        + "".join(
            f"Subject: {who}   Train no. {at}   Test_acc: 0.{who}{at}\n" for at in range(1, 5)
        )
        + f"Subject: {who}   best_run: 1   avg_acc: 0.{who}9\n\n"
        for who in range(1, 6)
    )
    assert dict(curves(rows_of(text))["avg_acc"]) == {
        who: float(f"0.{who}9") for who in range(1, 6)
    }
    assert "Subject" not in curves(rows_of(text))


def test_a_logger_in_braces_begins_no_json() -> None:
    """`[{train.py:45} INFO - Epoch 1`, and `[{"a": 1}]`."""
    lines = "".join(f"[{{train.py:45}} INFO - Epoch {at}, loss = 0.{at}\n" for at in range(1, 9))
    assert detect(Head("log.txt", lines.encode(), len(lines))).confidence >= ENOUGH
    json = '[{"epoch": 1, "loss": 0.5}]'
    assert detect(Head("log.txt", json.encode(), len(json))).confidence < ENOUGH
