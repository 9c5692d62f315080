"""Are predictions of classes or of numbers, which classes, and of which is each score."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from tbingest.formats.predictions.table import Gathered, as_numbers, as_texts
from tbingest.formats.predictions.values import Classified

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tbingest.formats.predictions.table import Cells

    Floats = NDArray[np.float64]

_MAX_NUMBERED = 200
_BINARY = ({0.0, 1.0}, {-1.0, 1.0})
_SUM_SLACK = 0.01  # probabilities are often written with few digits


def are_numbers(found: Gathered, *, classes: bool) -> bool:
    """True where numbers were predicted, not classes; `classes` says that the names speak for them.

    Whole numbers are classes, up to 200 different ones; so are 0 and 1, whatever was predicted.
    """
    true, pred = found.true, found.pred
    if isinstance(true, list) or isinstance(pred, list) or len(found.names) > 1:
        return False
    different = set(np.unique(true).tolist())
    if any(different <= pair for pair in _BINARY):
        return False
    if pred is None:
        return True
    both = np.concatenate((true, pred))
    return bool((both % 1 != 0).any()) or (not classes and len(np.unique(both)) > _MAX_NUMBERED)


def classify(found: Gathered, *, logits: bool) -> tuple[Classified, str]:
    """The classes, and in words what the scores could not be used for; empty where they could."""
    true, pred, scores, names = found.true, found.pred, found.scores, found.names
    if isinstance(pred, np.ndarray) and not isinstance(true, list) and (pred % 1 != 0).any():
        scores, names, pred = pred[:, np.newaxis], ("",), None  # a score, whatever it is called
    labels = _sorted({*_different(true), *(() if pred is None else _different(pred))})
    if set(labels) <= {"0", "1"}:
        labels = ["0", "1"]
    if scores is None:
        codes = None if pred is None else coded(labels, pred)
        return Classified(labels, coded(labels, true), codes), ""
    if logits:
        scores = _probabilities(scores)
    if len(names) == 1:
        return _with_one_score(labels, true, pred, scores[:, 0], names[0])
    owners, labels, why = _owners(labels, names, pred, scores)
    said = {labels.index(label): scores[:, place] for label, place in owners.items()}
    codes = None if pred is None else coded(labels, pred)
    shares = None
    if len(said) == len(labels):
        every = np.stack([said[code] for code in range(len(labels))], axis=1)
        shares = every if _are_shares(every) else None
        codes = every.argmax(axis=1) if codes is None else codes
    return Classified(labels, coded(labels, true), codes, said, shares), why


def coded(labels: Sequence[str], cells: Cells) -> NDArray[np.int64]:
    """The place of each cell in `labels`."""
    codes = {label: code for code, label in enumerate(labels)}
    if isinstance(cells, list):
        return np.fromiter((codes[text] for text in cells), np.int64, len(cells))
    different, places = np.unique(cells, return_inverse=True)
    return np.asarray([codes[text] for text in as_texts(different)], np.int64)[places]


def _different(cells: Cells) -> set[str]:
    return set(cells if isinstance(cells, list) else as_texts(np.unique(cells)))


def _with_one_score(
    labels: list[str], true: Cells, pred: Cells | None, said: Floats, name: str
) -> tuple[Classified, str]:
    """Of two classes the score of one; else, beside a predicted class, how sure it was."""
    codes = None if pred is None else coded(labels, pred)
    likely = bool((said >= 0).all() and (said <= 1).all())
    if len(labels) != 2:
        if codes is not None and likely:
            return Classified(labels, coded(labels, true), codes, sure=said), ""
        why = f"one score for {len(labels)} classes is not used"
        return Classified(labels, coded(labels, true), codes), why
    owned = [place for place, label in enumerate(labels) if _plain(label) == _plain(name)]
    positive = owned[0] if owned else 1
    if codes is not None and likely and said.min(initial=1) >= 0.5 and len(set(codes.tolist())) > 1:
        said = np.where(codes == positive, said, 1 - said)  # it says how sure the prediction was
    shares = None
    if likely:
        shares = np.stack((said, 1 - said) if positive == 0 else (1 - said, said), axis=1)
        codes = shares.argmax(axis=1) if codes is None else codes
    true_codes = coded(labels, true)
    return Classified(labels, true_codes, codes, {positive: said}, shares, positive), ""


def _owners(
    labels: list[str], names: Sequence[str], pred: Cells | None, scores: Floats
) -> tuple[dict[str, int], list[str], str]:
    """Which column has the scores of each class, and all classes, those never met with them.

    Where the columns are numbered and the classes have names, the predicted classes tell; without
    them the names' order.
    """
    places = {_plain(name): place for place, name in enumerate(names)}
    met = {_plain(label): label for label in labels}
    if met.keys() <= places.keys():
        owners = {met.get(key, names[place]): place for key, place in places.items()}
        ordered = _sorted(owners)
        return {label: owners[label] for label in ordered}, ordered, ""
    numbered = sorted(places) == sorted(str(n) for n in range(len(names)))
    if numbered and pred is not None:
        guessed = as_texts(pred)
        likeliest = scores.argmax(axis=1).tolist()
        pairs = Counter(zip(likeliest, guessed, strict=True)).most_common(len(names))
        told = {label: place for (place, label), _ in reversed(pairs)}
        agree = sum(told[label] == place for place, label in zip(likeliest, guessed, strict=True))
        if len(set(told.values())) == len(told) and agree > 0.9 * len(guessed):
            return told, labels, ""
    elif numbered and len(labels) == len(names):
        why = f"the scores of {len(names)} classes are taken in the order of their names"
        return {label: places[str(place)] for place, label in enumerate(labels)}, labels, why
    return {}, labels, f"no class is called as the columns of scores are: {', '.join(names[:5])}"


def _are_shares(scores: Floats) -> bool:
    near = np.abs(scores.sum(axis=1) - 1) < _SUM_SLACK
    return bool((scores >= 0).all() and (scores <= 1).all() and near.all())


def _probabilities(logits: Floats) -> Floats:
    """Softmax over the classes; of one logit the logistic function."""
    if logits.shape[1] == 1:
        positive: Floats = 0.5 * (1 + np.tanh(0.5 * logits))
        return positive
    grown = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = grown / grown.sum(axis=1, keepdims=True)
    return shares


def _sorted(labels: Iterable[str]) -> list[str]:
    """Classes in the order of their numbers, where all are numbers; else of their names."""
    names = sorted(labels)
    numbers = as_numbers(names)
    if numbers is None or not np.isfinite(numbers).all():
        return names
    return [names[place] for place in np.argsort(numbers, kind="stable").tolist()]


def _plain(name: str) -> str:
    """A class as a column may call it: 01 and 1.0 are 1."""
    text = name.strip().casefold()
    whole = text.removesuffix(".0")
    return str(int(whole)) if whole.isascii() and whole.isdigit() and len(whole) < 20 else text
