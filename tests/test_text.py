"""Text logs: which lines of which style give which values, however the bytes arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from helpers.text_logs import Curve, curves, rows_of
from helpers.work import assert_linear
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tbingest
from tbingest.formats.readers import lines
from tbingest.formats.readers.terminal import NUMBER, iso_stamp, shown, to_float
from tbingest.formats.registry import evidence, format_of
from tbingest.model.contracts import Head
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from pathlib import Path

STYLES: dict[str, tuple[str, dict[str, Curve]]] = {
    "a step that starts again with each epoch is global": (
        "Epoch [1/3], Step [10/20], Loss: 2.5\nEpoch [2/3], Step [10/20], Loss: 1.5\n",
        {"Loss": [(10, 2.5), (30, 1.5)]},
    ),
    "epochs may count from 0": (
        "Epoch: [0][10/20]\tLoss 6.9 (7.0)\nEpoch: [1][10/20]\tLoss 5.9 (6.0)\n",
        {"Loss": [(10, 6.9), (30, 5.9)], "Loss/avg": [(10, 7.0), (30, 6.0)]},
    ),
    "a log that begins in its second epoch": (
        "Epoch [2/2], Step [1/20], Loss: 2.5\nEpoch [2/2], Step [2/20], Loss: 2.0\n",
        {"Loss": [(21, 2.5), (22, 2.0)]},
    ),
    "without a length, an epoch is as long as the first": (
        (
            "Epoch 0, Step 50, loss is 3.0\nEpoch 0, Step 100, loss is 2.0\n"
            "Epoch 1, Step 50, loss is 1.0\n"
        ),
        {"loss": [(50, 3.0), (100, 2.0), (150, 1.0)]},
    ),
    "a step that goes on over epochs stays": (
        "epoch: 1, iter: 10/50, loss: 2.0\nepoch: 2, iter: 20/50, loss: 1.0\n",
        {"loss": [(10, 2.0), (20, 1.0)]},
    ),
    "nanoGPT": (
        (
            "step 0: train loss 4.45, val loss 4.44\n"
            "iter 1: loss 4.4, time 193.77ms, mfu -100.00%\n"
            "iter 2: loss 4.3, time 93.77ms, mfu 5.50%\n"
        ),
        {
            "train/loss": [(0, 4.45)],
            "val/loss": [(0, 4.44)],
            "loss": [(1, 4.4), (2, 4.3)],
            "time": [(1, 193.77), (2, 93.77)],
            "mfu": [(1, -100.0), (2, 5.5)],
        },
    ),
    "build-nanogpt": (
        "0 val 10.93\n0 train 10.5\n1 train 9.5\n",
        {
            "val": [(0, 10.93)],
            "train": [(0, 10.5), (1, 9.5)],
        },
    ),
    "llm.c": (
        "s:0 tel:10.9\ns:0 trl:10.5\ns:1 trl:9.5\n",
        {
            "tel": [(0, 10.9)],
            "trl": [(0, 10.5), (1, 9.5)],
        },
    ),
    "Megatron, with an iteration that overflowed": (
        (
            " iteration        2/    1000 | consumed samples:         2048 | elapsed time"
            " per iteration"
            " (ms): 128.5 | loss scale: 4294967296.0 | number of nan iterations:   0 |\n"
            " iteration       10/    1000 | consumed samples:         4096 | elapsed time"
            " per iteration"
            " (ms): 127.5 | lm loss: 1.98E+01 | loss scale: 12.0 | number of nan"
            " iterations:   0 |\n"
        ),
        {
            "elapsed time per iteration": [(2, 128.5), (10, 127.5)],
            "loss scale": [(2, 4294967296.0), (10, 12.0)],
            "lm loss": [(10, 19.8)],
        },
    ),
    "DeepSpeed": (
        (
            "[2023-01-02 12:34:56,123] [INFO] [logging.py:96:log_dist] [Rank 0] step=10, skipped=0,"
            " lr=[0.001, 0.001], mom=[(0.9, 0.999)]\n"
        ),
        {
            "skipped": [(10, 0.0)],
            "lr/0": [(10, 0.001)],
            "lr/1": [(10, 0.001)],
            "mom/0": [(10, 0.9)],
            "mom/1": [(10, 0.999)],
        },
    ),
    "Marian": (
        (
            "[2019-03-25 14:25:38] Ep. 1 : Up. 5000 : Sen. 123,456 : Cost 5.2 : Time 10.1s :"
            " 9000 words/s\n[2019-03-25 14:26:38] [valid] Ep. 1 : Up. 5000 : bleu-detok : 1.98 :"
            " new best\n"
        ),
        {
            "Cost": [(5000, 5.2)],
            "valid/bleu-detok": [(5000, 1.98)],
        },
    ),
    "Caffe": (
        (
            "I0301 12:34:56.789012  1234 solver.cpp:337] Iteration 500, Testing net (#0)\n"
            "I0301 12:34:57.789012  1234 solver.cpp:404]     Test net output #0: accuracy = 0.97\n"
            "I0301 12:34:58.789012  1234 solver.cpp:228] Iteration 600, loss = 8.89\n"
        ),
        {"test/accuracy": [(500, 0.97)], "loss": [(600, 8.89)]},
    ),
    "GluonCV": (
        "[Epoch 033] validation: acc-top1=54.4 acc-top5=77.1\n",
        {"validation/acc-top1": [(33, 54.4)], "validation/acc-top5": [(33, 77.1)]},
    ),
    "Coqui, values over several lines": (
        (
            " --> STEP: 25/35 -- GLOBAL_STEP: 1000025\n     | > loss: 2.1  (2.3)\n"
            "     | > current_lr: 0.01\n"
        ),
        {
            "loss": [(1000025, 2.1)],
            "loss/avg": [(1000025, 2.3)],
        },
    ),
    "PaddleOCR": (
        (
            "[2022/01/02 12:34:56] ppocr INFO: epoch: [1/500], global_step: 10, lr: 0.1,"
            " loss: 25.5,"
            " ips: 128.1 samples/s, eta: 1:02:03\n"
        ),
        {"lr": [(10, 0.1)], "loss": [(10, 25.5)], "ips": [(10, 128.1)]},
    ),
    "XGBoost": (
        "[0]\ttrain-logloss:0.59\teval-logloss:0.6\n[1]\ttrain-logloss:0.5\teval-logloss:0.55\n",
        {"train/logloss": [(0, 0.59), (1, 0.5)], "eval/logloss": [(0, 0.6), (1, 0.55)]},
    ),
    "LightGBM": (
        "[5]\ttraining's auc: 0.9\tvalid_1's auc: 0.8\n",
        {"training/auc": [(5, 0.9)], "valid_1/auc": [(5, 0.8)]},
    ),
    "Ignite": (
        (
            "2026-11-23 03:14:40,614 trainer INFO: Epoch[1], Iter[4] Loss: 0.48\n"
            "2026-11-23 03:14:40,626 trainer INFO: Training Results - Epoch: 1  Avg"
            " accuracy: 0.941\n"
        ),
        {"Loss": [(4, 0.48)], "train/Avg accuracy": [(1, 0.941)]},
    ),
    "ESPnet": (
        (
            "[host] 2023-01-02 12:34:56,789 (trainer:732) INFO: 1epoch:train:1-100batch: loss=60.2,"
            " acc=0.3\n[host] 2023-01-02 13:34:56,789 (trainer:338) INFO: 1epoch results: [train]"
            " wer=40.2, time=10 minutes and 20.5 seconds, [valid] loss=30.2\n"
        ),
        {
            "train/loss": [(100, 60.2)],
            "train/acc": [(100, 0.3)],
            "train/wer": [(1, 40.2)],
            "train/time": [(1, 620.5)],
            "valid/loss": [(1, 30.2)],
        },
    ),
    "Kaldi": (
        (
            "LOG (nnet3-train[5.5]:x():nnet-training.cc:280) Average objective function for"
            " 'output'"
            " for minibatches 90-99 is -0.125 over 6400 frames.\n"
        ),
        {"output": [(99, -0.125)]},
    ),
    "Darknet": (
        " 1: 1137.5, 1130.5 avg, 0.001 rate, 5.25 seconds, 64 images\n",
        {
            "loss": [(1, 1137.5)],
            "avg loss": [(1, 1130.5)],
            "rate": [(1, 0.001)],
            "time": [(1, 5.25)],
        },
    ),
    "OpenNMT": (
        (
            "[2019-01-02 12:34:56,789 INFO] Step 50/100000; acc:   3.92; ppl: 123.5; lr: 0.01;"
            " 1333/1888 tok/s;     23 sec\n"
        ),
        {"acc": [(50, 3.92)], "ppl": [(50, 123.5)], "lr": [(50, 0.01)]},
    ),
    "MMEngine": (
        (
            "01/02 12:34:56 - mmengine - INFO - Epoch(train)  [1][ 50/200]  lr: 1.0e-02 "
            " loss: 0.9\n"
            "01/02 12:35:57 - mmengine - INFO - Epoch(val) [1][10/10]    accuracy/top1: 88.1\n"
        ),
        {
            "train/lr": [(50, 0.01)],
            "train/loss": [(50, 0.9)],
            "val/accuracy/top1": [(1, 88.1)],
        },
    ),
    "timm": (
        "Train: 0 [  50/1251 (  4%)]  Loss: 6.95 (6.94)\nTest: [  48/48]  Acc@1: 70.1 (69.1)\n",
        {
            "train/Loss": [(50, 6.95)],
            "train/Loss/avg": [(50, 6.94)],
            "test/Acc@1": [(50, 70.1)],
            "test/Acc@1/avg": [(50, 69.1)],
        },
    ),
    "TensorFlow's estimator": (
        "INFO:tensorflow:loss = 2.5, step = 100 (8.1 sec)\n",
        {"loss": [(100, 2.5)]},
    ),
    "absl": (
        "I0725 12:34:56.789012 140 logging_writer.py:48] [100] loss=2.5, lr=0.5\n",
        {"loss": [(100, 2.5)], "lr": [(100, 0.5)]},
    ),
    "no newline between fields": (
        'Epoch: 1/30Time Taken: 141.41s - LR: 9.98e-05f"Train Loss: 7.2916 - Valid Loss: 6.5\n',
        {
            "LR": [(1, 9.98e-05)],
            "train/Loss": [(1, 7.2916)],
            "valid/Loss": [(1, 6.5)],
        },
    ),
    "JSON inside a line": (
        'INFO:root:{"step": 5, "loss": 0.5, "lr": "1e-3"}\n',
        {"loss": [(5, 0.5)], "lr": [(5, 0.001)]},
    ),
    "a Python dict": ("{'step': 5, 'loss': 0.5}\n", {"loss": [(5, 0.5)]}),
    "a bar that is overwritten says what it said last": (
        (
            "Epoch 2:  50%|#####     | 5/10 [00:01<00:01,  5.0it/s, loss=0.9]\r"
            "Epoch 2: 100%|##########| 10/10 [00:02<00:00,  5.0it/s, loss=0.7]\n"
            "Epoch 3:  40%|####      | 4/10 [00:01<00:01,  5.0it/s, loss=0.6]\n"
        ),
        {"loss": [(2, 0.7), (3, 0.6)]},
    ),
    "colours and backspaces": (
        "\x1b[32mstep 1\x1b[0m loss: 0.9\b\b\b0.5\nstep 2 loss: \x1b[1m0.25\x1b[0m\n",
        {"loss": [(1, 0.5), (2, 0.25)]},
    ),
    "a duration in seconds, NaN and infinities": (
        "step 1 time: 0:16:09 loss: nan\nstep 2 time: 1 day, 0:00:10 loss: -inf\n",
        {"time": [(1, 969.0), (2, 86410.0)], "loss": [(1, float("nan")), (2, float("-inf"))]},
    ),
    "names with digits are no numbers": (
        "step 1: mAP50: 0.5 mAP_0.5: 0.25 acc-top1: 0.75 Hits@10: 0.125\n",
        {
            "mAP50": [(1, 0.5)],
            "mAP_0.5": [(1, 0.25)],
            "acc-top1": [(1, 0.75)],
            "Hits@10": [(1, 0.125)],
        },
    ),
    "an episode's own steps are a value": (
        "Episode 7 | Step: 200 | Reward: 10.5\n",
        {"Step": [(7, 200.0)], "Reward": [(7, 10.5)]},
    ),
    "a tag that counts in two units has two names": (
        "epoch: 1, step: 5, loss: 0.5\nepoch: 1, loss: 0.75\n",
        {"loss": [(5, 0.5)], "epoch/loss": [(1, 0.75)]},
    ),
}

NO_VALUES = {
    "prose": "We trained for 3 epochs with batch size 32. The loss went to 0.4 in step 12.\n",
    "a config": "epochs: 100\nbatch_size: 32\nlr: 0.001\nsteps: 500\n",
    "a config after a counter": "step 5\n\n\n\n\n\nignore_index: 255\nmomentum: 0.9\n",
    "source code": 'for step in range(10):\n    loss = 0.5\n    print(f"step: 5 loss: 0.5")\n',
    "a saved file": "Saving model to /tmp/epoch_3.pt at step 500\n",
    "a traceback": '  File "train.py", line 12, in <module>\n    self.step = 5, loss = 3\n',
}


@pytest.mark.parametrize("style", STYLES)
def test_a_line_of_each_style_gives_its_values(style: str) -> None:
    """Steps, tags and values of a small log in the style."""
    text, expected = STYLES[style]
    got = curves(rows_of(text))
    assert repr(got) == repr(got | expected)  # NaN is not equal to itself
    assert set(got) == set(expected)
    for tag, points in expected.items():
        np.testing.assert_array_equal(np.asarray(got[tag]), np.asarray(points))


@pytest.mark.parametrize("case", NO_VALUES)
def test_what_is_no_log_gives_nothing(case: str) -> None:
    """Prose, configs and source code hold numbers that are no metrics."""
    assert curves(rows_of(NO_VALUES[case])) == {}


@given(st.sampled_from(sorted(STYLES)), st.lists(st.integers(0, 400), max_size=6))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_cutting_of_the_bytes_gives_the_same(style: str, cuts: list[int]) -> None:
    """Also where reading is taken up from a saved state at each cut."""
    data = (STYLES[style][0] * 3).encode()
    whole = curves(rows_of(data))
    assert repr(curves(rows_of(data, [cut % len(data) for cut in cuts]))) == repr(whole)


def test_a_number_that_is_cut_in_its_exponent_is_none() -> None:
    whole = "step 1: kl=6.5e-12, loss=2.5\nstep 2: kl=7.5e-13, loss=1.5\n"
    assert curves(rows_of(whole + "step 3: kl=6.4e-"))["kl"] == [(1, 6.5e-12), (2, 7.5e-13)]


def bar(size: int) -> bytes:
    """A training that is one line: a bar that writes over itself."""
    states = "".join(f"\r{at}/{size} [====>.....] - loss: 0.{at:04d}" for at in range(1, size + 1))
    return f"Epoch 1/1\n{states}\nval loss: 0.5\n".encode()


@given(st.lists(st.integers(0, 20_000), max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_line_that_is_written_over_for_long_is_cut_between_its_states(cuts: list[int]) -> None:
    """As a whole it would be too long for a line."""
    data = bar(400)
    whole = curves(rows_of(data))
    assert len(whole["loss"]) == 400
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "MAX_LINE", 2_000)
        assert curves(rows_of(data, [*range(0, len(data), 900), *cuts])) == whole


@pytest.mark.parametrize("style", STYLES)
def test_a_line_is_read_alike_by_search_and_one_by_one(style: str) -> None:
    """Lines of a known shape are found by a pattern; it gives what splitting the line gives."""
    text = STYLES[style][0]
    one_by_one: dict[str, Curve] = {}
    data = text.encode() * 4
    ends = [place + 1 for place, byte in enumerate(data) if byte == 10]
    one_by_one = curves(rows_of(data, ends))
    assert repr(one_by_one) == repr(curves(rows_of(data)))


@given(st.text("0123456789.,:-+eEnaif step=lo[]()/%|\t\r\b\x1bms\n", max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_text_makes_the_reader_fail(text: str) -> None:
    """Whatever the characters: rows, problems or nothing."""
    for item in rows_of(text):
        assert isinstance(item, Rows | Problem)


@pytest.mark.parametrize(
    "text",
    [
        "1" * 200_000,
        "1:" * 100_000,
        "-" * 200_000,
        "a=" * 100_000,
        "step 1 " + "(" * 100_000,
        "1,111" * 40_000,
        "nan" * 60_000,
        " " * 200_000 + "x",
        "1a" * 100_000,
        "'" * 100_000 + ": 1",
        "{" * 50_000 + "'epoch': 1",
        "\x1b[" * 100_000,
        "50%|" * 50_000,
    ],
)
@pytest.mark.parametrize("form", ["text", "keras-console", "fairseq"])
def test_no_line_takes_long(text: str, form: str) -> None:
    """The patterns are linear, however hostile a line is."""

    def shorter(length: int) -> str:
        return text[: -(-length // 2)] + text[len(text) - length // 2 :]

    assert_linear(shorter, lambda line: rows_of(f"{line}\nstep 1 loss: 2\n", form=form), len(text))


def test_a_terminal_shows_the_last_state() -> None:
    """Carriage returns, backspaces, colours."""
    assert shown("a\rb\x1b[1mc\x1b[0m\r") == "bc"
    assert shown("1/2\b\b\b2/2") == "2/2"


def test_numbers_and_what_only_looks_like_them() -> None:
    """Dates, durations, thousands, exponents; no parts of words, versions or addresses."""
    text = "1 -2.5 3e-4 1,234,567 0:16:09 4h 26m 12s 2026-11-23 03:14:40,610 nan v1.2.3 10.0.0.1 x5"
    found = NUMBER.split(text)[1::2]
    assert found == [
        *("1", "-2.5", "3e-4", "1,234,567", "0:16:09", "4h 26m 12s"),
        *("2026-11-23 03:14:40,610", "nan"),
    ]
    assert [to_float(part) for part in found[:6]] == [1, -2.5, 3e-4, 1234567, 969, 15972]
    assert iso_stamp(found[6]) == "2026-11-23T03:14:40.610"


def test_keras_tells_each_epoch_once_and_evaluates_aside() -> None:
    """Bars that were not full give nothing; a bar without a heading is an evaluate()."""
    text = (
        "Epoch 1/2\n 5/10 [==>...] - 0s 3ms/step - loss: 0.9\n"
        "10/10 [=====] - 1s 4ms/step - loss: 0.5 - val_loss: 0.6\n"
        "10/10 [=====] - 0s 1ms/step - loss: 0.4\n"
        "Epoch 2/2\n10/10 - 1s - loss: 0.25 - val_loss: nan - 1s/epoch - 100ms/step\n"
    )
    assert repr(curves(rows_of(text, form="keras-console"), "epoch")) == repr(
        {
            "loss": [(0, 0.5), (1, 0.25)],
            "val_loss": [(0, 0.6), (1, float("nan"))],
            "evaluate/loss": [(0, 0.4)],
        }
    )


def test_scores_among_the_bars_of_keras_are_read() -> None:
    """Of a callback in each epoch, and of the whole training at its end; no sentences, settings."""
    text = "".join(
        f"Epoch {at}/2\n10/10 [=====] - 1s 4ms/step - loss: 0.{at}\n"
        f"Epoch 0000{at}: val_loss improved from 0.9 to 0.{at}5, saving model to best.h5\n"
        f" — val_f1: 0.{at}1 — val_recall: 0.{at}2\nlr: 0.001\n"
        for at in (1, 2)
    )
    text += (
        "Test loss: 0.35\nTest accuracy: 0.88\nSaved 12 files\n"
        "              precision    recall  f1-score   support\n\n"
        "           0       0.50      0.75      0.60       100\n\n"
        "   macro avg       0.50      0.75      0.60       100\n"
    )
    expected = {
        "loss": [(0, 0.1), (1, 0.2)],
        "said/val/f1": [(0, 0.11), (1, 0.21)],
        "said/val/recall": [(0, 0.12), (1, 0.22)],
        "said/test/loss": [(1, 0.35)],
        "said/test/accuracy": [(1, 0.88)],
        "said/macro avg/precision": [(1, 0.5)],
        "said/macro avg/recall": [(1, 0.75)],
        "said/macro avg/f1-score": [(1, 0.6)],
    }
    assert curves(rows_of(text, form="keras-console"), "epoch") == expected
    cuts = list(range(9, len(text.encode()), 9))
    assert curves(rows_of(text, cuts, form="keras-console"), "epoch") == expected


def test_a_full_bar_of_keras_that_stands_again_is_the_epochs_own() -> None:
    """Keras 3 shows it with 0 s to go before callbacks print, and once more at the end."""
    text = "".join(
        f"Epoch {at}/2\n10/10 ━━━━ 0s 4ms/step - loss: 0.{at}\nEpoch {at}: loss improved\n"
        f"10/10 ━━━━ 8s 5ms/step - loss: 0.{at}5 - val_loss: 0.{at}7\n"
        for at in (1, 2)
    )
    last = "Epoch 3/3\n10/10 ━━━━ 0s 4ms/step - loss: 0.5\n"
    found = {"loss": [(0, 0.15), (1, 0.25), (2, 0.5)], "val_loss": [(0, 0.17), (1, 0.27)]}
    cuts = list(range(9, len(text.encode()), 9))
    assert curves(rows_of(text + last, form="keras-console"), "epoch") == found
    assert curves(rows_of(text + last, cuts, form="keras-console"), "epoch") == found


def test_dicts_of_a_trainer_are_numbered_where_no_bar_says_the_step() -> None:
    """Their numbers may be in quotes; an evaluation stands where the training was."""
    text = "".join(
        f"{{'loss': '0.{9 - at}5', 'learning_rate': 1e-05, 'epoch': '{at / 4}'}}\n"
        + f"{{'eval_loss': 0.{at}, 'eval_runtime': 3.5, 'epoch': {at / 4}}}\n" * (at % 4 == 0)
        for at in range(1, 9)
    )
    text += "{'train_runtime': 60.5, 'train_loss': 0.45, 'epoch': 2.0}\n"
    got = curves(rows_of(text))
    assert got["train/loss"] == [(at, float(f"0.{9 - at}5")) for at in range(1, 9)]
    assert got["eval/loss"] == [(4, 0.4), (8, 0.8)]
    assert got["train/train_loss"] == [(8, 0.45)]


def test_buffered_dicts_of_a_trainer_are_spaced_evenly_over_the_bar() -> None:
    """All of them come behind the bar of another step; so do those of an evaluation."""
    text = "".join(f"\r {at * 10}%|# | {at}/60 [00:0{at % 10}<01:00, 1it/s]" for at in range(61))
    text += "\n" + "".join(
        f"{{'loss': {9 - at}.5, 'learning_rate': 1e-05, 'epoch': {at / 4}}}\n"
        + f"{{'eval_loss': {at}.25, 'epoch': {at / 4}}}\n" * (at % 3 == 0)
        for at in range(1, 7)
    )
    got = curves(rows_of(text))
    assert got["train/loss"] == [(at * 10, 9.5 - at) for at in range(1, 7)]
    assert got["eval/loss"] == [(30, 3.25), (60, 6.25)]


def test_a_dict_behind_a_bar_has_the_step_of_the_bar() -> None:
    """Output that was not buffered, though the epoch stays 0.0 for long."""
    text = "".join(
        f"\r 0%|  | {at}/5000 [00:41<06:10,  1.2it/s]{{'loss': {9.5 - at / 10}, 'epoch': 0.0}}\n"
        for at in range(10, 60, 10)
    )
    assert curves(rows_of(text))["train/loss"] == [(n, 9.5 - n / 10) for n in range(10, 60, 10)]


def test_json_lines_that_are_longer_than_the_head_are_curves(tmp_path: Path) -> None:
    """By their name, the beginning of the first line alone is no single document."""
    lines = [
        f'{{"step": {at}, "loss": {2 - at}, "ids": {list(range(20_000))}}}\n' for at in range(3)
    ]
    (tmp_path / "train.jsonl").write_text("".join(lines))
    report = tbingest.convert(tmp_path / "train.jsonl", tmp_path / "runs")
    assert report.sources[0].written["scalar"] >= 3


def test_an_exact_log_beside_a_console_goes_first(tmp_path: Path) -> None:
    """The console's rounded values are the same ones, not written beside the exact ones."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "training.log").write_text("epoch,loss,val_loss\n0,0.123456,0.2\n1,0.1,0.15\n")
    (folder / "stdout.log").write_text("Epoch 1/2\n10/10 - 1s - loss: 0.1235 - val_loss: 0.2000\n")
    report = tbingest.convert(folder, tmp_path / "runs")
    by_format = {entry.format: entry for entry in report.sources}
    assert by_format["keras-csv"].written["scalar"] == 4
    console = by_format["keras-console"]
    assert (console.superseded, console.repeated) == (0, 2)


