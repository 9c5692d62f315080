"""Where lines stand and whose names they have: batches above their epoch, bars drawn again."""

from __future__ import annotations

import pytest
from helpers.text_logs import Curve, curves, rows_of

KINDS: dict[str, tuple[str, dict[str, Curve]]] = {
    "batches stand above the line of their epoch, whose counter tells them apart": (
        "".join(
            "".join(f"Batch {at} loss: 0.{epoch}{at}\n" for at in (10, 20, 30))
            + f"Epoch {epoch}: train_acc 0.{epoch} val_acc 0.{epoch}5\n"
            for epoch in range(1, 5)
        ),
        {
            "loss": [
                (30 * (epoch - 1) + at, float(f"0.{epoch}{at}"))
                for epoch in range(1, 5)
                for at in (10, 20, 30)
            ],
            "train/acc": [(at, at / 10) for at in range(1, 5)],
            "val/acc": [(at, float(f"0.{at}5")) for at in range(1, 5)],
        },
    ),
    "a counter without a name closes its batches, too": (
        "".join(
            "".join(f"Batch [{at}] Speed: 9{at}.5 samples/sec acc=0.{at}\n" for at in (10, 20))
            + f"[{epoch}] acc=0.{epoch}5\n"
            for epoch in range(1, 4)
        ),
        {
            "Speed": [(at + 20 * e, float(f"9{at}.5")) for e in range(3) for at in (10, 20)],
            "acc": [(at + 20 * e, at / 100) for e in range(3) for at in (10, 20)],
            "epoch/acc": [(at, float(f"0.{at}5")) for at in range(1, 4)],
        },
    ),
    "brackets with a name own the values in them, but where it is the name of the first": (
        "".join(
            f"Epoch 0, batch {at}, loss[loss=0.{at}5, ctc=0.{at}], total[loss=0.{at}7, ctc=0.9]\n"
            for at in range(1, 5)
        ),
        {
            "loss": [(at, float(f"0.{at}5")) for at in range(1, 5)],
            "ctc": [(at, at / 10) for at in range(1, 5)],
            "total/loss": [(at, float(f"0.{at}7")) for at in range(1, 5)],
            "total/ctc": [(at, 0.9) for at in range(1, 5)],
        },
    ),
    "names in a row before the numbers, and the split that they are of": (
        "".join(
            f"main - L9 ::: train, round, loss, acc ===> {at:03d}, 0.{at}5, 0.{at}\n"
            f"main - L9 ::: val, round, loss, acc ===> {at:03d}, 0.{at}7, 0.{at}\n"
            for at in range(1, 5)
        ),
        {
            "train/loss": [(at, float(f"0.{at}5")) for at in range(1, 5)],
            "train/acc": [(at, at / 10) for at in range(1, 5)],
            "val/loss": [(at, float(f"0.{at}7")) for at in range(1, 5)],
            "val/acc": [(at, at / 10) for at in range(1, 5)],
        },
    ),
    "a split is the name of a value that has no other": (
        "".join(f"epoch - {at}/9 valid: - 0.{at} acc - 0.{at}5\n" for at in range(1, 5)),
        {
            "valid": [(at, at / 10) for at in range(1, 5)],
            "valid/acc": [(at, float(f"0.{at}5")) for at in range(1, 5)],
        },
    ),
    "a level is said once": (
        "".join(f"INFO Epoch {at} CV info cv_loss 0.{at}\n" for at in range(33, 38)),
        {"cv_loss": [(at, at / 100) for at in range(33, 38)]},
    ),
    "what is told once each with a number that rises is one curve": (
        "".join(
            f"tick {at} loss 0.{at}\n"
            + (f"snapshot-{at:05d}    time 4m 2s   fid 4{at}.5\n" if at % 4 == 0 else "")
            for at in range(10, 26)
        ),
        {
            "loss": [(at, at / 100) for at in range(10, 26)],
            "fid": [(at, float(f"4{at}.5")) for at in range(12, 25, 4)],
        },
    ),
    "results that stand beside each other are not one curve": (
        "".join(f"Epoch {at} loss: 0.{at}\n" for at in range(1, 5))
        + "".join(f"model-{at} accuracy: 0.{at}5\n" for at in range(1, 5)),
        {
            "loss": [(at, at / 10) for at in range(1, 5)],
            **{f"model-{at} accuracy": [(4, float(f"0.{at}5"))] for at in range(1, 5)},
        },
    ),
    "a sentence on so many images tells its first word's measure": (
        "".join(f"[{epoch}, {at:5d}] loss: 0.{epoch}{at}\n" for epoch in (1, 2) for at in (20, 40))
        + "Accuracy of the network on the 10000 test images: 54 %\n"
        + "Accuracy for class: car   is 49.0 %\nAccuracy of plane : 62 %\n",
        {
            "loss": [(20, 0.12), (40, 0.14), (60, 0.22), (80, 0.24)],
            "test/Accuracy": [(80, 54.0)],
            "car": [(80, 49.0)],
            "Accuracy of plane": [(80, 62.0)],
        },
    ),
    "shares of a data set are settings": (
        "Split dataset (70% train, 10% val, 20% test)...\n"
        + "".join(f"Epoch {at} loss: 0.{at}\n" for at in range(1, 5)),
        {"loss": [(at, at / 10) for at in range(1, 5)]},
    ),
    "tasks are learnt one after the other, each for some epochs": (
        "".join(
            f"Task {task}, Epoch {epoch}/3 => Loss 0.{task}{epoch}\n"
            for task in range(4)
            for epoch in (1, 2, 3)
        ),
        {"Loss": [(3 * task + e, float(f"0.{task}{e}")) for task in range(4) for e in (1, 2, 3)]},
    ),
    "the last batch of a test gives way to what the test came to": (
        "".join(
            f"Epoch: [{e}][{b}/30] Loss 0.{e}{b} (0.5{e})\n" for e in range(3) for b in (0, 10, 20)
        )
        .replace("Epoch: [1]", "{0}Epoch: [1]", 1)
        .replace("Epoch: [2]", "{1}Epoch: [2]", 1)
        .replace("{0}", "Test: [0/9] Acc 40.5 (41.5)\nTest: [8/9] Acc 42.5 (43.5)\n * Acc 44.5\n")
        .replace("{1}", "Test: [0/9] Acc 50.5 (51.5)\nTest: [8/9] Acc 52.5 (53.5)\n * Acc 54.5\n"),
        {
            "Loss": [(30 * e + b, float(f"0.{e}{b}")) for e in range(3) for b in (0, 10, 20)],
            "Loss/avg": [(30 * e + b, float(f"0.5{e}")) for e in range(3) for b in (0, 10, 20)],
            "test/Acc": [(20, 44.5), (50, 54.5)],
            "test/Acc/avg": [(20, 43.5), (50, 53.5)],
        },
    ),
    "Chinese counters and the noun behind them": (
        "".join(f"第{at}个epoch的学习率:0.00{at}\n训练集损失:0.{at}\n" for at in range(1, 5)),
        {
            "学习率": [(at, at / 1000) for at in range(1, 5)],
            "训练集损失": [(at, at / 10) for at in range(1, 5)],
        },
    ),
    "an inner counter names the split of its line": (
        "".join(
            "".join(f"[Pass {e}, train batch {b}]  loss 0.{e}{b}\n" for b in (0, 10, 20))
            + f"[Pass {e}, test batch 0]  loss 0.5{e}\n"
            for e in range(3)
        ),
        {
            "train/loss": [(30 * e + b, float(f"0.{e}{b}")) for e in range(3) for b in (0, 10, 20)],
            "test/loss": [(e, float(f"0.5{e}")) for e in range(3)],
        },
    ),
    "a split may be the value of a name, and a number stand behind a comma": (
        "".join(
            f"epoch {e}, phase train, step {10 * e + at}, loss_train, 0.{e}{at}\n"
            for e in range(1, 4)
            for at in (3, 6, 9)
        ),
        {
            "loss_train": [
                (10 * e + at, float(f"0.{e}{at}")) for e in range(1, 4) for at in (3, 6, 9)
            ]
        },
    ),
    "values stand below the phase that they are of": (
        "".join(
            f"Starting epoch: {at} | phase: {phase} | at: 10:00:0{at}\n"
            f"Loss: {of}.{at} | f2: 0.{at}\n"
            for at in range(1, 5)
            for of, phase in enumerate(("train", "val"))
        ),
        {
            f"{phase}/{name}": [(at, at / 10 + (of if name == "Loss" else 0)) for at in range(1, 5)]
            for of, phase in enumerate(("train", "val"))
            for name in ("Loss", "f2")
        },
    ),
    "an evaluation's summary has measures with digits": (
        "".join(f"Epoch {at} loss: 0.{at}\n" for at in range(1, 5))
        + "***** eval metrics *****\n  epoch        =   4.0\n  eval_f1      = 0.8125\n"
        "  eval_loss    = 0.4375\n  eval_samples =   408\n",
        {
            "loss": [(at, at / 10) for at in range(1, 5)],
            "eval/f1": [(4, 0.8125)],
            "eval/loss": [(4, 0.4375)],
        },
    ),
    "the steps of all episodes count": (
        "".join(
            f"Total T: {at * 200} Episode Num: {at} Episode T: 200 Reward: {at}.5\n"
            for at in range(1, 8)
        ),
        {
            "Episode T": [(at * 200, 200.0) for at in range(1, 8)],
            "Reward": [(at * 200, at + 0.5) for at in range(1, 8)],
        },
    ),
    "a measure holds for the splits behind it": (
        "".join(f"EPOCH {at}:\nLOSS train 0.{at}5 valid 0.{at}\n" for at in range(1, 5)),
        {
            "LOSS train": [(at, float(f"0.{at}5")) for at in range(1, 5)],
            "LOSS valid": [(at, at / 10) for at in range(1, 5)],
        },
    ),
    "global is no label of a step": (
        "".join(f"global step {at} wps 8.{at}K ppl 2{at}.5\n" for at in range(100, 500, 100))
        + "Best bleu, step 300 wps 8.31K ppl 9.5\n",
        {
            "wps": [(at, float(f"8.{at}")) for at in range(100, 500, 100)],
            "ppl": [(at, float(f"2{at}.5")) for at in range(100, 500, 100)],
            "Best bleu/wps": [(300, 8.31)],
            "Best bleu/ppl": [(300, 9.5)],
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


def test_buffered_dicts_stand_where_the_bar_was_drawn_again() -> None:
    """Though there are few of them, and their epochs are rounded to 0."""
    text = "starting\n"
    for at in range(36):
        bar = f"\r  0%|          | {at}/9000 [00:{at:02d}<20:06:05,  1.97it/s]"
        text += bar + (f"\r{' ' * 50}\r{bar}" if at in {10, 20, 30} else "")
    text += "".join(
        f"{{'loss': 0.{at}, 'learning_rate': 1e-0{at}, 'epoch': 0.0}}\n" for at in (1, 2, 3)
    )
    assert curves(rows_of(text))["train/loss"] == [(10, 0.1), (20, 0.2), (30, 0.3)]


def test_a_line_that_two_processes_say_stands_at_its_own_epoch() -> None:
    """Each line comes twice; none is numbered by its place in the log."""
    text = "".join(f"INFO Epoch {at} CV info cv_loss 0.{at}\n" * 2 for at in range(33, 38))
    assert dict(curves(rows_of(text))["cv_loss"]) == {at: at / 100 for at in range(33, 38)}
