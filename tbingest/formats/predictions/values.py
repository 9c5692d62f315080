"""What predictions give to show: scores by name, PR curves, and figures yet to be drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.predictions import scores
from tbingest.model.points import Confusion, Curves, Line, PrCurve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

FEW = 10
"""Up to so many classes have scores of their own."""
MAX_CURVES = 20
"""Up to so many classes have a PR curve: the most frequent ones."""
THRESHOLDS = 127
_MAX_LINES = 6
_MAX_CELLS = 24
_MAX_POINTS = 200
_MAX_DOTS = 2_000
_OTHERS = "(others)"


@dataclass(frozen=True)
class Classified:
    """Records with a true class, as codes of `labels`, and what was predicted of them.

    pred: codes, where classes were predicted; said: by class, scores that rise with its
    probability; shares: (n, classes) probabilities, where the scores are such; positive: of two
    classes the one that is looked for; sure: the probability of what was predicted, where nothing
    else is known.
    """

    labels: Sequence[str]
    true: NDArray[np.int64]
    pred: NDArray[np.int64] | None = None
    said: Mapping[int, NDArray[np.float64]] = field(default_factory=dict)
    shares: NDArray[np.float64] | None = None
    positive: int = 1
    sure: NDArray[np.float64] | None = None

    def part(self, chosen: NDArray[np.int64]) -> Classified:
        """Some of the records."""
        return Classified(
            self.labels,
            self.true[chosen],
            None if self.pred is None else self.pred[chosen],
            {code: said[chosen] for code, said in self.said.items()},
            None if self.shares is None else self.shares[chosen],
            self.positive,
            None if self.sure is None else self.sure[chosen],
        )

    def values(self) -> dict[str, Any]:
        """Everything that they give, by name."""
        return {**self._decided(), **self._ranked(), **self._probable()}

    @property
    def _binary(self) -> bool:
        return len(self.labels) == 2

    def _frequent(self, codes: Iterable[int], most: int) -> list[int]:
        """Of some classes those with most records, in their order."""
        return _most(codes, np.bincount(self.true, minlength=len(self.labels)), most)

    def _decided(self) -> dict[str, Any]:
        """From the predicted classes: accuracy, F1 and the like, and the confusion matrix."""
        if self.pred is None:
            return {}
        count = len(self.labels)
        found = decided(self.labels, scores.per_class(self.true, self.pred, count), self.positive)
        # Folded first: a matrix of all of ten thousand classes would be too large.
        labels, places = _folded(self.labels, np.bincount(self.true, minlength=count))
        cells = scores.confusion(places[self.true], places[self.pred], len(labels))
        return found | matrices(labels, cells)

    def _ranked(self) -> dict[str, Any]:
        """From the scores: areas and curves of each class that both is and is not there."""
        found: dict[str, Any] = {}
        areas, precisions = {}, {}
        roc, recall = {}, {}
        for code, said in self.said.items():
            positive = self.true == code
            if positive.all() or not positive.any():
                continue
            counts = scores.ranked(positive, said)
            areas[code] = scores.auc(counts)
            precisions[code] = scores.average_precision(counts)
            roc[code] = thinned(*scores.roc(counts))
            recall[code] = thinned(*scores.precision_recall(counts))
        if not areas:
            return {}
        chosen = [self.positive] if self._binary and self.positive in areas else list(areas)
        found["roc_auc"] = float(np.mean([areas[code] for code in chosen]))
        found["average_precision"] = float(np.mean([precisions[code] for code in chosen]))
        if len(self.said) > 2 and len(self.said) <= FEW:
            found |= {f"roc_auc/{self.labels[code]}": area for code, area in areas.items()}
            found |= {
                f"average_precision/{self.labels[code]}": one for code, one in precisions.items()
            }
        shown = self._frequent(chosen, _MAX_LINES)
        found["roc"] = self._curves("roc", shown, roc, "AUC", areas)
        found["precision_recall"] = self._curves(
            "precision-recall", shown, recall, "AP", precisions
        )
        return found

    def _curves(
        self,
        form: Any,
        shown: Sequence[int],
        points: Mapping[int, tuple[tuple[float, ...], tuple[float, ...]]],
        word: str,
        areas: Mapping[int, float],
    ) -> Curves:
        lines = (
            Line(self.labels[code], *points[code], f"{word} {areas[code]:.3f}") for code in shown
        )
        return Curves(form, tuple(lines), _rows(len(self.true)))

    def _probable(self) -> dict[str, Any]:
        """From the probabilities: losses, calibration, and a native PR curve of each class."""
        found: dict[str, Any] = {}
        for code in self._frequent(self.said, MAX_CURVES):
            said = self.said[code]
            if said.min() >= 0 and said.max() <= 1:
                counts = scores.at_thresholds(self.true == code, said, THRESHOLDS).tolist()
                alone = len(self.said) == 1
                name = "pr_curve" if alone else f"pr_curve/{self.labels[code]}"
                found[name] = PrCurve(*map(tuple, counts))
        if self.shares is not None:
            found["log_loss"] = scores.log_loss(self.true, self.shares)
            found["brier"] = scores.brier(self.true, self.shares)
        return found | self._calibrated()

    def _calibrated(self) -> dict[str, Any]:
        """How often what is said with a probability is right: of two classes of the positive one,
        of several of the likeliest.
        """
        name = "the predicted class"
        if self.shares is not None and self._binary:
            name = self.labels[self.positive]
            right, said = self.true == self.positive, self.shares[:, self.positive]
        elif self.shares is not None:
            right, said = self.shares.argmax(axis=1) == self.true, self.shares.max(axis=1)
        elif self.sure is not None and self.pred is not None:
            right, said = self.true == self.pred, self.sure
        else:
            return {}
        bins = scores.calibration(right, said)
        x, y = tuple(bins.said.tolist()), tuple(bins.right.tolist())
        line = Line(name, x, y, f"ECE {bins.error:.3f}")
        return {
            "ece": bins.error,
            "calibration": Curves("calibration", (line,), _rows(len(self.true))),
        }


def decided(labels: Sequence[str], counts: scores.PerClass, positive: int = 1) -> dict[str, float]:
    """Scores over all classes; of two those of the positive one, of up to ten those of each."""
    found = counts.overall()
    parts = {"precision": counts.precision, "recall": counts.recall, "f1": counts.f1}
    if len(labels) == 2:
        found |= {name: float(part[positive]) for name, part in parts.items()}
    elif len(labels) <= FEW:
        for name, part in parts.items():
            found |= {f"{name}/{label}": float(part[n]) for n, label in enumerate(labels)}
    return found


def matrices(labels: Sequence[str], cells: NDArray[np.int64]) -> dict[str, Any]:
    """A confusion matrix as two figures; of many classes the frequent ones, the others as one."""
    names, places = _folded(labels, cells.sum(axis=1))
    folded = np.zeros((len(names), len(names)), np.int64)
    np.add.at(folded, (places[:, np.newaxis], places[np.newaxis, :]), cells)
    counts = tuple(map(tuple, folded.tolist()))
    return {
        "confusion": Confusion(tuple(names), counts),
        "confusion_normalised": Confusion(tuple(names), counts, shares=True),
    }


def _folded(
    labels: Sequence[str], support: NDArray[np.int64]
) -> tuple[list[str], NDArray[np.int64]]:
    """The classes of a figure, and the place there of each class."""
    count = len(labels)
    if count <= _MAX_CELLS:
        return list(labels), np.arange(count)
    kept = _most(range(count), support, _MAX_CELLS - 1)
    places = np.full(count, len(kept), np.int64)
    places[kept] = np.arange(len(kept))
    return [labels[code] for code in kept] + [_OTHERS], places


def _most(codes: Iterable[int], support: NDArray[np.int64], most: int) -> list[int]:
    return sorted(sorted(codes, key=lambda code: -int(support[code]))[:most])


def regressed(true: NDArray[np.float64], pred: NDArray[np.float64]) -> dict[str, Any]:
    """Errors, and the figures of numbers predicted: against the truth, and the residuals.

    At most 2,000 records are drawn, evenly taken.
    """
    found: dict[str, Any] = dict(scores.regression(true, pred))
    every = -(-len(true) // _MAX_DOTS)
    note = _rows(len(true)) + (f", 1 of {every} drawn" if every > 1 else "")
    named = f"R2 {found['r2']:.3f}" if "r2" in found else ""
    x, y = true[::every], pred[::every]
    with np.errstate(over="ignore"):
        left = y - x
    x_, y_, left_ = (tuple(part.tolist()) for part in (x, y, left))
    found["fit"] = Curves("fit", (Line("records", x_, y_, named),), note)
    error = f"RMSE {found['rmse']:.4g}"
    found["residuals"] = Curves("residuals", (Line("records", y_, left_, error),), note)
    return found


def thinned(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """At most 200 points of a curve, without those that lie on a line between their neighbours."""
    corner = np.ones(len(x), bool)
    turn = np.diff(x[:-1]) * np.diff(y[1:]) - np.diff(x[1:]) * np.diff(y[:-1])
    corner[1:-1] = turn != 0
    places = np.flatnonzero(corner)
    if len(places) > _MAX_POINTS:
        places = places[np.linspace(0, len(places) - 1, _MAX_POINTS).round().astype(np.int64)]
    return tuple(x[places].tolist()), tuple(y[places].tolist())


def _rows(count: int) -> str:
    return f"{count:,} records" if count != 1 else "1 record"