def test_a_curve_goes_before_the_last_values_of_it(tmp_path: Path) -> None:
    """A summary holds one value a tag: it must not keep a console's curve out."""
    folder = tmp_path / "run-20260501_080000-abc" / "files"
    folder.mkdir(parents=True)
    (folder / "wandb-summary.json").write_text('{"_step": 9, "_timestamp": 1780000000, "loss": 1}')
    lines = [f"iter {step}: loss {1 / (step + 1):.4f}\n" for step in range(10)]
    (folder / "output.log").write_text("".join(lines))
    report = tbingest.convert(tmp_path, tmp_path / "runs")
    by_format = {entry.format: entry for entry in report.sources}
    assert by_format["text"].written["scalar"] == 10
    assert by_format["wandb-summary"].superseded == 1


def test_checkpoints_go_before_the_console(tmp_path: Path) -> None:
    """Though their store wants them in an order of their own."""
    folder = tmp_path / "out"
    for step in (1, 2):
        state = folder / f"checkpoint-{step}" / "trainer_state.json"
        state.parent.mkdir(parents=True)
        told = ", ".join(
            f'{{"loss": 0.{at}2345, "step": {at}, "epoch": {at}}}' for at in range(1, step + 1)
        )
        state.write_text(f'{{"log_history": [{told}]}}')
    (folder / "console.log").write_text(
        "{'loss': 0.12, 'epoch': 1.0}\n{'loss': 0.22, 'epoch': 2.0}\n"
    )
    report = tbingest.convert(folder, tmp_path / "runs")
    by_format = {entry.format: entry for entry in report.sources}
    assert by_format["text"].written["scalar"] == 0


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("train.log", STYLES["nanoGPT"][0], "text"),
        ("out.txt", "0 val 10.93\n0 train 10.5\n1 train 9.5\n", "text"),
        ("stdout", "Epoch 1/2\n10/10 [==] - 1s 4ms/step - loss: 0.5\n", "keras-console"),
        ("console.log", "{'loss': 0.5, 'epoch': 0.1}\n{'loss': 0.4, 'epoch': 0.2}\n", "text"),
        ("a.log", "step\tloss\n10\t8.4\n20\t7.6\n", "table"),
        ("awr.txt", "Iteration  Loss  Return\n 1  0.5  3\n 2  0.4  4\n 3  0.3  5\n", "table"),
    ],
)
def test_the_right_format_is_surest(name: str, text: str, form: str) -> None:
    """Consoles, free text and tables with a `.log` or `.txt` name."""
    data = text.encode()
    assert evidence(Head(name, data, len(data)))[0][0].name == form


