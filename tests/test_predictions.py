"""Predictions beside the truth: which tables they are, and that their scores are right."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers import tbhttp
from helpers.loaded import accumulated
from helpers.logs import written
from helpers.predicted import PETS, table, values
from helpers.readers import as_bytes, head_of, read
from tensorboardX import SummaryWriter
from tensorboardX.summary import compute_curve

import tbingest
from tbingest.formats.predictions import predictions, scores
from tbingest.formats.registry import evidence
from tbingest.model.points import Confusion, Curves, PrCurve

if TYPE_CHECKING:
    from pathlib import Path

NO_PLOTS = tbingest.Options(plots="none")


def chosen(text: str | bytes, name: str = "log.csv") -> str:
    """The format that reads a text; empty where none is sure."""
    entry, said = evidence(head_of(as_bytes(text), name))[0]
    return entry.name if said.confidence >= 0.5 else ""


def numbers(text: str | bytes) -> dict[str, float]:
    return {key: one for key, one in values(text).items() if isinstance(one, float)}


# Which tables they are


@pytest.mark.parametrize(
    "header",
    [
        "y_true,y_pred",
        "Actual,Predicted",
        "label,prediction",
        "id,target,pred,file",
        "ground_truth;predicted_class",
        "true\tpred",
        "label,prob_0,prob_1",
        "y_true,y_score",
        "epoch,y_true,y_pred",
        "y_true,y_pred,loss",
    ],
)
def test_a_truth_beside_what_was_predicted_makes_predictions(header: str) -> None:
    """Whatever the columns are called, in whatever order, and what else there is."""
    mark = next(mark for mark in (",", ";", "\t") if mark in header)
    width = header.count(mark) + 1
    rows = "".join(mark.join([str(place % 2)] * width) + "\n" for place in range(6))
    assert chosen(f"{header}\n{rows}") == "predictions"


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        ("step,actual,predicted\n1,3.0,2.9\n2,3.5,3.4\n3,4.0,4.2\n", ""),
        ("epoch,loss,target,score\n1,0.5,10,3\n2,0.4,10,4\n", "table"),
        ("step,train_loss,val_loss,label,pred\n1,1,1,1,1\n1,1,1,0,1\n", "table"),
        ("episode,score,target\n1,10,200\n2,15,200\n", "table"),
        ("epoch,precision,recall,label\n1,0.5,0.5,1\n2,0.6,0.6,1\n", "table"),
    ],
)
def test_a_log_of_a_training_is_none(text: str, format_: str) -> None:
    """One record a step makes curves, and so do columns of losses."""
    assert chosen(text) in {format_, "table", "rows"}


def test_generated_texts_are_no_classes() -> None:
    """Hardly one comes twice."""
    lines = [f"{n},the {n}th sentence,the {n}th sentense" for n in range(50)]
    assert chosen("\n".join(["id,target,prediction", *lines]) + "\n") != "predictions"


def test_columns_that_are_called_like_scores_of_no_class_make_no_predictions() -> None:
    """Statistics have a `p_value` and a mean of scores."""
    assert chosen("target,p_value,p_adj\n0,0.1,0.2\n1,0.3,0.4\n0,0.1,0.2\n") != "predictions"
    assert chosen("label,score_mean,score_std\na,0.1,0.2\na,0.3,0.4\nb,1,2\n") != "predictions"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ('{"label": 1, "pred": 0}\n{"label": 0, "pred": 0}\n', "p.jsonl"),
        ('[{"actual": "a", "predicted": "b"}, {"actual": "b", "predicted": "b"}]', "cm.json"),
        ('{"y_true": [1, 0, 1], "y_pred": [1, 0, 0]}', "p.json"),
        ('{"y_true": ["a", "b"], "y_pred": ["a", "a"]}', "p.json"),
    ],
)
def test_json_holds_predictions_as_lines_or_in_one_document(data: str, name: str) -> None:
    """A list of objects or an object of lists."""
    assert chosen(data, name) == "predictions"
    assert 0 < values(data, name)["accuracy"] < 1


def test_arrays_are_read_from_an_npz() -> None:
    """A matrix of scores has a column for each class."""
    stream = io.BytesIO()
    said = np.asarray([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3]])
    np.savez(stream, y_true=np.asarray([0, 1, 1]), y_score=said)
    assert chosen(stream.getvalue(), "predictions.npz") == "predictions"
    assert numbers(stream.getvalue())["accuracy"] == 2 / 3


# What is said of them


def test_the_scores_of_five_pets_are_as_counted_by_hand() -> None:
    """Of two cats and three dogs, one of each is taken for the other."""
    found = values(PETS)
    assert found["accuracy"] == 3 / 5
    assert found["balanced_accuracy"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert found["f1_macro"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert (found["precision"], found["recall"], found["f1"]) == (2 / 3, 2 / 3, 2 / 3)
    # Dogs at 0.8, 0.7, 0.25 against cats at 0.6, 0.1: five of six pairs are in order, but 0.25-0.6.
    assert found["roc_auc"] == pytest.approx(5 / 6)
    assert found["average_precision"] == pytest.approx((1 + 1 + 3 / 4) / 3)
    truth = (0.9, 0.4, 0.8, 0.7, 0.25)
    assert found["log_loss"] == pytest.approx(-sum(map(np.log, truth)) / 5)
    assert found["brier"] == pytest.approx(sum((1 - one) ** 2 for one in truth) / 5)
    assert found["confusion"] == Confusion(("cat", "dog"), ((1, 1), (1, 2)))
    assert found["confusion_normalised"].shares


def test_numbers_have_errors() -> None:
    """Errors of 1, -1 and 2 around a mean of 2.5."""
    found = values("target,prediction\n1.5,2.5\n2.5,1.5\n3.5,5.5\n")
    assert found["mae"] == 4 / 3
    assert found["rmse"] == pytest.approx(2**0.5)
    assert found["r2"] == 1 - 6 / 2
    assert found["fit"].lines[0].x == (1.5, 2.5, 3.5)
    assert found["fit"].lines[0].y == (2.5, 1.5, 5.5)
    assert found["residuals"].lines[0].y == (1.0, -1.0, 2.0)


def test_a_constant_truth_has_no_r2() -> None:
    """Nor has a class that alone is there a ROC curve: nothing is written rather than NaN."""
    assert numbers("target,pred\n1.5,1.0\n1.5,2.0\n").keys() == {"mae", "rmse"}
    alone = numbers("y_true,y_score\n1,0.5\n1,0.75\n")
    assert "roc_auc" not in alone
    assert alone["accuracy"] == 0.5


def test_one_score_is_that_of_the_class_that_sorts_last() -> None:
    """Or that its column names; without a prediction over one half decides."""
    text = "label,{}\nbad,0.1\nbad,0.6\ngood,0.9\ngood,0.8\n"
    assert numbers(text.format("prob"))["roc_auc"] == 1
    assert numbers(text.format("prob"))["accuracy"] == 0.75
    assert numbers(text.format("prob_bad"))["roc_auc"] == 0
    assert numbers(text.format("prob_bad"))["accuracy"] == 0.25


def test_a_number_between_zero_and_one_beside_zeros_and_ones_is_a_score() -> None:
    """It is called a prediction all the same."""
    found = numbers("y_true,y_pred\n0,0.25\n1,0.75\n1,0.5\n0,0.125\n")
    assert found["roc_auc"] == 1
    assert found["accuracy"] == 0.75


def test_a_confidence_belongs_to_what_was_predicted() -> None:
    """Where it never falls below one half though both classes are predicted."""
    text = "y_true,y_pred,confidence\n0,0,0.9\n1,1,0.8\n0,1,0.6\n1,1,0.7\n"
    assert numbers(text)["brier"] == pytest.approx((0.1**2 + 0.2**2 + 0.6**2 + 0.3**2) / 4)
    three = "y_true,y_pred,confidence\na,a,0.9\nb,b,0.7\nc,b,0.6\nc,c,0.8\n"
    assert numbers(three)["ece"] == pytest.approx((0.1 + 0.3 + 0.6 + 0.2) / 4)


def test_logits_become_probabilities() -> None:
    """By softmax, or for one alone by the logistic function."""
    said = np.log([[0.9, 0.1], [0.25, 0.75]])
    two = table(y_true=[0, 1], logit_0=said[:, 0], logit_1=said[:, 1])
    one = table(y_true=[0, 1], logit=said[:, 1] - said[:, 0])
    assert numbers(two)["log_loss"] == pytest.approx(-np.log([0.9, 0.75]).mean())
    assert numbers(one)["log_loss"] == pytest.approx(-np.log([0.9, 0.75]).mean())


def test_numbered_scores_of_named_classes_are_told_by_what_was_predicted() -> None:
    """Here the first column is that of the dog, though the cat sorts first."""
    text = "y_true,y_pred,p_0,p_1\ncat,cat,0.2,0.8\ndog,dog,0.9,0.1\ncat,dog,0.7,0.3\n"
    assert numbers(text)["log_loss"] == pytest.approx(-np.log([0.8, 0.9, 0.3]).mean())


def test_without_a_prediction_the_order_of_the_names_decides_and_that_is_said() -> None:
    """As scikit-learn's `classes_` are ordered."""
    records, problems = read("predictions", "y_true,p_0,p_1\ncat,0.8,0.2\ndog,0.1,0.9\n")
    assert [one.what for one in problems] == [
        "the scores of 2 classes are taken in the order of their names"
    ]
    assert records[0][1]["accuracy"] == 1


