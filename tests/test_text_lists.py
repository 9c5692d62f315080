"""Numbers that share a name, names with digits in them, consoles whose header is elsewhere."""

from __future__ import annotations

import pytest
from helpers.text_logs import Curve, curves, rows_of

from tbingest.formats.registry import formats
from tbingest.model.contracts import Head

_BAR = "100%|########| 50/50 [00:05<00:00"
_HEADER = "      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size\n"

KINDS: dict[str, tuple[str, dict[str, Curve]]] = {
    "several numbers follow one name": (
        "".join(f"step:{at * 10:5d}/ 90 loss:0.{at}5 0.{at} 2.5 lr: 0.{at}1\n" for at in range(9)),
        {
            "loss": [(at * 10, float(f"0.{at}5")) for at in range(9)],
            "loss 2": [(at * 10, float(f"0.{at}")) for at in range(9)],
            "loss 3": [(at * 10, 2.5) for at in range(9)],
            "lr": [(at * 10, float(f"0.{at}1")) for at in range(9)],
        },
    ),
    "several numbers follow a bare name": (
        "".join(f"step {at} | rR:mM 0.{at} 0.12 0.9{at} | FPS 10{at} \n" for at in range(1, 9)),
        {
            "rR:mM": [(at, float(f"0.{at}")) for at in range(1, 9)],
            "rR:mM 2": [(at, 0.12) for at in range(1, 9)],
            "rR:mM 3": [(at, float(f"0.9{at}")) for at in range(1, 9)],
            "FPS": [(at, 100 + at) for at in range(1, 9)],
        },
    ),
    "slashes stand between three numbers of one name": (
        "".join(f"[Iter {at}0/90] [D: 0.{at}/0.25/1.{at}] [G: 2.{at}]\n" for at in range(1, 9)),
        {
            "D": [(at * 10, float(f"0.{at}")) for at in range(1, 9)],
            "D 2": [(at * 10, 0.25) for at in range(1, 9)],
            "D 3": [(at * 10, float(f"1.{at}")) for at in range(1, 9)],
            "G": [(at * 10, float(f"2.{at}")) for at in range(1, 9)],
        },
    ),
    "names of measures stand before as many numbers": (
        "".join(f"Epoch {at}\nP R F1: 0.{at} 0.5 0.{at}5\n" for at in range(1, 6)),
        {
            "P": [(at, float(f"0.{at}")) for at in range(1, 6)],
            "R": [(at, 0.5) for at in range(1, 6)],
            "F1": [(at, float(f"0.{at}5")) for at in range(1, 6)],
        },
    ),
    "a mean over the last ones has a capital": (
        "".join(f"Episode {at}, Reward: {at}.5, Last 100 Average: {at}.25\n" for at in range(9)),
        {
            "Reward": [(at, at + 0.5) for at in range(9)],
            "Last 100 Average": [(at, at + 0.25) for at in range(9)],
        },
    ),
    "E is a part of a graph's loss": (
        "".join(f"Epoch {at} finished: X: 0.{at} -- E: 0.{at}5 -- 1.5s\n" for at in range(6)),
        {
            "X": [(at, float(f"0.{at}")) for at in range(6)],
            "E": [(at, float(f"0.{at}5")) for at in range(6)],
        },
    ),
    "a bar of a split in brackets has no rate": (
        "".join(
            f"Epoch {at}/5 [Train]: {_BAR}, loss=0.{at}, dice=0.{at}5]\n"
            f"Epoch {at}/5 [Val]: {_BAR}, loss=1.{at}, dice=0.{at}7]\n"
            for at in range(1, 6)
        ),
        {
            "train/loss": [(at, float(f"0.{at}")) for at in range(1, 6)],
            "train/dice": [(at, float(f"0.{at}5")) for at in range(1, 6)],
            "val/loss": [(at, float(f"1.{at}")) for at in range(1, 6)],
            "val/dice": [(at, float(f"0.{at}7")) for at in range(1, 6)],
        },
    ),
    "steps of an episode stand behind those of the training": (
        "".join(
            f" {at * 50 + at % 3}/5000: episode: {at}, episode steps: {50 + at % 3 * 7},"
            f" episode reward: {at}.5\n"
            for at in range(1, 12)
        ),
        {
            "episode steps": [(at * 50 + at % 3, 50.0 + at % 3 * 7) for at in range(1, 12)],
            "episode reward": [(at * 50 + at % 3, at + 0.5) for at in range(1, 12)],
        },
    ),
    "what was processed counts, its share does not": (
        "".join(
            f"Process {at}00/900({at}.5%) mean objf: -0.{at} over 6400 frames, epoch 0\n"
            for at in range(1, 9)
        ),
        {"mean objf": [(at * 100, float(f"-0.{at}")) for at in range(1, 9)]},
    ),
    "what changes the learning rate tells it": (
        "".join(
            f"Epoch: {at} | Loss: 0.{at}\nUpdating learning rate to 0.0{at}\n" for at in range(1, 6)
        ),
        {
            "Loss": [(at, float(f"0.{at}")) for at in range(1, 6)],
            "learning rate": [(at, float(f"0.0{at}")) for at in range(1, 6)],
        },
    ),
    "a server of federated learning prints a tuple": (
        "".join(
            f"INFO : fit progress: ({at}, 2.{at}, {{'accuracy': 0.{at}}}, 12.5)\n"
            for at in range(1, 6)
        ),
        {
            "loss": [(at, float(f"2.{at}")) for at in range(1, 6)],
            "accuracy": [(at, float(f"0.{at}")) for at in range(1, 6)],
        },
    ),
    "the header of a validation went to another stream": (
        "".join(
            f"\n{_HEADER}                   all        128        929      0.{at}4      0.5"
            f"      0.{at}      0.3\n"
            for at in range(1, 7)
        )
        + "                   car   128   254   0.75   0.5   0.25   0.125\n",
        {
            "metrics/precision(B)": [(at, float(f"0.{at}4")) for at in range(1, 7)],
            "metrics/recall(B)": [(at, 0.5) for at in range(1, 7)],
            "metrics/mAP50(B)": [(at, float(f"0.{at}")) for at in range(1, 7)],
            "metrics/mAP50-95(B)": [(at, 0.3) for at in range(1, 7)],
            "car/precision": [(6, 0.75)],
            "car/recall": [(6, 0.5)],
            "car/mAP50": [(6, 0.25)],
            "car/mAP50-95": [(6, 0.125)],
        },
    ),
    "a rank of several stands before the epoch": (
        "".join(
            f"(0/4) Epoch {at}, batch {part * 50}, loss[loss=0.{at}{part}, over 3.0 frames. ],\n"
            for at in range(1, 4)
            for part in range(3)
        ),
        {
            "loss": [
                ((at - 1) * 150 + part * 50, float(f"0.{at}{part}"))
                for at in range(1, 4)
                for part in range(3)
            ]
        },
    ),
    "the samples in all stand behind the epoch": (
        "".join(
            f"Finished Epoch[{at:2d} of 9]: [Training] ce = 0.{at} * 5; totalSamplesSeen = {at}0\n"
            for at in range(1, 9)
        ),
        {"train/ce": [(at, float(f"0.{at}")) for at in range(1, 9)]},
    ),
    "what was reached is beside the best": (
        "".join(
            f"Epoch {at}, global step {at}00: 'val_wer' reached 0.{9 - at}5 (best 0.25), saving\n"
            for at in range(1, 7)
        ),
        {
            "val/wer": [(at * 100, float(f"0.{9 - at}5")) for at in range(1, 7)],
            "best": [(at * 100, 0.25) for at in range(1, 7)],
        },
    ),
    "trials finish with a value": (
        "".join(
            f"[I 2024-01-01 10:00:00,1{at}] Trial {at} finished with value: 0.{at}5 and parameters:"
            f" {{'x': 1.{at}, 'y': 'a'}}. Best is trial 0 with value: 0.05.\n"
            for at in range(6)
        ),
        {
            "value": [(at, float(f"0.{at}5")) for at in range(6)],
            "x": [(at, float(f"1.{at}")) for at in range(6)],
            "best value": [(at, 0.05) for at in range(6)],
        },
    ),
    "the parts of the data head two columns": (
        "".join(
            f"INFO - lib.trainer - Epoch {at}/5\n"
            "INFO - lib.logger -                        Training |  Validation\n"
            f"INFO - lib.logger - accuracy           |     0.{at}  |     0.{at}5\n"
            f"INFO - lib.logger - loss               |     1.{at}  |     N/A\n"
            for at in range(6)
        ),
        {
            "train/accuracy": [(at, float(f"0.{at}")) for at in range(6)],
            "validation/accuracy": [(at, float(f"0.{at}5")) for at in range(6)],
        },
    ),
    "a summary at the end says again what was said": (
        "".join(f"Epoch {at}: loss 0.{at}\n" for at in range(1, 7))
        + "wandb: Run history:\nwandb:  loss ▁▂▃▄▅█\nwandb: \nwandb: Run summary:\n"
        + "wandb:  loss 0.62128\n",
        {
            "loss": [(at, float(f"0.{at}")) for at in range(1, 7)],
        },
    ),
    "the validation counts the same epochs with a total": (
        "".join(
            f"train ({at}/6) loss: 0.{at} | acc: 0.5\nvalid ({at}/6) loss: 1.{at} | acc: 0.{at}\n"
            for at in range(1, 7)
        ),
        {
            "train/loss": [(at, float(f"0.{at}")) for at in range(1, 7)],
            "train/acc": [(at, 0.5) for at in range(1, 7)],
            "valid/loss": [(at, float(f"1.{at}")) for at in range(1, 7)],
            "valid/acc": [(at, float(f"0.{at}")) for at in range(1, 7)],
        },
    ),
    "steps stand below the episode that took them": (
        "".join(
            f"Episode {at}/9\n  Reward: {at}.5\n  Steps: {40 + at * 7 % 11}\n" for at in range(1, 9)
        ),
        {
            "Reward": [(at, at + 0.5) for at in range(1, 9)],
            "Steps": [(at, 40.0 + at * 7 % 11) for at in range(1, 9)],
        },
    ),
    "a scheduler sets the learning rate": (
        "".join(
            f"Epoch {at}: ExponentialDecay set learning rate to 0.0{at}.\n"
            f"Epoch {at}: loss 0.{at}\n"
            f"Epoch {at:05d}: reducing learning rate of group 0 to 1.{at}e-03.\n"
            for at in range(1, 7)
        ),
        {
            "learning rate": [
                (at, value)
                for at in range(1, 7)
                for value in (float(f"0.0{at}"), float(f"1.{at}e-3"))
            ],
            "loss": [(at, float(f"0.{at}")) for at in range(1, 7)],
        },
    ),
    "a header has two lines, and cells are empty": (
        "|==========|\n"
        "|  Epoch  |  Iteration  |  Time Elapsed  |  Mini-batch  |  Validation  |  Mini-batch  |\n"
        "|         |             |   (hh:mm:ss)   |   Accuracy   |   Accuracy   |     Loss     |\n"
        "|==========|\n"
        + "".join(
            f"|       1 |  {at * 10} |   00:00:0{at} |  1{at}.50% | {cell} |   2.{at} |\n"
            for at in range(1, 9)
            for cell in (f"2{at}.50%" if at % 4 == 0 else "      ",)
        ),
        {
            "Mini-batch Accuracy": [(at * 10, 10.5 + at) for at in range(1, 9)],
            "validation/Accuracy": [(at * 10, 20.5 + at) for at in (4, 8)],
            "Mini-batch Loss": [(at * 10, float(f"2.{at}")) for at in range(1, 9)],
        },
    ),
    "a header has two lines of words, and rows begin with fractions": (
        "average  since         example        example  current  current  current\n"
        "loss     last          counter         weight    label  predict features\n"
        + "".join(
            f"0.{at}00000 0.{at}50000 {2**at:12d} {2**at:12d}.0   1.0000   0.{at}000       5{at}\n"
            for at in range(1, 9)
        ),
        {
            "average loss": [(2**at, at / 10) for at in range(1, 9)],
            "since last": [(2**at, float(f"0.{at}5")) for at in range(1, 9)],
            "example weight": [(2**at, 2**at) for at in range(1, 9)],
            "label": [(2**at, 1) for at in range(1, 9)],
            "predict": [(2**at, at / 10) for at in range(1, 9)],
            "features": [(2**at, 50 + at) for at in range(1, 9)],
        },
    ),
    "rows of fractions stand between those that count": (
        "".join(f"{at} 6.2{at}\n\t 0.5{at} 5.7{at}\n" for at in range(1, 9)),
        {"value": [(at, float(f"6.2{at}")) for at in range(1, 9)]},
    ),
    "a title between lines that are drawn counts without a word for it": (
        "".join(
            f"INFO - __main__ -   ***** Eval results {at}00 *****\n"
            f"INFO - __main__ -     acc = 0.{at}\nINFO - __main__ -     f1 = 0.{at}5\n"
            for at in range(1, 6)
        ),
        {
            "eval/acc": [(at * 100, float(f"0.{at}")) for at in range(1, 6)],
            "eval/f1": [(at * 100, float(f"0.{at}5")) for at in range(1, 6)],
        },
    ),
    "clients and layers have numbers of their own": (
        "".join(
            f"round {at} global acc 0.{at}\n  client 3 acc 0.3{at}\n  client 7 acc 0.7{at}\n"
            for at in range(1, 6)
        ),
        {
            "global acc": [(at, float(f"0.{at}")) for at in range(1, 6)],
            "client 3 acc": [(at, float(f"0.3{at}")) for at in range(1, 6)],
            "client 7 acc": [(at, float(f"0.7{at}")) for at in range(1, 6)],
        },
    ),
    "a title says what the table below it is for": (
        "".join(
            f"INFO: iter: {at}00 loss: 1.{at}\nEvaluation results for bbox:\n"
            "|  AP   |  AP50  |  AP75  |\n|:-----:|:------:|:------:|\n"
            f"| 1{at}.5 | 2{at}.5 | 3{at}.5 |\nEvaluation results for segm:\n"
            "|  AP   |  AP50  |  AP75  |\n|:-----:|:------:|:------:|\n"
            f"| 4{at}.5 | 5{at}.5 | 6{at}.5 |\n"
            for at in range(1, 5)
        ),
        {
            "loss": [(at * 100, float(f"1.{at}")) for at in range(1, 5)],
            **{
                name: [(at * 100, first + 0.5 + at) for at in range(1, 5)]
                for name, first in (
                    ("bbox/AP", 10),
                    ("bbox/AP50", 20),
                    ("bbox/AP75", 30),
                    ("segm/AP", 40),
                    ("segm/AP50", 50),
                    ("segm/AP75", 60),
                )
            },
        },
    ),
    "a reward is over so many episodes": (
        "".join(
            f"Total numsteps: {at}00 Episode: {at} Reward: {at}.5\n"
            f"Evaluation over 10 episodes: {at}.25\n"
            for at in range(1, 7)
        ),
        {
            "Reward": [(at * 100, at + 0.5) for at in range(1, 7)],
            "eval/over 10 episodes": [(at * 100, at + 0.25) for at in range(1, 7)],
        },
    ),
    "what a mean has become is followed by how it changed": (
        "".join(
            f"STEP: {at}\n | > loss: 0.{at} (0.{at}5)\n | > avg_loss: 1.{at} (-0.1)\n"
            for at in range(1, 7)
        ),
        {
            "loss": [(at, float(f"0.{at}")) for at in range(1, 7)],
            "loss/avg": [(at, float(f"0.{at}5")) for at in range(1, 7)],
            "avg_loss": [(at, float(f"1.{at}")) for at in range(1, 7)],
        },
    ),
    "a person is no file": (
        "".join(
            f"Epoch {at}/6 - loss: 0.{at}\n  car         : 0.{at}\n  person      : 1.{at}\n"
            for at in range(1, 7)
        ),
        {
            "loss": [(at, float(f"0.{at}")) for at in range(1, 7)],
            "car": [(at, float(f"0.{at}")) for at in range(1, 7)],
            "person": [(at, float(f"1.{at}")) for at in range(1, 7)],
        },
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_values_that_share_a_name_are_all_read(kind: str) -> None:
    """Every curve of the log is there, and no other."""
    text, expected = KINDS[kind]
    assert curves(rows_of(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "".join(
            f"1|{at}|Loss: 0.{at}1351: {at}%|#  | {at}/9 [00:0{at}<00:10]\n" for at in range(9)
        ),
        "Parameters: 47,488\n"
        + "".join(f"Epoch {at}: Train Loss = 0.{at}, Val MSE = 0.{at}5\n" for at in range(9)),
        "epoch       main/loss   validation/main/loss\n"
        + "".join(f"\x1b[J{at:<10d}  0.{at}25       1.{at}25\n" for at in range(1, 9)),
    ],
)
def test_lines_of_a_log_are_no_rows_of_a_table(text: str) -> None:
    """A bar between strokes and lines with one comma are text, though each has as many cells."""
    head = Head("train.log", text.encode(), len(text.encode()))
    found = {name: known.detect(head).confidence for name, known in formats().items()}
    assert max(found, key=lambda name: found[name]) == "text"