@pytest.mark.parametrize(
    ("name", "tag", "count", "first", "last"),
    [
        ("generic_log/captioning_training_log.txt", "Loss", 12942, 12943, 25884),
        ("generic_log/jobshop_log_20251103_103715.txt", "reward", 500, 0, 499),
        ("generic_log/slm_classic.txt", "train/Loss", 20, 1, 20),
        ("ignite/gen_seed1/ignite.log", "Loss", 8, 4, 32),
        ("ignite/gen_seed1/ignite.log", "train/Avg loss", 4, 1, 4),
        ("lightgbm/gen_seed1/lgbm_train.log", "valid_1/auc", 10, 5, 50),
        ("marian/train.encs.1.log", "Cost", 1590, 1, 780000),
        ("megatron/meg_ds_3d_gpt2_perf_n16-ds-off.out", "lm loss", 62, 1, 62),
        ("nanogpt/build_nanogpt/log.txt", "train", 95, 0, 94),
        ("nanogpt/modded_adamw/f66d43d7.log", "trl", 9536, 0, 9535),
        ("nanogpt/modded_flex/3151f69a.txt", "train/loss", 1750, 1, 1750),
        ("nanogpt/modded_source_header/muonsq.txt", "val/loss", 28, 0, 3325),
        ("paddle/encnet/workerlog.0", "train/loss", 483, 10, 13730),
        ("sacred/gen_seed1/sacred_runs/1/cout.txt", "loss", 20, 0, 19),
        ("stylegan/rpgsprite/log.txt", "kimg", 81, 0, 80),
        ("wandb_dir/nanogpt/files/output.log", "val/loss", 11, 0, 2000),
        ("wandb_dir/nanogpt/files/output.log", "mfu", 2156, 0, 2155),
        ("xgboost/gen_seed1/xgb_train.log", "eval/auc", 40, 0, 39),
    ],
)
def test_real_text_logs_give_every_row(
    corpus: Path, name: str, tag: str, count: int, first: int, last: int
) -> None:
    """As many points of a tag as were counted by other means, at the same steps."""
    got = curves(rows_of((corpus / name).read_bytes()))[tag]
    steps = [step for step, _ in got]
    assert (len(got), min(steps), max(steps)) == (count, first, last)


@pytest.mark.parametrize("name", ["log.csv", "log.csv.1", "log.csv.2.gz", "log.jsonl.3"])
def test_a_rotated_table_is_no_text_log(name: str) -> None:
    """To decide on a text log takes long."""
    data = "".join(f"{n},0.5\n" for n in range(20)).encode()

    said = format_of("text").detect(Head(name, b"step,loss\n" + data, 100))

    assert (said.confidence, said.reason) == (0.0, "named like something else than a log")