def test_a_column_of_a_class_that_never_comes_keeps_its_probability() -> None:
    """Three columns, two classes met."""
    text = "y_true,prob_0,prob_1,prob_2\n0,0.5,0.25,0.25\n1,0.25,0.5,0.25\n"
    assert numbers(text)["log_loss"] == pytest.approx(np.log(2))


def test_records_that_lack_something_are_reported() -> None:
    """How many, the first of them, and that nothing else is lost."""
    text = "y_true,y_pred,prob_1\n1,1,0.9\n,1,0.8\n0,0,nan\n0,0,0.2\n"
    records, problems = read("predictions", text)
    (problem,) = problems
    assert problem.what == "2 records lack one of 'y_true', 'y_pred', 'prob_1'"
    assert (problem.line, problem.values) == (3, 2)
    (drawn,) = (record["confusion"] for _, record in records if "confusion" in record)
    assert drawn.counts == ((1, 0), (0, 1))


def test_labels_may_begin_as_numbers() -> None:
    """A name that comes late makes all of them names."""
    text = "y_true,y_pred\n" + "1,1\n0,0\n" * 10 + "unknown,1\n"
    assert values(text)["confusion"].labels == ("0", "1", "unknown")
    assert values(text)["accuracy"] == 20 / 21


def test_records_beyond_two_million_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those before them count."""
    monkeypatch.setattr(predictions, "_PIECE", 100)
    monkeypatch.setattr(predictions, "_MAX_RECORDS", 40)
    records, problems = read("predictions", "y_true,y_pred\n" + "1,1\n" * 100)
    (problem,) = problems
    (drawn,) = (record["confusion"] for _, record in records if "confusion" in record)
    assert problem.values + np.sum(drawn.counts) == 100
    assert problem.what == f"after {100 - problem.values} records, {problem.values} are left out"


def test_of_many_steps_fifty_are_drawn() -> None:
    """The last among them; all have their scores."""
    steps = np.repeat(np.arange(120), 3)
    text = table(step=steps, y_true=steps % 2, y_pred=[*(steps[1:] % 2), 1])
    records, problems = read("predictions", text)
    assert [one.what for one in problems] == ["the figures of 50 of 120 steps are drawn"]
    drawn = [record["step"] for _, record in records if "confusion" in record]
    assert (len(drawn), drawn[0], drawn[-1]) == (50, 0, 119)
    assert sum("accuracy" in record for _, record in records) == 120


def test_labels_are_one_class_however_the_numbers_are_written() -> None:
    """1, 1.0 and 01."""
    assert numbers("y_true,y_pred\n1,1.0\n2,2\n0,0\n0,00\n")["accuracy"] == 1


def test_whole_numbers_are_classes_while_they_are_few() -> None:
    """Or while a column is called a label."""
    many = list(range(300))
    assert "mae" in numbers(table(target=many, prediction=many))
    assert "accuracy" in numbers(table(label=many, pred_label=many))
    assert "accuracy" in numbers(table(target=many[:100], prediction=many[:100]))


def test_each_epoch_of_a_table_is_a_step_and_each_split_a_folder() -> None:
    """Records of one step need not stand together."""
    text = table(
        epoch=[2, 1, 2, 1, 1],
        split=["val", "val", "val", "train", "val"],
        y_true=[1, 1, 0, 1, 0],
        y_pred=[1, 0, 0, 1, 0],
    )
    records, problems = read("predictions", text)
    assert problems == []
    shown: dict[tuple[int, str], float] = {
        (record["epoch"], name): value
        for _, record in records
        for name, value in record.items()
        if name.endswith("/accuracy")
    }
    assert shown == {(1, "train/accuracy"): 1.0, (1, "val/accuracy"): 0.5, (2, "val/accuracy"): 1.0}


def test_the_step_stands_in_the_files_name(tmp_path: Path) -> None:
    """The tenth comes after the second, in the run of the log above."""
    (tmp_path / "metrics.csv").write_text("step,loss\n1,0.5\n2,0.25\n")
    for epoch, pred in ((10, 1), (2, 0)):
        path = tmp_path / f"val_predictions_epoch_{epoch}.csv"
        path.write_text(f"y_true,y_pred\n1,{pred}\n0,0\n")
    report = tbingest.convert(tmp_path, tmp_path / "runs", NO_PLOTS)
    assert {source.run for source in report.sources} == {tmp_path.name}
    loaded = dict(accumulated(tmp_path / "runs"))
    points = loaded[tmp_path.name].Scalars("val_predictions/accuracy")
    assert [(point.step, point.value) for point in points] == [(2, 0.5), (10, 1.0)]


# Against the libraries


def noisy(classes: int, seed: int) -> tuple[Any, Any, Any]:
    """Truth, probabilities with ties, and predictions of 400 records."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, classes, 400)
    raw = rng.normal(size=(400, classes))
    raw[np.arange(400), true] += 0.8
    shares = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    shares = rng.multinomial(64, shares) / 64
    return true, shares, shares.argmax(axis=1)


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_score_of_classes_is_scikit_learns(classes: int, seed: int) -> None:
    """With ties in the scores, and as many digits as floats have."""
    metrics = pytest.importorskip("sklearn.metrics")
    true, shares, pred = noisy(classes, seed)
    columns = {f"prob_{n}": shares[:, n] for n in range(classes)}
    found = values(table(y_true=true, y_pred=pred, **columns))
    binary = classes == 2
    scored = shares[:, 1] if binary else shares
    many = {} if binary else {"multi_class": "ovr"}
    wanted = {
        "accuracy": metrics.accuracy_score(true, pred),
        "balanced_accuracy": metrics.balanced_accuracy_score(true, pred),
        "f1_macro": metrics.f1_score(true, pred, average="macro"),
        "roc_auc": metrics.roc_auc_score(true, scored, **many),
        "average_precision": metrics.average_precision_score(true, scored),
        "log_loss": metrics.log_loss(true, shares),
        "brier": metrics.brier_score_loss(true, scored),
    }
    each = metrics.precision_recall_fscore_support(true, pred, zero_division=0)
    for name, part in zip(("precision", "recall", "f1"), each, strict=False):
        if binary:
            wanted[name] = part[1]
        else:
            wanted |= {f"{name}/{n}": part[n] for n in range(classes)}
    if not binary:
        for n in range(classes):
            wanted[f"roc_auc/{n}"] = metrics.roc_auc_score(true == n, shares[:, n])
            wanted[f"average_precision/{n}"] = metrics.average_precision_score(
                true == n, shares[:, n]
            )
    plain = {name: one for name, one in found.items() if isinstance(one, float)}
    assert plain.keys() == {*wanted, "ece"}
    assert {name: plain[name] for name in wanted} == pytest.approx(wanted, rel=1e-12)
    counts = metrics.confusion_matrix(true, pred)
    np.testing.assert_array_equal(found["confusion"].counts, counts)


