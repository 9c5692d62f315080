"""What stands above lines and beside them: titles, blocks of rows, batches, columns of names."""

from __future__ import annotations

import pytest
from helpers.text_logs import Curve, curves, rows_of

KINDS: dict[str, tuple[str, dict[str, Curve]]] = {
    "what is being done is the title of the next epoch's line alone": (
        "".join(
            f"Epoch {at}: loss {at}.5\nEvaluating on the test set...\nEpoch {at}: loss {at}.25\n"
            for at in range(1, 6)
        ),
        {
            "loss": [(at, at + 0.5) for at in range(1, 6)],
            "test/loss": [(at, at + 0.25) for at in range(1, 6)],
        },
    ),
    "a title holds for all batches below it": (
        "".join(
            f"Epoch {at}\n"
            + "".join(f"iter {i}/300 loss {at}.{i + 1}\n" for i in range(0, 300, 50))
            + "Validating...\n"
            + "".join(f"iter {i}/300 loss 0.{i + at}\n" for i in range(100, 300, 50))
            for at in (1, 2, 3)
        ),
        {
            "loss": [
                (300 * at + i, float(f"{at + 1}.{i + 1}"))
                for at in range(3)
                for i in range(0, 300, 50)
            ],
            "val/loss": [(at, float(f"0.{250 + at}")) for at in (1, 2, 3)],
        },
    ),
    "a title above lines that go on is none of theirs": (
        "".join(
            f"iter {at} loss {at}.5\n" + ("Evaluating...\n" if at % 40 == 0 else "")
            for at in range(0, 200, 10)
        ),
        {"loss": [(at, at + 0.5) for at in range(0, 200, 10)]},
    ),
    "rows with bullets under a split, some of them in sections": (
        "".join(
            f"Epoch {at}/3 (LR: 0.5)\n\nTrain:\n  Loss: {at}.5\n  Label:\n"
            f"    - Accuracy: {at}1.5%\n"
            f"    - F1: 0.{at}5\n    - Miss (a→b): {at}.25%\n  Live:\n    - AUC: 0.{at}\n"
            f"    - Loss: 0.{at}25\n  Time: 5.5s\n\n"
            for at in (1, 2, 3)
        ),
        {
            "LR": [(at, 0.5) for at in (1, 2, 3)],
            "train/Loss": [(at, at + 0.5) for at in (1, 2, 3)],
            "train/Label/Accuracy": [(at, float(f"{at}1.5")) for at in (1, 2, 3)],
            "train/Label/F1": [(at, float(f"0.{at}5")) for at in (1, 2, 3)],
            "train/Label/Miss (a→b)": [(at, at + 0.25) for at in (1, 2, 3)],
            "train/Live/AUC": [(at, at / 10) for at in (1, 2, 3)],
            "train/Live/Loss": [(at, float(f"0.{at}25")) for at in (1, 2, 3)],
        },
    ),
    "the number of a batch is no label, and a whole pass goes before its last batch": (
        "".join(
            f"Epoch: {at}/3\n"
            + "".join(f"Batch number: {i:03d}, Training: Loss: {at}.{i + 1}\n" for i in range(4))
            + "".join(f"Validation Batch number: {i}, Validation: Acc: 0.{i}\n" for i in (1, 2, 3))
            + f"Epoch : {at:03d}, Validation : Acc: 0.{at}5\n"
            for at in (1, 2, 3)
        ),
        {
            "train/Loss": [
                (4 * at + i, float(f"{at + 1}.{i + 1}")) for at in range(3) for i in range(4)
            ],
            "validation/Acc (batch)": [(at, 0.3) for at in (1, 2, 3)],
            "validation/Acc": [(at, float(f"0.{at}5")) for at in (1, 2, 3)],
        },
    ),
    "names and numbers in columns": (
        "".join(
            f"Epoch {at}:\neval mIoU of Bag      0.{at}5\neval mIoU of Airplane 0.{at}\n"
            for at in (1, 2, 3)
        ),
        {"eval/mIoU of Bag": [(at, float(f"0.{at}5")) for at in (1, 2, 3)]},
    ),
    "a split before blanks": (
        (
            "Epoch 1\n  Train  loss=0.5  acc=0.25\n  Val    loss=0.75  acc=0.125\n"
            "Epoch 2\n  Train  loss=0.25  acc=0.5\n  Val    loss=0.5  acc=0.25\n"
        ),
        {
            "train/loss": [(1, 0.5), (2, 0.25)],
            "train/acc": [(1, 0.25), (2, 0.5)],
            "val/loss": [(1, 0.75), (2, 0.5)],
            "val/acc": [(1, 0.125), (2, 0.25)],
        },
    ),
    "as many numbers between slashes as names": (
        "".join(
            f"Epoch {at}: Val result: mIoU/mAcc/allAcc 0.{at}/0.{at}5/0.{at}7.\n"
            f"First/last quintile reward: {at}.5 / {at}.25\n"
            for at in (1, 2, 3)
        ),
        {
            "val/mIoU": [(at, at / 10) for at in (1, 2, 3)],
            "val/mAcc": [(at, float(f"0.{at}5")) for at in (1, 2, 3)],
            "val/allAcc": [(at, float(f"0.{at}7")) for at in (1, 2, 3)],
            "First quintile reward": [(at, at + 0.5) for at in (1, 2, 3)],
            "last quintile reward": [(at, at + 0.25) for at in (1, 2, 3)],
        },
    ),
    "a list that goes on in the next line is not a number": (
        (
            "Epoch 1 loss 0.5\nmIoU: 0.25\nIOU:  [0.125 0.25 0.5\n 0.25 0.75]\n"
            "Epoch 2 loss 0.25\nmIoU: 0.5\nIOU:  [0.25 0.5 0.75\n 0.125 0.5]\n"
        ),
        {"loss": [(1, 0.5), (2, 0.25)], "mIoU": [(1, 0.25), (2, 0.5)]},
    ),
    "ranks that say different values are curves of their own": (
        "".join(
            f"[rank {rank}] epoch {at} loss={rank}.{at}\n" for at in range(1, 5) for rank in (0, 1)
        ),
        {
            f"rank {rank}/loss": [(at, float(f"{rank}.{at}")) for at in range(1, 5)]
            for rank in (0, 1)
        },
    ),
    "ranks that say the same say it once": (
        "".join(f"[rank{rank}]: epoch {at} loss=0.{at}\n" for at in range(1, 5) for rank in (0, 1)),
        {"loss": [(at, at / 10) for at in range(1, 5)]},
    ),
    "one rank alone is none": (
        "".join(f"[Rank 0] Epoch {at} | Batchsize: 8 | Loss = 0.{at}\n" for at in range(1, 5)),
        {"Loss": [(at, at / 10) for at in range(1, 5)]},
    ),
    "a line of which a warning shows the source": (
        (
            "a.py:3: UserWarning: slow\n  return f(x)\n"
            "100% 7/7 [1:42<00:00,  3.13s/it]{'mrr': np.float64(0.25), 'hits@1': np.float64(0.5)}\n"
        ),
        {"mrr": [(7, 0.25)], "hits@1": [(7, 0.5)]},
    ),
    "how many there are of a split": (
        "Epoch 3: Test [99 samples] Loss 0.125\nEpoch 4: Test [99 samples] Loss 0.0625\n",
        {"test/Loss": [(3, 0.125), (4, 0.0625)]},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_log_of_each_kind_gives_its_curves(kind: str) -> None:
    """All of them, and nothing else."""
    text, expected = KINDS[kind]
    assert curves(rows_of(text)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_in_a_log_of_each_kind_changes_nothing(kind: str) -> None:
    """Fed in pieces of seven bytes, saved and restored between them."""
    text, expected = KINDS[kind]
    assert curves(rows_of(text, list(range(7, len(text.encode()), 7)))) == expected
