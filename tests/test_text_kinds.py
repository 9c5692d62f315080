"""Kinds of lines that other people's trainings print: small logs, and every curve of theirs."""

from __future__ import annotations

import pytest
from helpers.text_logs import Curve, curves, rows_of

from tbingest.formats.generic.text import detect
from tbingest.formats.readers.records import RUN
from tbingest.formats.registry import ENOUGH, formats
from tbingest.model.contracts import Head

KINDS: dict[str, tuple[str, dict[str, Curve]]] = {
    "results of a sample each are no curves beside their mean": (
        (
            "Testing [set5]...\n"
            + "".join(
                f"img_{at:03d}_s{at:02d}   - PSNR: {at}.25 dB; SSIM: 0.{at}\n" for at in range(30)
            )
            + "Average PSNR/SSIM results\nPSNR: 38.5 dB; SSIM: 0.75\n"
        ),
        {"PSNR": [(0, 38.5)], "SSIM": [(0, 0.75)]},
    ),
    "classes have rows of their own below each epoch": (
        "".join(
            f"Epoch {at}: train loss {at}.5\nClass         Precision   Recall   IoU\n"
            f"road          0.{at}1  0.{at}2  0.{at}3\ncar           0.{at}4  0.{at}5  0.{at}6\n"
            for at in range(1, 6)
        ),
        {
            "train/loss": [(at, at + 0.5) for at in range(1, 6)],
            **{
                f"{name}/{of}": [(at, float(f"0.{at}{digit}")) for at in range(1, 6)]
                for name, of, digit in (
                    *(("road", "Precision", 1), ("road", "Recall", 2), ("road", "IoU", 3)),
                    *(("car", "Precision", 4), ("car", "Recall", 5), ("car", "IoU", 6)),
                )
            },
        },
    ),
    "numbered names stand in a column": (
        "".join(
            f"Epoch {at}/9 | Loss: {at}.5\nOrgan                       Dice\n------------------\n"
            f"Organ 1                   0.{at}0\nOrgan 12                  0.{at}5\n\n"
            f"class  0 (road): IoU = 0.{at}25\n"
            for at in range(1, 6)
        ),
        {
            "Loss": [(at, at + 0.5) for at in range(1, 6)],
            "Organ 1": [(at, float(f"0.{at}")) for at in range(1, 6)],
            "Organ 12": [(at, float(f"0.{at}5")) for at in range(1, 6)],
            "IoU": [(at, float(f"0.{at}25")) for at in range(1, 6)],
        },
    ),
    "a heading names the number below it": (
        "".join(f"Epoch #{at}\nTraining loss:\n0.{9 - at}5\nSeed:\n0.5\n" for at in range(5)),
        {"train/loss": [(at, float(f"0.{9 - at}5")) for at in range(5)]},
    ),
    "a pair of values stands behind a call in a call": (
        "".join(
            f"[0/9][{at * 10}/99]\tLoss_D: {at}.5\tD(G(z)): {at}.25 / {at}.125\n"
            for at in range(1, 6)
        ),
        {
            "Loss_D": [(at * 10, at + 0.5) for at in range(1, 6)],
            "D(G(z))": [(at * 10, at + 0.25) for at in range(1, 6)],
            "D(G(z)) 2": [(at * 10, at + 0.125) for at in range(1, 6)],
        },
    ),
    "two loggers say each line": (
        "".join(
            f"{front}Step {at}00 per-step time 0.5s\n"
            f"{front}{{'Loss/box': {at}.5,\n 'Loss/total': {at}.25,\n 'lr': 0.0{at}}}\n"
            for at in range(1, 6)
            for front in ("INFO:tensorflow:", "I1215 10:00:00.123456 14073 model.py:705] ")
        ),
        {
            "Loss/box": [(at * 100, at + 0.5) for at in range(1, 6) for _ in range(2)],
            "Loss/total": [(at * 100, at + 0.25) for at in range(1, 6) for _ in range(2)],
            "lr": [(at * 100, float(f"0.0{at}")) for at in range(1, 6) for _ in range(2)],
        },
    ),
    "a bar is written over from its middle on": (
        "".join(
            f"\nEpoch: {at}\n"
            + "".join(
                f" [{'=' * part * 9}>{'.' * (27 - part * 9)}]  Step: 45ms | Tot: 3s124ms"
                f" | Loss: {at}.{part} | Acc: 5{part}.5% (50/100)    {chr(8) * 74} {part}/3 "
                + ("\n" if part == 3 else "\r")
                for part in range(1, 4)
            )
            + "Saving..\n"
            for at in range(3)
        ),
        {
            "Loss": [(at, float(f"{at}.3")) for at in range(3)],
            "Acc": [(at, 53.5) for at in range(3)],
        },
    ),
    "an arrow leads to the value": (
        "".join(
            f"==== End of epoch {at} ====\nvalid_en_ppl -> {at}.5\ntest_en_acc -> {at}.25\n"
            for at in range(4)
        ),
        {
            "valid/en_ppl": [(at, at + 0.5) for at in range(4)],
            "test/en_acc": [(at, at + 0.25) for at in range(4)],
        },
    ),
    "cells bind names to numbers": (
        "".join(
            f"U {at} | F {at * 2048:06d} | H {at}.5 | pL -0.{at} | vL {at}.25\n"
            for at in range(1, 9)
        ),
        {
            "F": [(at, at * 2048.0) for at in range(1, 9)],
            "H": [(at, at + 0.5) for at in range(1, 9)],
            "pL": [(at, float(f"-0.{at}")) for at in range(1, 9)],
            "vL": [(at, at + 0.25) for at in range(1, 9)],
        },
    ),
    "parts of a net and clients have numbers": (
        "".join(
            f"Round {at}\n  Style 1 loss: {at}.5\n  Style 2 loss: {at}.25\n"
            f"Client 0: acc 0.{at}\nClient 1: acc 0.{at + 3}\n"
            for at in range(1, 6)
        ),
        {
            "Style 1 loss": [(at, at + 0.5) for at in range(1, 6)],
            "Style 2 loss": [(at, at + 0.25) for at in range(1, 6)],
            "Client 0/acc": [(at, float(f"0.{at}")) for at in range(1, 6)],
            "Client 1/acc": [(at, float(f"0.{at + 3}")) for at in range(1, 6)],
        },
    ),
    "a bar without a total ends again at the same count": (
        "".join(
            f"Itrs {at * 10}/300, Loss={at}.5\n"
            + (
                f"validation...\n100it [00:10,  9.5it/s]\n\nOverall Acc: 0.{at}\n"
                if at % 5 == 0
                else ""
            )
            for at in range(1, 21)
        ),
        {
            "Loss": [(at * 10, at + 0.5) for at in range(1, 21)],
            "Overall Acc": [(at * 10, float(f"0.{at}")) for at in (5, 10, 15, 20)],
        },
    ),
    "the best iteration is told again below each fold": (
        "".join(
            f"=== Fold {fold} ===\n"
            + "".join(f"[{at}]\tvalid_1's auc: 0.{fold}{at}\n" for at in (100, 200, 300))
            + f"Early stopping, best iteration is:\n[250]\tvalid_1's auc: 0.{fold}25\n"
            for fold in range(3)
        ),
        {
            "valid_1/auc": [
                (at, float(f"0.{fold}{at if at != 250 else 25}"))
                for fold in range(3)
                for at in (100, 200, 300, 250)
            ],
        },
    ),
    "ranks of mpirun tell values of their own": (
        "".join(
            f"[1,{rank}]<stdout>:Epoch {at} Loss: {at}.{rank}5\n"
            for at in range(1, 5)
            for rank in range(2)
        ),
        {
            "rank 0/Loss": [(at, float(f"{at}.05")) for at in range(1, 5)],
            "rank 1/Loss": [(at, float(f"{at}.15")) for at in range(1, 5)],
        },
    ),
    "batches stand behind their epoch": (
        "".join(
            f"2023-01-01 10:00:00,123 DEBUG TRAIN Batch {at}/{part} loss {at}.{part}\n"
            for at in range(3)
            for part in (0, 100, 200)
        ),
        {
            "train/loss": [
                (at * 300 + part, float(f"{at}.{part}"))
                for at in range(3)
                for part in (0, 100, 200)
            ],
        },
    ),
    "the first word of an ordinal is no curve": (
        "".join(f"第{at}轮训练,训练集损失:0.{at},测试集准确率:{at}.5%\n" for at in range(1, 9)),
        {
            "训练集损失": [(at, float(f"0.{at}")) for at in range(1, 9)],
            "测试集准确率": [(at, at + 0.5) for at in range(1, 9)],
        },
    ),
    "sizes of parts of the data begin no training": (
        "Total samples: 900\n\nTotal samples: 300\n\nTotal samples: 100\n"
        + "".join(f"Epoch {at}/9 - Train Loss: {at}.5\n" for at in range(1, 9)),
        {"train/Loss": [(at, at + 0.5) for at in range(1, 9)]},
    ),
    "times stand in a column of a table": (
        "      Iter       Train Loss      OOB Improve   Remaining Time \n"
        + "".join(f"{at:10d} {at}.5      {at}.25     0.{at}5m\n" for at in range(1, 6)),
        {
            "train/Loss": [(at, at + 0.5) for at in range(1, 6)],
            "OOB Improve": [(at, at + 0.25) for at in range(1, 6)],
            "Remaining Time": [(at, float(f"0.{at}5")) for at in range(1, 6)],
        },
    ),
    "the epoch stands below what it counts, with a word that it ended": (
        (
            "**** Epoch=1 start ****\n"
            + "".join(
                f"[Metrics] logloss: {at}.5 - AUC: 0.{at}\nTrain loss: {at}.25\n"
                f"**** Epoch={at} end ****\n"
                for at in range(1, 6)
            )
            + "[Metrics] logloss: 6.5 - AUC: 0.6\n"
        ),
        {
            "logloss": [(at, at + 0.5) for at in range(1, 7)],
            "AUC": [(at, float(f"0.{at}")) for at in range(1, 7)],
            "train/loss": [(at, at + 0.25) for at in range(1, 6)],
        },
    ),
    "the epoch stands below what it counts, alone": (
        "".join(f"Train loss: {at}.5\nVal F1: 0.{at}\n====> Epoch: {at}\n" for at in range(1, 6)),
        {
            "train/loss": [(at, at + 0.5) for at in range(1, 6)],
            "val/F1": [(at, float(f"0.{at}")) for at in range(1, 6)],
        },
    ),
    "batches begin anew above the epoch that ends them": (
        "".join(
            "".join(f"step {part * 10}: loss {at}.{part}\n" for part in range(1, 5))
            + f"Val loss: {at}.25\nEpoch {at}/5 completed in 12.5s\n"
            for at in range(1, 6)
        ),
        {
            "loss": [
                ((at - 1) * 40 + part * 10, float(f"{at}.{part}"))
                for at in range(1, 6)
                for part in range(1, 5)
            ],
            "val/loss": [(at * 40, at + 0.25) for at in range(1, 6)],
        },
    ),
    "bars end above the line of their epoch": (
        "".join(
            "".join(
                f"\r{part * 25}%|###| {part}/4 [00:01<00:03, 2.5it/s, hinge={at}.{part}]"
                for part in range(1, 5)
            )
            + f"\nEpoch {at}: train_loss {at}.5 val_loss {at}.25\n"
            for at in range(1, 6)
        ),
        {
            "hinge": [(at, float(f"{at}.4")) for at in range(1, 6)],
            "train/loss": [(at, at + 0.5) for at in range(1, 6)],
            "val/loss": [(at, at + 0.25) for at in range(1, 6)],
        },
    ),
    "a validation stands before the training, too": (
        "Val acc: 0.5\n"
        + "".join(
            f"Epoch: {at} time: 12.5s\nTrain loss: {at}.5\nVal acc: 0.{at}\n" for at in range(1, 5)
        ),
        {
            "train/loss": [(at, at + 0.5) for at in range(1, 5)],
            "val/acc": [(0, 0.5), *((at, float(f"0.{at}")) for at in range(1, 5))],
        },
    ),
    "columns without names behind the name of a split": (
        "".join(
            f"epoch {at} lr 0.5\n"
            + "".join(f"train {part:03d} {at}.5 5{part}.5\n" for part in (0, 50, 100))
            for at in range(4)
        ),
        {
            "lr": [(at, 0.5) for at in range(4)],
            "train/column 2": [
                (at * 150 + part, at + 0.5) for at in range(4) for part in (0, 50, 100)
            ],
            "train/column 3": [
                (at * 150 + part, float(f"5{part}.5")) for at in range(4) for part in (0, 50, 100)
            ],
        },
    ),
    "the counter stands between a loss and its value": (
        "".join(
            f"Train loss {at} {at}.5 Grad Norm {at}.25 0.5s/it\n"
            + (f"Validation loss {at}: {at}.75  \n" if at % 2 else "")
            for at in range(6)
        ),
        {
            "train/loss": [(at, at + 0.5) for at in range(6)],
            "Grad Norm": [(at, at + 0.25) for at in range(6)],
            "validation/loss": [(at, at + 0.75) for at in (1, 3, 5)],
        },
    ),
    "a loss is glued to its name": (
        "".join(f"EPOCH[{at}/9] loss0.{at}5-|Sample:12.5|\n" for at in range(1, 6)),
        {
            "loss": [(at, float(f"0.{at}5")) for at in range(1, 6)],
            "Sample": [(at, 12.5) for at in range(1, 6)],
        },
    ),
    "lists stand in the columns of a table": (
        "Step      Train loss              Test metric\n"
        + "".join(
            f"{at}000      [{at}.5e+00, {at}.25e+00]     [{at}.75e+00]  \n" for at in range(1, 6)
        ),
        {
            "train/loss/0": [(at * 1000, at + 0.5) for at in range(1, 6)],
            "train/loss/1": [(at * 1000, at + 0.25) for at in range(1, 6)],
            "test/metric": [(at * 1000, at + 0.75) for at in range(1, 6)],
        },
    ),
    "lists without names are all that a log says": (
        "".join(
            f"Train Epoch: {at // 2} [{at % 2 * 50}%]\n[{at}.5, {at}.25, {at * 100}]\n"
            for at in range(8)
        ),
        {
            "value/0": [(at * 100, at + 0.5) for at in range(8)],
            "value/1": [(at * 100, at + 0.25) for at in range(8)],
        },
    ),
    "lists without names are none where values have names": (
        "".join(f"Epoch: {at}, loss: {at}.5\n[{at}.5, {at}.25, 0.125]\n" for at in range(8)),
        {"loss": [(at, at + 0.5) for at in range(8)]},
    ),
    "a heading holds for the line that counts, and for those below": (
        "".join(
            f"[Epoch: {at}, numImages: 90]\nLoss: {at}.5\nValidation:\n"
            f"[Epoch: {at}, numImages: 10]\nAcc:0.{at}, mIoU:0.{at}5\nLoss: {at}.25\n"
            for at in range(4)
        ),
        {
            "Loss": [(at, at + 0.5) for at in range(4)],
            "validation/Acc": [(at, float(f"0.{at}")) for at in range(4)],
            "validation/mIoU": [(at, float(f"0.{at}5")) for at in range(4)],
            "validation/Loss": [(at, at + 0.25) for at in range(4)],
        },
    ),
    "a title counts whatever stands before its counter": (
        "".join(
            f"Training epoch: {at}\n\tmean_loss: {at}.5\nEval epoch: {at}\n\tTop1: {at}.25%\n"
            for at in range(4)
        ),
        {
            "mean_loss": [(at, at + 0.5) for at in range(4)],
            "eval/Top1": [(at, at + 0.25) for at in range(4)],
        },
    ),
    "a long name ends at its counter": (
        "".join(
            f"Training average positive_part_loss at step {at * 10}: {at}.5\n"
            f"Training average loss at step {at * 10}: {at}.25\n"
            for at in range(4)
        ),
        {
            "train/average positive_part_loss": [(at * 10, at + 0.5) for at in range(4)],
            "train/average loss": [(at * 10, at + 0.25) for at in range(4)],
        },
    ),
    "shapes of arrays are no curves": (
        (
            "Epoch: 1 | Loss: 0.5\nEpoch: 2 | Loss: 0.25\n"
            "test shape: (89, 32, 24, 7) (89, 32, 24, 7)\nmse:0.5, mae:0.4\n"
        ),
        {"Loss": [(1, 0.5), (2, 0.25)], "mse": [(2, 0.5)], "mae": [(2, 0.4)]},
    ),
    "an epoch in brackets stands before the iteration": (
        "".join(f"[{at // 5:3d}] {at * 10:7d} || B: {at}.5 | C: {at}.25 ||\n" for at in range(10)),
        {
            "B": [(at * 10, at + 0.5) for at in range(10)],
            "C": [(at * 10, at + 0.25) for at in range(10)],
        },
    ),
    "a few lines of each epoch count on": (
        "".join(
            f"Epoch {at}\nLoss = {at}.5, PNorm = {at}.75\nLoss = {at}.25, PNorm = {at}.125\n"
            f"Validation auc = 0.{at}5\n"
            for at in range(6)
        ),
        {
            "Loss": [(at + 1, at // 2 + 0.5 / (at % 2 + 1)) for at in range(12)],
            "PNorm": [(at + 1, at // 2 + (0.125 if at % 2 else 0.75)) for at in range(12)],
            "validation/auc": [(at, float(f"0.{at}5")) for at in range(6)],
        },
    ),
    "an evaluation is announced with its epoch": (
        "".join(
            f"==> Start Training Epoch {at}, lr=0.5 ...\nPSNR = {at}.5\n==> Finished Epoch {at}.\n"
            f"++> Evaluate at epoch {at} ...\nPSNR = {at}.25\n++> Evaluate epoch {at} Finished.\n"
            for at in range(1, 5)
        ),
        {
            "lr": [(at, 0.5) for at in range(1, 5)],
            "PSNR": [(at, at + 0.5) for at in range(1, 5)],
            "eval/PSNR": [(at, at + 0.25) for at in range(1, 5)],
        },
    ),
    "a clock of twelve hours stands before the message": (
        "".join(
            f"12/09 09:3{at}:03 AM epoch {at} lr 0.{9 - at}\n"
            f"12/09 09:3{at}:05 PM valid_acc {at}.5\n"
            for at in range(4)
        ),
        {
            "lr": [(at, float(f"0.{9 - at}")) for at in range(4)],
            "valid/acc": [(at, at + 0.5) for at in range(4)],
        },
    ),
    "the word value names no validation": (
        "".join(
            f"iteration {at} | lm loss: {at}.5 | grad norm: 0.5 |\n"
            f" validation loss at iteration {at} | lm loss value: {at}.25"
            f" | lm loss PPL: {at}.75 | \n"
            for at in range(1, 5)
        ),
        {
            "lm loss": [(at, at + 0.5) for at in range(1, 5)],
            "grad norm": [(at, 0.5) for at in range(1, 5)],
            "validation/lm loss value": [(at, at + 0.25) for at in range(1, 5)],
            "validation/lm loss PPL": [(at, at + 0.75) for at in range(1, 5)],
        },
    ),
    "results of all runs stand beside those of the last one": (
        (
            "Run: 01, Epoch: 01, Loss: 0.5\nRun: 01, Epoch: 02, Loss: 0.25\n"
            "Run 01:\nHighest Train: 80.5\n  Final Test: 70.5\n"
            "All runs:\nHighest Train: 81.5 ± 0.5\n  Final Test: 71.5 ± 0.25\n"
        ),
        {
            "Loss": [(1, 0.5), (2, 0.25)],
            "Highest Train": [(2, 80.5)],
            "Final Test": [(2, 70.5)],
            "All runs/Highest Train": [(2, 81.5)],
            "All runs/Final Test": [(2, 71.5)],
        },
    ),
    "lines of batches say their epoch alone, and count on": (
        "".join(f"Epoch {at // 10 + 1} - Batch loss: {at}.5\n" for at in range(30)),
        {"Batch loss": [(at + 1, at + 0.5) for at in range(30)]},
    ),
    "a sentence says again what a line measured": (
        (
            "[net] Epoch 1/9 | Val Loss: 0.75\nSaved new best net at epoch 1 with val loss 0.75\n"
            "[net] Epoch 2/9 | Val Loss: 0.5\nSaved new best net at epoch 2 with val loss 0.5\n"
            "[net] Epoch 3/9 | Val Loss: 0.625\n"
        ),
        {"val/Loss": [(1, 0.75), (2, 0.5), (3, 0.625)]},
    ),
    "a sentence tells what a value turned into": (
        "".join(
            f"Step {at}/9; acc: {at}.25\nValidation perplexity: {9 - at}.5\n"
            f"Model is improving ppl: {10 - at}.5 --> {9 - at}.5.\n"
            for at in range(1, 5)
        ),
        {
            "acc": [(at, at + 0.25) for at in range(1, 5)],
            "validation/perplexity": [(at, 9.5 - at) for at in range(1, 5)],
        },
    ),
    "how many steps an epoch had is not a counter": (
        "Epoch: 1, Steps: 263 | Train Loss: 0.5\nEpoch: 2, Steps: 263 | Train Loss: 0.25\n",
        {"train/Loss": [(1, 0.5), (2, 0.25)]},
    ),
    "epoch and iteration with a dash between": (
        "".join(f"epoch {at // 3}-{at % 3 * 10}, loss: {at}.5\n" for at in range(9)),
        {"loss": [(at * 10, at + 0.5) for at in range(9)]},
    ),
    "a heading labels none of the lines below": (
        "## Training stats:\n" + "".join(f"Episode {at}\tScore: {at}.5\n" for at in range(12)),
        {"Score": [(at, at + 0.5) for at in range(12)]},
    ),
    "a title ends where the next epoch begins": (
        "".join(
            f"Epoch {at}/4\nTraining...\nMean, A: {at}.5\nValidating...\nMean, A: {at}.25\n"
            for at in range(1, 5)
        ),
        {
            "train/A": [(at, at + 0.5) for at in range(1, 5)],
            "val/A": [(at, at + 0.25) for at in range(1, 5)],
        },
    ),
    "results as a list of pairs": (
        (
            "18 May 13:20    INFO  epoch 0 training [train loss: 2.5]\n"
            "18 May 13:21    INFO  epoch 1 training [train loss: 1.5]\n"
            "18 May 13:22    INFO  test result: OrderedDict([('mrr@20', 0.5), ('hit@20', 0.25)])\n"
        ),
        {
            "train/loss": [(0, 2.5), (1, 1.5)],
            "test/mrr@20": [(1, 0.5)],
            "test/hit@20": [(1, 0.25)],
        },
    ),
    "a title of training above the first epoch": (
        "---Training---\n"
        + "".join(
            f"Epoch {at}/4\n-----\ntrain Loss: {at}.5 Acc: 0.5\nval Loss: {at}.75 Acc: 0.25\n\n"
            for at in range(1, 5)
        ),
        {
            "train/Loss": [(at, at + 0.5) for at in range(1, 5)],
            "train/Acc": [(at, 0.5) for at in range(1, 5)],
            "val/Loss": [(at, at + 0.75) for at in range(1, 5)],
            "val/Acc": [(at, 0.25) for at in range(1, 5)],
        },
    ),
    "a notebook's line begins with its seconds and its number": (
        (
            "12.5s\t4\tEpoch 1 | Train Loss: 0.5 | Val Dice: 0.8\n12.5s\t5\t--> Best Model Saved!\n"
            "99.0s\t6\tEpoch 2 | Train Loss: 0.4 | Val Dice: 0.9\n"
        ),
        {"train/Loss": [(1, 0.5), (2, 0.4)], "val/Dice": [(1, 0.8), (2, 0.9)]},
    ),
    "Keras' validation bar writes a heading behind the last value": (
        (
            "    Epoch 1/20\n    9/10 [=====>.] - ETA: 0s - loss: 0.6 - acc: 0.4Epoch 1/20\n"
            "    10/10 [======] - 1s 9ms/step - loss: 0.5 - acc: 0.5 - val_loss: 0.7\n"
            "    Epoch 2/20\n    9/10 [=====>.] - ETA: 0s - loss: 0.5 - acc:Epoch 1/20\n"
            "    10/10 [======] - 1s 9ms/step - loss: 0.4 - acc: 0.6 - val_loss: 0.6\n"
        ),
        {
            "loss": [(1, 0.5), (2, 0.4)],
            "acc": [(1, 0.5), (2, 0.6)],
            "val/loss": [(1, 0.7), (2, 0.6)],
        },
    ),
    "a split holds for a name that another split has later in the line": (
        (
            "Epoch 1 | train loss=1.5 cons=2.5 | val cons=3.5\n"
            "Epoch 2 | train loss=1.25 cons=2.25 | val cons=3.25\n"
        ),
        {
            "train/loss": [(1, 1.5), (2, 1.25)],
            "train/cons": [(1, 2.5), (2, 2.25)],
            "val/cons": [(1, 3.5), (2, 3.25)],
        },
    ),
    "a split holds for the measures behind a name that stands twice": (
        (
            "Epoch 1 | train_loss 0.5 acc 0.75 | val_loss 0.625 acc 0.5 f1 0.25 | lr 0.5\n"
            "Epoch 2 | train_loss 0.25 acc 0.875 | val_loss 0.375 acc 0.625 f1 0.5 | lr 0.25\n"
        ),
        {
            "train/loss": [(1, 0.5), (2, 0.25)],
            "train/acc": [(1, 0.75), (2, 0.875)],
            "val/loss": [(1, 0.625), (2, 0.375)],
            "val/acc": [(1, 0.5), (2, 0.625)],
            "val/f1": [(1, 0.25), (2, 0.5)],
            "lr": [(1, 0.5), (2, 0.25)],
        },
    ),
    "a note in brackets stands between a name and its number": (
        "Época 1/9 · quality (MOS) 2.5 · mel 0.5\nÉpoca 2/9 · quality (MOS) 2.75 · mel 0.25\n",
        {"quality": [(1, 2.5), (2, 2.75)], "mel": [(1, 0.5), (2, 0.25)]},
    ),
    "an epoch may be an E at the beginning of a line": (
        "".join(
            f"E{at} / 12\ntrain_loss = 0.{at}5\ncls = 0.{at}\nacc = 0.5 | val_loss = 1.{at}5\n"
            for at in (2, 3, 4)
        ),
        {
            "train/loss": [(2, 0.25), (3, 0.35), (4, 0.45)],
            "cls": [(2, 0.2), (3, 0.3), (4, 0.4)],
            "acc": [(2, 0.5), (3, 0.5), (4, 0.5)],
            "val/loss": [(2, 1.25), (3, 1.35), (4, 1.45)],
        },
    ),
    "a value that is told again as the best stands once": (
        "".join(
            f"Epoch {at} Summary:\n  Dev Loss: 0.{at}5 | Dev Acc: {80 + at}.5%\n"
            f"  ✓ Best model saved! (Dev Acc: {80 + at}.5%)\n"
            for at in (1, 2, 3)
        ),
        {
            "dev/Loss": [(1, 0.15), (2, 0.25), (3, 0.35)],
            "dev/Acc": [(1, 81.5), (2, 82.5), (3, 83.5)],
        },
    ),
    "how many there are of each class is no curve": (
        (
            "label\n0    496\n1    495\n2    12\nÉpoca 1/9\nTrain Loss: 0.5\n"
            "Época 2/9\nTrain Loss: 0.25\n"
        ),
        {"train/Loss": [(1, 0.5), (2, 0.25)]},
    ),
    "how far a program is, is no curve": (
        "Step 1: Progress: 10%, loss: 0.5\nStep 2: Progress: 20%, loss: 0.25\n",
        {"loss": [(1, 0.5), (2, 0.25)]},
    ),
    "a share behind a value is no total": (
        (
            "Epoch 1/2 | Train: 0.75 / 72.5% | Test: 86.5%\n"
            "Epoch 2/2 | Train: 0.5 / 81.5% | Test: 88.5%\n"
        ),
        {
            "Train": [(1, 0.75), (2, 0.5)],
            "train/2": [(1, 72.5), (2, 81.5)],
            "Test": [(1, 86.5), (2, 88.5)],
        },
    ),
    "an average over the last episodes is named so": (
        (
            "Episode 99 score: 12.5\nEpisode 199 score: 42.5\nSolved in 200 episodes!\n"
            "Average reward of last 100 episodes: 31.5\n"
        ),
        {
            "score": [(99, 12.5), (199, 42.5)],
            "Average reward of last 100 episodes": [(199, 31.5)],
        },
    ),
    "a split does not hold where another column has the tag": (
        (
            "epoch   main/loss   validation/main/loss   main/acc   validation/main/acc\n"
            "1       0.5         0.625                  0.75       0.875\n"
            "2       0.25        0.375                  0.8125     0.9375\n"
        ),
        {
            "main/loss": [(1, 0.5), (2, 0.25)],
            "validation/main/loss": [(1, 0.625), (2, 0.375)],
            "main/acc": [(1, 0.75), (2, 0.8125)],
            "validation/main/acc": [(1, 0.875), (2, 0.9375)],
        },
    ),
    "a split or an average in brackets is a part of a name, a unit is none": (
        (
            "Epoch 1: Loss (train): 0.5, Loss (val): 0.625, Cost (MSE): 0.5\n"
            "Epoch 2: Loss (train): 0.25, Loss (val): 0.375, Cost (MSE): 0.25\n"
            "- F1-score (micro) 0.875\n- F1-score (macro) 0.75\n"
        ),
        {
            "train/Loss": [(1, 0.5), (2, 0.25)],
            "val/Loss": [(1, 0.625), (2, 0.375)],
            "Cost": [(1, 0.5), (2, 0.25)],
            "F1-score (micro)": [(2, 0.875)],
            "F1-score (macro)": [(2, 0.75)],
        },
    ),
    "full bars below a word for a split are passes": (
        "".join(
            f"Epoch {at}/9\nTraining\nloss: 0.{at}5 ||: 100%|####| 500/500 [00:30<00:00, 16it/s]\n"
            f"Validating\nloss: 0.{at} ||: 100%|####| 50/50 [00:02<00:00, 26it/s]\n"
            for at in (1, 2, 3)
        ),
        {
            "train/loss": [(1, 0.15), (2, 0.25), (3, 0.35)],
            "val/loss": [(1, 0.1), (2, 0.2), (3, 0.3)],
        },
    ),
    "a counter may stand in angle brackets": (
        "<10> LL/token: -9.5\n<20> LL/token: -9.25\n<30> LL/token: -9.0\n",
        {"LL/token": [(10, -9.5), (20, -9.25), (30, -9.0)]},
    ),
    "Julia's logger": (
        (
            "[ Info: [1]: Test accuracy: 0.5\n[ Info: [2]: Test accuracy: 0.75\n"
            "┌ Info: Epoch 3\n│   train_loss = 0.5\n└   test_loss = 0.25\n"
            "┌ Info: Epoch 4\n│   train_loss = 0.4\n└   test_loss = 0.125\n"
        ),
        {
            "test/accuracy": [(1, 0.5), (2, 0.75)],
            "train/loss": [(3, 0.5), (4, 0.4)],
            "test/loss": [(3, 0.25), (4, 0.125)],
        },
    ),
    "the best iteration is told again": (
        (
            "[1]\ttrain-rmse:0.5\teval-rmse:0.625\n[2]\ttrain-rmse:0.25\teval-rmse:0.5\n"
            "Stopping. Best iteration:\n[2]\ttrain-rmse:0.25\teval-rmse:0.5\n"
        ),
        {
            "train/rmse": [(1, 0.5), (2, 0.25), (2, 0.25)],
            "eval/rmse": [(1, 0.625), (2, 0.5), (2, 0.5)],
        },
    ),
    "a split does not hold where its name was said": (
        "Epoch 1 | train loss=1.5 loss=2.5\nEpoch 2 | train loss=1.25 loss=2.25\n",
        {"train/loss": [(1, 1.5), (2, 1.25)], "loss": [(1, 2.5), (2, 2.25)]},
    ),
    "Caffe's weighted loss is the same loss": (
        (
            "I0411 21:21:07.9 318 net.cpp:204]  Iteration 0, lr = 0.5\n"
            "I0411 21:21:07.9 318 net.cpp:204] Train net output #0: loss = 2.5 (* 1 = 2.5 loss)\n"
            "I0411 21:21:08.9 318 net.cpp:204]  Iteration 100, lr = 0.25\n"
            "I0411 21:21:08.9 318 net.cpp:204] Train net output #0: loss = 1.5 (* 1 = 1.5 loss)\n"
        ),
        {"lr": [(0, 0.5), (100, 0.25)], "train/loss": [(0, 2.5), (100, 1.5)]},
    ),
    "the threshold of a measure is a part of its name": (
        (
            "Epoch 1: mAP 0.5 : 0.625, mAP : 0.375, top 5: 0.875\n"
            "Epoch 2: mAP 0.5 : 0.75, mAP : 0.5, top 5: 0.9375\n"
        ),
        {
            "mAP 0.5": [(1, 0.625), (2, 0.75)],
            "mAP": [(1, 0.375), (2, 0.5)],
            "top 5": [(1, 0.875), (2, 0.9375)],
        },
    ),
    "the coefficient of determination is a measure": (
        (
            "Epoch 1, loss: 0.5\nEpoch 2, loss: 0.25\nTesting model...\n"
            "R2: -0.125\nR²: 0.5\nR^2: 0.75\n"
        ),
        {
            "loss": [(1, 0.5), (2, 0.25)],
            "test/R2": [(2, -0.125)],
            "test/R²": [(2, 0.5)],
            "test/R^2": [(2, 0.75)],
        },
    ),
    "values between bars behind a percentage are no drawing": (
        (
            "Epoch 0/9 | D Acc: 50.00% | G Loss: 0.75 | Time: 5.2s\n"
            "Epoch 1/9 | D Acc: 75.00% | G Loss: 0.5 | Time: 5.3s\n"
        ),
        {
            "D Acc": [(0, 50.0), (1, 75.0)],
            "G Loss": [(0, 0.75), (1, 0.5)],
            "Time": [(0, 5.2), (1, 5.3)],
        },
    ),
    "a counter within epochs may be called anything": (
        "".join(
            f"Epoch: {epoch}/5, gstp: {at}, Train_loss: {1 / at}\n"
            for epoch in (1, 2, 3)
            for at in (40, 80, 120)
        ),
        {
            "train/loss": [
                (120 * epoch + at, 1 / at) for epoch in (0, 1, 2) for at in (40, 80, 120)
            ],
        },
    ),
    "a counter that a bar and a line tell is the same": (
        "".join(
            f"Fold {fold}, Epoch {at}/2: 100%|####| 10/10 [00:10<00:00,  1.02s/it]\n"
            f"Fold {fold}, Epoch {at}: Val Acc: 0.{fold}{at}\n"
            for fold in (1, 2)
            for at in (1, 2)
        ),
        {"val/Acc": [(1, 0.11), (2, 0.12), (1, 0.21), (2, 0.22)]},
    ),
    "results of folds and seeds are a curve over them": (
        "Fold 1 accuracy: 0.5, f1: 0.25\nFold 2 accuracy: 0.75, f1: 0.5\n",
        {"accuracy": [(1, 0.5), (2, 0.75)], "f1": [(1, 0.25), (2, 0.5)]},
    ),
    "a title with the counter of a result is no result": (
        (
            "===== Fold 1 =====\nEpoch 1: val_loss=0.5\nEpoch 2: val_loss=0.25\n"
            "Fold 1 best AUC: 0.75\n"
            "===== Fold 2 =====\nEpoch 1: val_loss=0.625\nEpoch 2: val_loss=0.375\n"
            "Fold 2 best AUC: 0.875\n"
        ),
        {
            "val/loss": [(1, 0.5), (2, 0.25), (1, 0.625), (2, 0.375)],
            "best AUC": [(1, 0.75), (2, 0.875)],
        },
    ),
    "Chinese words stand within a run of others": (
        "训练集准确率: 0.75\n最终测试集准确率: 0.5\n",
        {"训练集准确率": [(0, 0.75)], "最终测试集准确率": [(0, 0.5)]},
    ),
    "a result that stands once beside the first step of a curve": (
        "0 val 10.5\n0 probe 0.25\n" + "".join(f"{at} train {9 - at}.5\n" for at in range(8)),
        {
            "val": [(0, 10.5)],
            "probe": [(0, 0.25)],
            "train": [(at, 9.5 - at) for at in range(8)],
        },
    ),
    "a time has its unit right behind its number": (
        "".join(
            f"Epoch {at}/3\nTrain Loss: {at}.5\nTime: 12{at}.25s - LR: 0.5 (0.125s/it, 3s)\n"
            for at in (1, 2, 3)
        ),
        {
            "train/Loss": [(at, at + 0.5) for at in (1, 2, 3)],
            "Time": [(at, 120.25 + at) for at in (1, 2, 3)],
            "LR": [(at, 0.5) for at in (1, 2, 3)],
        },
    ),
    "the program's source stands before its log": (
        "import torch\n\nlr = 0.5\ndef main():\n"
        '    log0(f"step:{step+1}/{steps} loss:{loss:.4f} spent:{approx_spent:.3f}s"\n'
        '         + f" avg:{1000*approx_avg/(step + 1):.2f}ms", console=True)\n'
        "=====================\n"
        + "".join(f"step:{at}/90 loss:{9 - at / 10:.4f} spent:{at}.25s\n" for at in range(9)),
        {
            "loss": [(at, 9 - at / 10) for at in range(9)],
            "spent": [(at, at + 0.25) for at in range(9)],
        },
    ),
    "a bar of a test's batches below the training counts no epochs": (
        "".join(f"Epoch {at}/3\nTrain Loss: {at}.5\n" for at in (1, 2, 3))
        + "Loaded best model with validation loss: 0.5\n"
        "Testing:   0%|          | 0/21 [00:00<?, ?it/s]\n"
        "Testing: 100%|██████████| 21/21 [00:00<00:00, 41.25it/s]\n"
        "Test Loss: 0.25\n",
        {"train/Loss": [(at, at + 0.5) for at in (1, 2, 3)], "test/Loss": [(3, 0.25)]},
    ),
    "the summaries of COCO stand below each epoch, one for boxes and one for masks": (
        "".join(
            f"Epoch: [{at}] loss: {at}.5\n"
            + "".join(
                f"IoU metric: {what}\n"
                " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ]"
                f" = 0.{at}{digit}1\n"
                " Average Precision  (AP) @[ IoU=0.75      | area=   all | maxDets=100 ]"
                f" = 0.{at}{digit}2\n"
                " Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets= 10 ]"
                f" = 0.{at}{digit}3\n"
                " Average Recall     (AR) @[ IoU=0.50:0.95 | area= small | maxDets=100 ]"
                f" = 0.{at}{digit}4\n"
                for what, digit in (("bbox", 1), ("segm", 2))
            )
            for at in range(1, 5)
        ),
        {
            "loss": [(at, at + 0.5) for at in range(1, 5)],
            **{
                f"{what}/{name}": [(at, float(f"0.{at}{digit}{last}")) for at in range(1, 5)]
                for what, digit in (("bbox", 1), ("segm", 2))
                for name, last in (("AP", 1), ("AP75", 2), ("AR_10", 3), ("AR_small", 4))
            },
        },
    ),
    "a result stands before its name, below the model that has it": (
        (
            "Fitting model: Near ... Training model for up to 9s\n"
            "\t0.75\t = Validation score   (accuracy)\n\t0.5s\t = Training   runtime\n"
            "Fitting model: Tree_2 ...\n"
            "\t0.875\t = Validation score   (accuracy)\n\t1.5s\t = Training   runtime\n"
        ),
        {
            "Near/Validation accuracy": [(0, 0.75)],
            "Tree_2/Validation accuracy": [(0, 0.875)],
        },
    ),
    "a star is before what a validation gave, though no line says so": (
        "".join(
            f"Epoch: [{at}][10/20]\tLoss {at}.5000 ({at}.2500)\tMAE 0.{at}5 (0.{at}25)\n"
            f" * MAE 0.{at}75\n"
            for at in range(4)
        ),
        {
            "Loss": [(at * 20 + 10, at + 0.5) for at in range(4)],
            "Loss/avg": [(at * 20 + 10, at + 0.25) for at in range(4)],
            "MAE": [(at * 20 + 10, float(f"0.{at}5")) for at in range(4)],
            "MAE/avg": [(at * 20 + 10, float(f"0.{at}25")) for at in range(4)],
            "val/MAE": [(at * 20 + 10, float(f"0.{at}75")) for at in range(4)],
        },
    ),
    "the printed dict of an evaluation does not go on with the loss of the training": (
        "".join(f"INFO:tensorflow:loss = {9 - at}.5, step = {at * 100}\n" for at in range(9))
        + "{'accuracy': 0.875, 'global_step': 900, 'loss': 0.25}\n",
        {
            "loss": [(at * 100, 9.5 - at) for at in range(9)],
            "accuracy": [(900, 0.875)],
            "eval/loss": [(900, 0.25)],
        },
    ),
    "the shorter one of two bars without names is that of an evaluation": (
        "".join(
            f"\nEpoch: {at}\n"
            f" [==>  1/98 ......]  Step: 45ms | Loss: {at}.75 | Acc: 12.500% (16/128)\n"
            f" [=====> 98/98 ...]  Step: 45ms | Loss: {at}.50 | Acc: 2{at}.500% (99/999)\n"
            f" [==>  1/60 ......]  Step: 15ms | Loss: {at}.95 | Acc: 13.500% (15/100)\n"
            f" [=====> 60/60 ...]  Step: 15ms | Loss: {at}.25 | Acc: 3{at}.500% (88/888)\n"
            for at in range(4)
        ),
        {
            "Loss": [(at, at + 0.5) for at in range(4)],
            "Acc": [(at, 20.5 + at) for at in range(4)],
            "eval/Loss": [(at, at + 0.25) for at in range(4)],
            "eval/Acc": [(at, 30.5 + at) for at in range(4)],
        },
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_log_of_each_kind_gives_its_curves(kind: str) -> None:
    """All of them, and nothing else."""
    text, expected = KINDS[kind]
    assert curves(rows_of(text)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_log_of_each_kind_is_known_for_one(kind: str) -> None:
    """Under a name that says nothing."""
    data = KINDS[kind][0].encode()
    assert detect(Head("out.log", data, len(data))).confidence >= ENOUGH


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_in_a_log_of_each_kind_changes_nothing(kind: str) -> None:
    """Fed in pieces of seven bytes, saved and restored between them."""
    text, expected = KINDS[kind]
    assert curves(rows_of(text, range(7, len(text.encode()), 7))) == expected


def test_a_table_of_prose_names_is_read_before_it_is_shown_as_text() -> None:
    """Its names have blanks, and its cells stand to the right."""
    rows = "".join(f"{at:<8}{at * 7 % 40:>20}{at * 3:>20}\n" for at in range(12))
    data = f"Episode          Prey Reward        Total Reward\n{rows}".encode()
    assert detect(Head("train_log.txt", data, len(data))).confidence > 0.55


def test_two_first_lines_and_nothing_else_are_two_trainings() -> None:
    """Each says the first epoch, and another loss: neither takes the other's place."""
    first = "Epoch 1: loss = 0.5 (9.5 data/s; 42.5 s/epoch)\n"
    found = rows_of(first + first.replace("0.5", "0.25"))
    assert curves(found) == {"loss": [(1, 0.5), (1, 0.25)]}
    assert [rows.columns[RUN] for rows in found] == [["", "2"]]


def test_names_behind_a_hash_are_a_header_though_a_remark_stands_below_them() -> None:
    """Numbers in columns under them are curves, and no matrix."""
    remark = "# Where nothing is known, rmse_*_{val,trn} will say nan\n"
    rows = "".join(f"{at * 100:7}   {9 - at}.5e-01   0.{at}5\n" for at in range(9))
    data = f"#  step    rmse_val   lr\n{remark}{rows}".encode()
    found = {
        name: known.detect(Head("curve.out", data, len(data))).confidence
        for name, known in formats().items()
        if name in {"matrix", "table"}
    }
    assert found["matrix"] < ENOUGH <= found["table"]
    assert curves(rows_of(data, form="table"), "step") == {
        "rmse_val": [(at * 100, float(f"{9 - at}.5e-01")) for at in range(9)],
        "lr": [(at * 100, float(f"0.{at}5")) for at in range(9)],
    }