def test_every_curve_is_scikit_learns() -> None:
    """ROC, precision and recall, and calibration, point by point."""
    metrics = pytest.importorskip("sklearn.metrics")
    from sklearn.calibration import calibration_curve

    true, shares, _ = noisy(2, 3)
    positive, said = true == 1, shares[:, 1]
    counts = scores.ranked(positive, said)
    fpr, tpr, _ = metrics.roc_curve(true, said, drop_intermediate=False)
    np.testing.assert_allclose(scores.roc(counts), (fpr, tpr), rtol=1e-12)
    precision, recall, _ = metrics.precision_recall_curve(true, said)
    np.testing.assert_allclose(
        scores.precision_recall(counts), (recall[::-1], precision[::-1]), rtol=1e-12
    )
    right, mean = calibration_curve(true, said, n_bins=10)
    bins = scores.calibration(positive, said)
    np.testing.assert_allclose((bins.right, bins.said), (right, mean), rtol=1e-12)


def test_every_score_of_numbers_is_scikit_learns() -> None:
    """Errors and the coefficient of determination."""
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(4)
    true = rng.normal(50, 10, 500)
    pred = true + rng.normal(0, 3, 500)
    assert numbers(table(target=true, prediction=pred)) == pytest.approx(
        {
            "mae": metrics.mean_absolute_error(true, pred),
            "rmse": metrics.root_mean_squared_error(true, pred),
            "r2": metrics.r2_score(true, pred),
        },
        rel=1e-12,
    )


