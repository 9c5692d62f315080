"""Kinds of lines in logs that were drawn by their paths alone: small ones, and all their curves."""

from __future__ import annotations

import pytest
from helpers.text_logs import Curve, curves, rows_of

from tbingest.formats.generic.text import detect
from tbingest.formats.readers.records import RUN
from tbingest.formats.registry import ENOUGH
from tbingest.model.contracts import Head

_TIME = "2026-02-09 18:33:55,695"
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
    "a long sentence ends no title, whose batches are a pass": (
        "".join(
            f"Epoch {at}/9\n"
            + "".join(f"step {step:3d}/60 - loss: {at}.{step}1\n" for step in (20, 40, 60))
            + "Eval begin...\nThe loss that is printed here is that of the batch, and a metric is"
            " the mean of all batches before.\n"
            + "".join(f"step {step:2d}/30 - loss: {at}.{step}2\n" for step in (10, 20, 30))
            for at in (1, 2, 3)
        ),
        {
            "loss": [
                (60 * (at - 1) + step, float(f"{at}.{step}1"))
                for at in (1, 2, 3)
                for step in (20, 40, 60)
            ],
            "eval/loss": [(at, float(f"{at}.302")) for at in (1, 2, 3)],
        },
    ),
    "a title holds for one line of an epoch": (
        "".join(
            f"testing in eval mode...\nepoch: {at}, loss is: 0.{at}5\nwarning\n"
            f"epoch: {at}, loss is: 0.{at}1\n"
            for at in (1, 2, 3)
        ),
        {
            "eval/loss": [(at, float(f"0.{at}5")) for at in (1, 2, 3)],
            "loss": [(at, float(f"0.{at}1")) for at in (1, 2, 3)],
        },
    ),
    "what only rises is the counter, beside one that falls": (
        "".join(
            f"iteration:{at} step:{step}/29, loss: 0.{at}\n"
            for at, step in ((4, 13), (7, 26), (11, 10), (14, 23))
        ),
        {"loss": [(at, float(f"0.{at}")) for at in (4, 7, 11, 14)]},
    ),
    "a title between lines that are drawn tells the models apart": (
        "Loading data...\n"
        + "".join(
            f"{'=' * 40}\n{name}\n{'=' * 40}\nAccuracy: 0.{at}5\nF1 Score: 0.{at}1\n\n"
            for at, name in enumerate(("Random Forest", "SVM", "XGBoost"), 1)
        ),
        {
            f"{name}/{tag}": [(0, float(f"0.{at}{digit}"))]
            for at, name in enumerate(("Random Forest", "SVM", "XGBoost"), 1)
            for tag, digit in (("Accuracy", 5), ("F1 Score", 1))
        },
    ),
    "a client in a cell of its own is of the name": (
        "".join(
            f"Round {at}/5\n"
            + "".join(f"Client {who} | train_loss: 0.{at}{who}\n" for who in (1, 2, 3))
            + f"Aggregated: val_loss: 0.{at}9\n"
            for at in range(1, 6)
        ),
        {
            **{
                f"Client {who}/train_loss": [(at, float(f"0.{at}{who}")) for at in range(1, 6)]
                for who in (1, 2, 3)
            },
            "val/loss": [(at, float(f"0.{at}9")) for at in range(1, 6)],
        },
    ),
    "measures behind that of a split are of the split, and no other line's": (
        "".join(
            "".join(
                f"epoch: {at}, train step: {step:2d}, loss: {at}.{step}, top1: 0.{at}{step}\n"
                for step in (10, 20)
            )
            + f"END epoch: {at} train loss: {at}.5, top1: 0.{at}5\n"
            + f"epoch: {at}, valid step: 10, loss: {at}.6, top1: 0.{at}6\n"
            + f"epoch: {at}, valid step: 20, loss: {at}.7, top1: 0.{at}7\n"
            + f"END epoch: {at} valid loss: {at}.8, top1: 0.{at}8\n"
            for at in (1, 2, 3)
        ),
        {
            **{
                f"train/{tag}": [
                    (20 * (at - 1) + step, float(value.format(at, step)))
                    for at in (1, 2, 3)
                    for step in (10, 20)
                ]
                for tag, value in (("loss", "{}.{}"), ("top1", "0.{}{}"))
            },
            **{
                tag: [(at, float(value.format(at))) for at in (1, 2, 3)]
                for tag, value in (
                    *(("epoch/train/loss", "{}.5"), ("epoch/train/top1", "0.{}5")),
                    *(("valid/loss (batch)", "{}.7"), ("valid/top1", "0.{}7")),
                    *(("valid/loss", "{}.8"), ("epoch/valid/top1", "0.{}8")),
                )
            },
        },
    ),
    "over how many a mean was taken is no value": (
        "".join(
            f"  episode {at:4d} | steps {at * 14400:6d} | mean return (last 10) =   -{at}.25\n"
            for at in range(10, 60, 10)
        ),
        {
            "steps": [(at, at * 14400) for at in range(10, 60, 10)],
            "mean return": [(at, -at - 0.25) for at in range(10, 60, 10)],
        },
    ),
    "steps begin anew in each episode, which stands below them": (
        "".join(
            "".join(
                f"[STEP {step}] mean: 0.{at}{step}\n[STEP {step}] std: 0.{step}{at}\n"
                for step in (1, 2, 3)
            )
            + f"Episode {at} terminated after 3 timesteps in 5.5s with reward -{at}.5.\n"
            for at in (1, 2, 3, 4)
        ),
        {
            "mean": [
                (3 * (at - 1) + step, float(f"0.{at}{step}"))
                for at in (1, 2, 3, 4)
                for step in (1, 2, 3)
            ],
            "std": [
                (3 * (at - 1) + step, float(f"0.{step}{at}"))
                for at in (1, 2, 3, 4)
                for step in (1, 2, 3)
            ],
            "reward": [(at, -at - 0.5) for at in (1, 2, 3, 4)],
        },
    ),
    "the best of a measure leaves its curve the plain name": (
        "".join(
            f"Step: {at}, Batch Loss: {at}.5\n"
            f"Validation result (greedy) at step {at}: loss: {at}.25, ppl: {at}.75\n"
            for at in (100, 200, 300)
        )
        + "Best validation result (greedy) at step 200: 199.5 ppl.\n",
        {
            "Batch Loss": [(at, at + 0.5) for at in (100, 200, 300)],
            "validation/loss": [(at, at + 0.25) for at in (100, 200, 300)],
            "validation/ppl": [(at, at + 0.75) for at in (100, 200, 300)],
            "Best validation result greedy/ppl": [(200, 199.5)],
        },
    ),
    "a blank line below a timestamp ends no section": (
        "".join(
            f"{_TIME} - log\\train.log - INFO - {line}\n{blank}"
            for at in (1, 2, 3)
            for line, blank in (
                (f"iteration:{at} step:{at}0/90, loss: 0.{at}", ""),
                ("evaluate:dev", ""),
                (f"precision:  5{at}.25%; FB1:  4{at}.5", "\n"),
                (f"      PARK: precision:  6{at}.25%; FB1:  3{at}.5", "\n"),
                ("evaluate:test", ""),
                (f"precision:  5{at}.75%; FB1:  4{at}.1", "\n"),
                (f"      PARK: precision:  6{at}.75%; FB1:  3{at}.1", "\n"),
            )
        ),
        {
            "loss": [(10 * at, float(f"0.{at}")) for at in (1, 2, 3)],
            **{
                f"{name}{split}/{of}": [(10 * at, float(value.format(at))) for at in (1, 2, 3)]
                for name, split, of, value in (
                    *(("", "dev", "precision", "5{}.25"), ("", "dev", "FB1", "4{}.5")),
                    *(("", "test", "precision", "5{}.75"), ("", "test", "FB1", "4{}.1")),
                    *(("PARK/", "dev", "precision", "6{}.25"), ("PARK/", "dev", "FB1", "3{}.5")),
                    *(("PARK/", "test", "precision", "6{}.75"), ("PARK/", "test", "FB1", "3{}.1")),
                )
            },
        },
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


def test_trainings_that_end_at_their_own_totals_are_told_apart() -> None:
    """However short and many they are."""
    lengths = (1, 1, 2, 1, 3, 1, 2, 4)
    text = "".join(
        "Session\n" + "".join(f"Episode {at}/{n} | Loss: {at}.5\n" for at in range(1, n + 1))
        for n in lengths
    )
    assert _runs(text, "Loss") == [[(at, at + 0.5) for at in range(1, n + 1)] for n in lengths]


def test_epochs_of_each_episode_are_no_trainings() -> None:
    """`Epoch 3/3` above `Episode 7/10`: the episodes begin again, and tell the trainings."""
    text, lasts = "", (3, 2, 1, 4, 2, 3, 1)
    for run, last in enumerate(lasts):
        for at in range(1, last + 1):
            for epoch in (1, 2, 3):
                text += f"     | Epoch {epoch}/3 - Actor loss : -0.{run}{at}{epoch}\n"
            text += f"Episode {at}/10 finished, total reward : {at}.5\n"
    assert _runs(text, "total reward") == [
        [(at, at + 0.5) for at in range(1, last + 1)] for last in lasts
    ]
    assert sum(map(len, _runs(text, "Actor loss"))) == 3 * sum(lasts)


def test_a_factor_in_a_name_is_no_value() -> None:
    """`Fraction within 1.025×optimal: 60.5%`."""  # noqa: RUF002
    name = "Fraction within 1.025\u00d7optimal"
    text = "".join(f"Epoch {at} | {name}: {at}0.5%\n" for at in (1, 2, 3))
    ((_, found),) = curves(rows_of(text)).items()
    assert found == [(at, at * 10 + 0.5) for at in (1, 2, 3)]


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
