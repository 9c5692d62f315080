"""Sections, settings beside results, and names that hold numbers: what each line says."""

from __future__ import annotations

import pytest
from helpers.readers import taken_for
from helpers.text_logs import Curve, curves, rows_of

from tbingest.formats.readers.records import RUN

KINDS: dict[str, tuple[str, dict[str, Curve]]] = {
    "a framed title names the model of the scores below it": (
        (
            "=== Random Forest ===\nAccuracy: 0.875\nF1: 0.75\nAUC: 0.5\nRecall: 0.25\n\n"
            "=== Boosting ===\nAccuracy: 0.75\nF1: 0.625\nAUC: 0.25\nRecall: 0.125\n"
        ),
        {
            "Random Forest/Accuracy": [(0, 0.875)],
            "Random Forest/F1": [(0, 0.75)],
            "Random Forest/AUC": [(0, 0.5)],
            "Random Forest/Recall": [(0, 0.25)],
            "Boosting/Accuracy": [(0, 0.75)],
            "Boosting/F1": [(0, 0.625)],
            "Boosting/AUC": [(0, 0.25)],
            "Boosting/Recall": [(0, 0.125)],
        },
    ),
    "a final score in per cent may be round": (
        "Cost after iteration 0: 0.75\nCost after iteration 100: 0.5\ntest accuracy: 70.0 %\n",
        {"Cost": [(0, 0.75), (100, 0.5)], "test/accuracy": [(100, 70.0)]},
    ),
    "a whole number in brackets is no mean of a broken one": (
        "".join(f"{at}:\tlearn: 0.5{at}\tbest: 0.25{at} ({at})\n" for at in range(6)),
        {
            "learn": [(at, float(f"0.5{at}")) for at in range(6)],
            "best": [(at, float(f"0.25{at}")) for at in range(6)],
        },
    ),
    "a window in brackets is a part of the name": (
        "".join(f"Ep {at} | AvgR(100)  {at}.5 | Loss 0.5{at}\n" for at in range(6)),
        {
            "AvgR": [(at, at + 0.5) for at in range(6)],
            "Loss": [(at, float(f"0.5{at}")) for at in range(6)],
        },
    ),
    "what is called steps but rises and falls is a value": (
        "".join(f"Ep {at} | Reward {at}.5 | Steps {at * 37 % 11}\n" for at in range(12)),
        {
            "Reward": [(at, at + 0.5) for at in range(12)],
            "Steps": [(at, float(at * 37 % 11)) for at in range(12)],
        },
    ),
    "a letter that counts elsewhere is a fraction here": (
        "".join(f"episode: {at}/99, score: {at * 3}, e: 0.{90 - at}\n" for at in range(6)),
        {
            "score": [(at, at * 3.0) for at in range(6)],
            "e": [(at, float(f"0.{90 - at}")) for at in range(6)],
        },
    ),
    "a long list in quotes has no first value": (
        "".join(
            f"[epoch: {at}]\nIoU: {[f'{at}.{one}' for one in range(20)]}\nmean IoU: {at}.5\n"
            for at in range(4)
        ),
        {"mean IoU": [(at, at + 0.5) for at in range(4)]},
    ),
    "a word that a number counts begins no name": (
        "第1/9轮 损失:0.5\n第2/9轮 损失:0.25\n",
        {"损失": [(1, 0.5), (2, 0.25)]},
    ),
    "an owner in brackets stands in front of what two of them have": (
        "".join(f"Epoch {at}: [Big] loss {at}.5 [Small] loss {at}.25\n" for at in range(4)),
        {
            "Big/loss": [(at, at + 0.5) for at in range(4)],
            "Small/loss": [(at, at + 0.25) for at in range(4)],
        },
    ),
    "two means in one name are two values": (
        "".join(f"Update {at}: mean/median reward {at}.5/{at}.25\n" for at in range(4)),
        {
            "mean reward": [(at, at + 0.5) for at in range(4)],
            "median reward": [(at, at + 0.25) for at in range(4)],
        },
    ),
    "parts of a test are told apart": (
        "Epoch 1 | loss 0.5\nEpoch 2 | loss 0.25\ntest-clean: WER 8.5\ntest-other: WER 19.5\n",
        {
            "loss": [(1, 0.5), (2, 0.25)],
            "test-clean/WER": [(2, 8.5)],
            "test-other/WER": [(2, 19.5)],
        },
    ),
    "a title of training in the middle labels no lines that count": (
        "".join(
            f"Epoch {at}\n"
            + "".join(f"batch {20 * one} of 60. took: {at}.5\n" for one in range(1, 4))
            + f"Loss: {at}.25\nTraining...\n"
            for at in range(1, 4)
        ),
        {
            "took": [((at - 1) * 60 + 20 * one, at + 0.5) for at in (1, 2, 3) for one in (1, 2, 3)],
            "Loss": [(at, at + 0.25) for at in range(1, 4)],
        },
    ),
    "how many the last ones are is a part of the name": (
        "".join(f"Iteration {at}: Average Score over last 100: {at}.5\n" for at in range(1, 7)),
        {"Average Score over last 100": [(at, at + 0.5) for at in range(1, 7)]},
    ),
    "a rate is not a counter": (
        "".join(f"words/sec: {at + 900} lr: 0.5{at} avg.loss: {at}.5\n" for at in range(6)),
        {
            "words/sec": [(at + 1, at + 900.0) for at in range(6)],
            "lr": [(at + 1, float(f"0.5{at}")) for at in range(6)],
            "avg.loss": [(at + 1, at + 0.5) for at in range(6)],
        },
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
    text, _ = KINDS[kind]
    cuts = range(7, len(text.encode()), 7)
    assert curves(rows_of(text, list(cuts))) == curves(rows_of(text))


def test_settings_as_json_above_a_log_are_not_the_log() -> None:
    """The lines below them are the log, though each begins with a list: `[20]`."""
    lines = "".join(f"[{at}]\tvalid's auc: 0.5{at}\n" for at in range(20, 90, 10))
    text = '{\n "learning_rate": 0.25,\n "num_leaves": 10\n}\n' + lines
    assert taken_for(text, "folds.log") == "text"


def test_lines_of_nothing_but_counters_say_no_values() -> None:
    """As an engine prints of its memory: `peak usage frame count: [16.0 MB-32.0 MB]: 26 frames`."""
    counts = (26, 3, 17, 5, 30, 2)
    text = "".join(
        f"peak frame count: [{at}.0 MB-{at}.5 MB]: {n} frames\n" for at, n in enumerate(counts)
    )
    assert curves(rows_of(text)) == {}


def test_the_line_of_a_module_in_brackets_is_no_value() -> None:
    """`train.py[line:12]`, as many configure their logger."""
    text = "".join(
        f"2026-01-01 10:00:0{at},1 - train.py[line:{12 + at % 2}] - INFO: Epoch {at} loss: 0.{at}\n"
        for at in range(1, 6)
    )
    assert curves(rows_of(text)) == {"loss": [(at, at / 10) for at in range(1, 6)]}


def test_trainings_are_counted_by_their_number_and_not_by_the_best_of_them() -> None:
    """Each subject is trained several times; the best of these is told below."""
    text = "".join(
        "".join(f"Subject: {who}   Train no. {at}   acc: 0.{who}{at}\n" for at in range(1, 6))
        + f"Subject: {who}   best_run: {who}   acc: 0.{who}5\n"
        for who in range(1, 4)
    )
    found = rows_of(text)
    runs = {run for rows in found for run in rows.columns.get(RUN, [""])}
    assert curves(found)["acc"] == [
        (at, float(f"0.{who}{at}")) for who in range(1, 4) for at in range(1, 6)
    ]
    assert len(runs) == 3


def test_values_below_batches_are_not_of_the_epoch_that_ended_before() -> None:
    """They stand where the last batch does, above the line that ends their own epoch."""
    text = "".join(
        "".join(f"[epoch: {epoch}/9, iter: {at}/40] total: 0.{at}5\n" for at in range(0, 40, 10))
        + f"Validation accuracy: 0.{epoch}\nEnd of epoch {epoch} / 9 \t Time Taken: {epoch}.5 sec\n"
        for epoch in range(3, 9)
    )
    found = curves(rows_of(text))
    assert [at for at, _ in found["validation/accuracy"]] == [at for at, _ in found["total"]][3::4]


def test_an_epoch_in_a_sentence_is_no_part_of_the_epoch_above_it() -> None:
    """`Best was 0.5 at epoch 3` below `Epoch 5/9`."""
    text = "".join(
        f"Epoch {at}/9:\nTrain Loss: 0.{at}5\nVal Loss: 0.{at}\n"
        + (f"Val loss did not decrease. Best was 0.{at - 1} at epoch {at - 1}.\n" if at % 2 else "")
        for at in range(2, 10)
    )
    found = curves(rows_of(text))
    assert found["val/Loss"] == [(at, at / 10) for at in range(2, 10)]
    assert all(step < 10 for curve in found.values() for step, _ in curve)


def test_what_a_share_is_of_counts_nothing() -> None:
    """In any script; nor does a step of the preparation, `[4/6]`, that is told once."""
    text = "[4/6] 直近2〜3走の安定性...\n" + "".join(
        "".join(f"[{at}]\tvalid_0's ndcg@1: 0.{at + of}\n" for at in range(50, 251, 50))
        + f"  的中率: {of}.5%  ({of}05/1000レース)\n"
        for of in (30, 60)
    )
    found = curves(rows_of(text))
    assert found["valid_0/ndcg@1"] == [
        (at, float(f"0.{at + of}")) for of in (30, 60) for at in range(50, 251, 50)
    ]
    assert found["的中率"] == [(250, 30.5), (250, 60.5)]


def test_the_runtime_of_tensorflow_measures_nothing() -> None:
    """It tells of its buffers and devices."""
    told = "2026-01-01 10:00:00.1: I tensorflow/core/kernels/data/op.cc:4] Filling: {} of -2\n"
    text = "".join(f"Epoch {at} loss: 0.{at}\n{told.format(1740 + at)}" for at in range(1, 7))
    assert curves(rows_of(text)) == {"loss": [(at, at / 10) for at in range(1, 7)]}