def test_a_pr_curve_is_the_one_that_tensorboardx_works_out() -> None:
    """All four counts at each of 127 thresholds."""
    true, shares, pred = noisy(3, 5)
    columns = {f"prob_{n}": shares[:, n] for n in range(3)}
    found = values(table(y_true=true, y_pred=pred, **columns))
    for n in range(3):
        curve = found[f"pr_curve/{n}"]
        assert isinstance(curve, PrCurve)
        wanted = compute_curve(true == n, shares[:, n], 127)
        ours = (
            *(curve.true_positives, curve.false_positives),
            *(curve.true_negatives, curve.false_negatives),
        )
        np.testing.assert_array_equal(ours, wanted[:4])


# In TensorBoard


@pytest.mark.parametrize("load_fast", ["true", "false"])
def test_both_loaders_show_a_pr_curve_of_each_class(load_fast: str, tmp_path: Path) -> None:
    """In the plug-in's own tab, at every step, with its counts, precision and recall."""
    rows = PETS.splitlines()
    lines = [f"epoch,{rows[0]}"] + [f"{epoch},{row}" for epoch in (1, 2) for row in rows[1:]]
    (tmp_path / "preds.csv").write_text("\n".join(lines) + "\n")
    tbingest.convert(tmp_path / "preds.csv", tmp_path / "runs", NO_PLOTS)
    with tbhttp.tensorboard(tmp_path / "runs", load_fast) as url:
        tags = tbhttp.wait_for(lambda: tbhttp.tags(url, "pr_curves"))
        assert sorted(tags["preds"]) == ["preds/pr_curve/cat", "preds/pr_curve/dog"]
        query = {"run": "preds", "tag": "preds/pr_curve/dog"}
        found = tbhttp.get_json(url, "/data/plugin/pr_curves/pr_curves", **query)["preds"]
    assert [entry["step"] for entry in found] == [1, 2]
    first = found[0]
    assert len(first["thresholds"]) == 101  # of 127 those up to the highest score, 0.8
    # At 0.5: the dogs at 0.8 and 0.7 and the cat at 0.6 are taken for dogs.
    place = first["thresholds"].index(min(first["thresholds"], key=lambda one: abs(one - 0.5)))
    names = ("true_positives", "false_positives", "true_negatives", "false_negatives")
    assert [first[name][place] for name in names] == [2, 1, 1, 1]
    assert first["precision"][place] == pytest.approx(2 / 3)
    assert first["recall"][place] == pytest.approx(2 / 3)


