"""How good predictions are, in numbers: plain NumPy, and the values that scikit-learn gives.

Classes are codes from 0; a share of nothing is 0, as with scikit-learn's `zero_division=0`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_TINY = float(np.finfo(np.float64).eps)


class PerClass(NamedTuple):
    """How many records are of each class, are taken for it, and both."""

    support: Codes
    taken: Codes
    right: Codes

    @property
    def precision(self) -> Floats:
        """Of what is taken for a class, the share that is of it."""
        return _share(self.right, self.taken)

    @property
    def recall(self) -> Floats:
        """Of what is of a class, the share that is taken for it."""
        return _share(self.right, self.support)

    @property
    def f1(self) -> Floats:
        """The harmonic mean of both."""
        return _share(2 * self.right, self.support + self.taken)

    def overall(self) -> dict[str, float]:
        """Over all classes: of those that occur, each weighs the same in the latter two."""
        there, seen = self.support > 0, (self.support > 0) | (self.taken > 0)
        return {
            "accuracy": float(self.right.sum() / self.support.sum()),
            "balanced_accuracy": float(self.recall[there].mean()),
            "f1_macro": float(self.f1[seen].mean()),
        }


def per_class(true: Codes, pred: Codes, classes: int) -> PerClass:
    """The counts of each class, (classes,)."""
    return PerClass(
        np.bincount(true, minlength=classes),
        np.bincount(pred, minlength=classes),
        np.bincount(true[true == pred], minlength=classes),
    )


def confusion(true: Codes, pred: Codes, classes: int) -> Codes:
    """(classes, classes): how many records of each class, by row, were taken for each."""
    cells = np.bincount(true * classes + pred, minlength=classes * classes)
    return cells.reshape(classes, classes)


class Ranked(NamedTuple):
    """Counts at every different score, falling: who scores at least that."""

    thresholds: Floats
    true_positives: Floats
    false_positives: Floats


def ranked(positive: Flags, scores: Floats) -> Ranked:
    """How many positives and negatives score at least each score."""
    falling = np.argsort(-scores, kind="stable")
    scores, positive = scores[falling], positive[falling]
    last = np.flatnonzero(np.append(np.diff(scores) != 0, True))
    found = np.cumsum(positive)[last].astype(np.float64)
    return Ranked(scores[last], found, last + 1 - found)


def roc(counts: Ranked) -> tuple[Floats, Floats]:
    """(false positive rate, true positive rate), from (0, 0) to (1, 1)."""
    false, true = counts.false_positives, counts.true_positives
    return np.append(0.0, false / false[-1]), np.append(0.0, true / true[-1])


def auc(counts: Ranked) -> float:
    """The area under the ROC curve."""
    x, y = roc(counts)
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))


def precision_recall(counts: Ranked) -> tuple[Floats, Floats]:
    """(recall, precision) at every score, from the point of recall 0 and precision 1."""
    true = counts.true_positives
    precision = _share(true, true + counts.false_positives)
    return np.append(0.0, true / true[-1]), np.append(1.0, precision)


def average_precision(counts: Ranked) -> float:
    """The sum of precisions, each weighted by how much recall it adds."""
    recall, precision = precision_recall(counts)
    return float(np.sum(np.diff(recall) * precision[1:]))


def log_loss(true: Codes, shares: Floats) -> float:
    """The mean of -log of the probability (n, classes) of the true class."""
    said = shares[np.arange(len(true)), true]
    return float(-np.mean(np.log(np.clip(said, _TINY, 1.0))))


def brier(true: Codes, shares: Floats) -> float:
    """The mean squared error of the probabilities: summed over classes, of two halved."""
    errors = shares.copy()
    errors[np.arange(len(true)), true] -= 1
    total = float(np.mean(np.sum(errors**2, axis=1)))
    return total / 2 if shares.shape[1] == 2 else total


class Calibration(NamedTuple):
    """Bins of equal width that are not empty: mean probability, share that is right, count."""

    said: Floats
    right: Floats
    counts: Codes

    @property
    def error(self) -> float:
        """The mean difference, weighted by counts: the expected calibration error."""
        return float(np.sum(self.counts * np.abs(self.said - self.right)) / self.counts.sum())


def calibration(right: Flags, said: Floats, bins: int = 10) -> Calibration:
    """How often what is said with some probability is right."""
    places = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], said)
    counts = np.bincount(places, minlength=bins)
    there = counts > 0
    sums = np.bincount(places, said, bins)[there]
    hits = np.bincount(places, right.astype(np.float64), bins)[there]
    return Calibration(sums / counts[there], hits / counts[there], counts[there])


def regression(true: Floats, pred: Floats) -> dict[str, float]:
    """Mean absolute error, root mean squared error, and R2 where the truth is not constant."""
    with np.errstate(all="ignore"):  # what is too large for a square is infinite
        errors = pred - true
        squares = float(np.sum(errors**2))
        spread = float(np.sum((true - true.mean()) ** 2))
        found = {"mae": float(np.mean(np.abs(errors))), "rmse": (squares / len(true)) ** 0.5}
    if 0 < spread < np.inf:
        found["r2"] = 1 - squares / spread
    return found


def at_thresholds(positive: Flags, scores: Floats, thresholds: int) -> Codes:
    """(4, thresholds): true and false positives, true and false negatives, thresholds rising.

    Scores lie in 0..1 and are rounded down to a threshold.
    """
    places = np.floor(scores * (thresholds - 1)).astype(np.int64)
    hits = np.bincount(places[positive], minlength=thresholds)[::-1].cumsum()[::-1]
    misses = np.bincount(places[~positive], minlength=thresholds)[::-1].cumsum()[::-1]
    return np.stack((hits, misses, misses[0] - misses, hits[0] - hits))


def _share(part: Codes | Floats, whole: Codes | Floats) -> Floats:
    shares: Floats = np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
    return shares