def test_figures_stand_beside_the_scores_and_nothing_is_drawn_twice(tmp_path: Path) -> None:
    """A second convert writes nothing."""
    (tmp_path / "preds.csv").write_text(PETS)
    source, logdir = tmp_path / "preds.csv", tmp_path / "runs"
    (first,) = tbingest.convert(source, logdir).sources
    assert first.written == {"scalar": 11, "image": 5, "pr_curve": 2}
    assert first.read == 18
    images = dict(accumulated(logdir))["preds"].Tags()["images"]
    names = ("confusion", "confusion_normalised", "roc", "precision_recall", "calibration")
    assert {f"preds/{name}" for name in names} < set(images)
    before = {path: path.read_bytes() for path in logdir.rglob("*tfevents*")}
    again = tbingest.convert(source, logdir)
    assert (again.points, again.figures) == (0, 0)
    assert before == {path: path.read_bytes() for path in logdir.rglob("*tfevents*")}
    other = tmp_path / "other"
    tbingest.convert(source, other)
    assert sorted(before.values()) == sorted(p.read_bytes() for p in other.rglob("*tfevents*"))


def test_an_epoch_more_adds_only_itself(tmp_path: Path) -> None:
    """What was written of the others stays as it is."""
    path, rows = tmp_path / "preds.csv", PETS.splitlines()
    path.write_text("\n".join([f"epoch,{rows[0]}", *(f"1,{row}" for row in rows[1:])]) + "\n")
    (first,) = tbingest.convert(path, tmp_path / "runs").sources
    with path.open("a") as file:
        file.write("\n".join(f"2,{row}" for row in rows[1:]) + "\n")
    (second,) = tbingest.convert(path, tmp_path / "runs").sources
    assert second.written == first.written
    assert (second.superseded, second.replaced, second.problems) == (0, 0, [])


def test_an_epoch_that_was_not_whole_is_told_again(tmp_path: Path) -> None:
    """What its later records change takes the place of what was said before."""
    path, rows = tmp_path / "preds.csv", PETS.splitlines()
    lines = [f"epoch,{rows[0]}", *(f"{epoch},{row}" for epoch in (1, 2) for row in rows[1:])]
    path.write_text("\n".join(lines[:-2]) + "\n")
    tbingest.convert(path, tmp_path / "runs", NO_PLOTS)
    path.write_text("\n".join(lines) + "\n")
    tbingest.convert(path, tmp_path / "runs", NO_PLOTS)
    points = dict(accumulated(tmp_path / "runs"))["preds"].Scalars("preds/accuracy")
    assert [(point.step, point.value) for point in points] == [
        (1, pytest.approx(0.6)),
        (2, pytest.approx(0.6)),
    ]


def test_any_writer_takes_pr_curves_and_figures(tmp_path: Path) -> None:
    """TensorboardX's shows the same tags as ours."""
    (tmp_path / "preds.csv").write_text(PETS)
    with SummaryWriter(str(tmp_path / "theirs")) as writer:
        assert tbingest.replay(tbingest.read(tmp_path / "preds.csv"), writer) == 18
    tbingest.convert(tmp_path / "preds.csv", tmp_path / "runs")
    theirs = dict(accumulated(tmp_path / "theirs"))
    ours = dict(accumulated(tmp_path / "runs"))["preds"]
    (written,) = theirs.values()
    assert sorted(written.Tags()["tensors"]) == sorted(ours.Tags()["tensors"])
    assert {*written.Tags()["images"], "overview"} == set(ours.Tags()["images"])
    tag = "preds/pr_curve/dog"
    assert written.Tensors(tag)[0].tensor_proto == ours.Tensors(tag)[0].tensor_proto
    assert written.SummaryMetadata(tag).plugin_data == ours.SummaryMetadata(tag).plugin_data


def test_without_plots_no_matplotlib_is_loaded(tmp_path: Path) -> None:
    """The scores are there, the figures are not counted."""
    (tmp_path / "preds.csv").write_text(PETS)
    script = f"""
        import sys, tbingest
        report = tbingest.convert({str(tmp_path / "preds.csv")!r}, {str(tmp_path / "runs")!r},
                                  tbingest.Options(plots="none"))
        (source,) = report.sources
        print(source.read, sorted(source.written.items()), "matplotlib" in sys.modules)
    """
    told = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "13 [('pr_curve', 2), ('scalar', 11)] False"


# What was worked out already


def test_a_roc_curve_of_dvclive_has_its_area() -> None:
    """A list of points, of which the first threshold is infinite."""
    points = [
        (0.0, 0.0, np.inf),
        (0.0, 0.5, 0.8),
        (0.5, 0.5, 0.4),
        (0.5, 1.0, 0.3),
        (1.0, 1.0, 0.1),
    ]
    text = json.dumps({"roc": [{"fpr": x, "tpr": y, "threshold": t} for x, y, t in points]})
    assert chosen(text, "roc.json") == "evaluation-plots"
    ((_, found),), problems = read("evaluation-plots", text)
    assert problems == []
    assert found["roc_auc"] == 0.75
    assert found["roc"].lines[0].x == (0.0, 0.0, 0.5, 0.5, 1.0)
    assert found["roc"].lines[0].y == (0.0, 0.5, 0.5, 1.0, 1.0)


def test_curves_of_several_classes_share_a_figure() -> None:
    """Each under its name, as lists."""
    curve = {"fpr": [0.0, 0.0, 1.0], "tpr": [0.0, 1.0, 1.0]}
    text = json.dumps({"cat": curve, "dog": {"fpr": [0.0, 1.0], "tpr": [0.0, 1.0]}})
    ((_, found),), _ = read("evaluation-plots", text)
    assert (found["roc_auc/cat"], found["roc_auc/dog"]) == (1.0, 0.5)
    assert [line.name for line in found["roc"].lines] == ["cat", "dog"]


def test_precision_and_recall_make_a_curve_beside_thresholds_only() -> None:
    """Alone they are a history of epochs."""
    lists = {"precision": [0.5, 2 / 3, 1.0], "recall": [1.0, 1.0, 0.0]}
    assert chosen(json.dumps(lists), "history.json") != "evaluation-plots"
    text = json.dumps({**lists, "thresholds": [0.2, 0.7]})
    assert chosen(text, "pr.json") == "evaluation-plots"
    ((_, found),), _ = read("evaluation-plots", text)
    assert found["average_precision"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"confusion_matrix": [[8, 2], [1, 9]], "labels": ["cat", "dog"]}', "cm.json"),
        ("[[8, 2], [1, 9]]", "confusion_matrix.json"),
        ("8,2\n1,9\n", "confusion_matrix.csv"),
        ("8.000e+00 2.000e+00\n1.000e+00 9.000e+00\n", "confusion.txt"),
        (",cat,dog\ncat,8,2\ndog,1,9\n", "confusion_matrix.csv"),
    ],
)
def test_a_confusion_matrix_gives_what_its_records_would(text: str, name: str) -> None:
    """As JSON, and as a table that is called so."""
    assert chosen(text, name) == "evaluation-plots"
    ((_, found),), problems = read("evaluation-plots", text, name)
    assert problems == []
    assert found["confusion"].counts == ((8, 2), (1, 9))
    assert found["accuracy"] == 17 / 20
    assert found["recall"] == 9 / 10


def test_what_stands_beside_a_confusion_matrix_is_kept() -> None:
    """A loss is a scalar of its own, and the epoch the step."""
    text = '{"confusion_matrix": [[8, 2], [1, 9]], "loss": 0.5, "epoch": 3, "accuracy": 0.875}'
    ((_, found),), _ = read("evaluation-plots", text)
    assert (found["loss"], found["epoch"], found["accuracy"]) == (0.5, 3, 0.875)


def test_a_normalised_matrix_is_no_count_of_records() -> None:
    """Shares tell no accuracy."""
    _, problems = read("evaluation-plots", '{"confusion_matrix": [[0.8, 0.2], [0.1, 0.9]]}')
    assert problems[0].what == "holds no confusion matrix of whole numbers and no curve"


def test_of_many_classes_the_frequent_ones_are_drawn_and_the_others_as_one() -> None:
    """All records are in the figure, and all classes in the scores."""
    true = np.arange(2000) % 40
    pred = (true + (np.arange(2000) % 7 == 0)) % 40
    found = values(table(label=true, pred_label=pred))
    drawn = found["confusion"]
    assert len(drawn.labels) == 24
    assert drawn.labels[-1] == "(others)"
    assert np.sum(drawn.counts) == 2000
    assert found["accuracy"] == np.mean(true == pred)
    assert isinstance(found["confusion"], Confusion)
    assert not any(isinstance(one, Curves) for one in found.values())


def test_each_of_several_numbers_that_were_predicted_has_its_scores(tmp_path: Path) -> None:
    rows = "".join(f"{at},{at + 0.5},{at / 3:.3f},{at / 3:.3f}\n" for at in range(1, 9))
    path = tmp_path / "test_predictions.csv"
    path.write_text("y_true_peak,y_pred_peak,y_true_day,y_pred_day\n" + rows)
    found = written(path, tmp_path / "runs")
    assert found["test_predictions", "test_predictions/peak/mae"] == [(0, 0.5)]
    assert found["test_predictions", "test_predictions/day/mae"] == [(0, 0.0)]


def test_samples_of_errors_are_not_scored() -> None:
    """Of what a model got wrong nothing is right: that is no accuracy of 0."""
    text = "text,true_label,pred_label\nbad,cat,dog\nworse,dog,cat\nworst,cat,dog\n"
    confidence = {
        name: {one.name: found.confidence for one, found in evidence(head_of(as_bytes(text), name))}
        for name in ("error_samples.csv", "predictions.csv")
    }
    assert (
        confidence["error_samples.csv"]["predictions"]
        < 0.5
        < confidence["predictions.csv"]["predictions"]
    )
