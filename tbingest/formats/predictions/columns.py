"""Which columns of a table hold the truth, what was predicted of it, and scores of the classes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

STEPS = ("global_step", "step", "iteration", "iter", "epoch", "round", "fold")
_SURE = """y_true y_test true_label true_labels label_true true_class class_true true_value
ground_truth groundtruth ground_truth_label gt gt_label gt_class actual actual_label
actual_class""".split()
_LIKELY = """label labels target targets true truth gold gold_label expected class class_label
label_id y""".split()
_PREDICTED = """y_pred pred_label predicted_label prediction_label label_pred predicted_class
pred_class class_pred pred preds prediction predictions predicted predicted_value y_hat yhat
y_predicted""".split()
_ONE_SCORE = """y_score y_scores y_prob y_proba pred_prob pred_proba prediction_score
predicted_probability prob proba probability score confidence conf logit y_logit""".split()
_LISTED = "probs probas probabilities scores logits y_score y_prob y_proba".split()
_OF_A_CLASS = re.compile(
    r"(?P<kind>(?:y_|pred_|predicted_)?(?:prob(?:a|s|as|ability|abilities)?|p|scores?|logits?"
    r"|softmax|conf(?:idence)?))(?:[_./ :-]+|\[|\()(?P<label>[^\])]{1,100})[\])]?",
    re.IGNORECASE | re.DOTALL,
)
_SPLITS = ("split", "phase", "subset")
_NAMED_CLASS = re.compile(r"label|class|gold")
_CURVE = re.compile(r"(?:.*[_/. ])?(?:loss|lr|learning_rate|acc|accuracy|grad_norm|reward)")


@dataclass(frozen=True)
class Columns:
    """What the columns of predictions are for, empty where there is none. Plain data.

    scores: columns by the class that they are of; score: the one column of scores; listed: a column
    whose cells are lists of scores, class by class; classes: the names say that the truth is a
    class, though it be a number.
    """

    true: str
    pred: str = ""
    scores: dict[str, str] = field(default_factory=dict)
    score: str = ""
    listed: str = ""
    step: str = ""
    split: str = ""
    classes: bool = False

    @property
    def needed(self) -> tuple[str, ...]:
        """What a record must have to count."""
        return tuple(
            filter(None, (self.true, self.pred, *self.scores.values(), self.score, self.listed))
        )

    @property
    def logits(self) -> bool:
        """True where the scores are logits, as their names say."""
        return any("logit" in name.lower() for name in (*self.scores.values(), self.score))

    @property
    def said(self) -> str:
        """The choice in words."""
        scores = self.score or self.listed or ", ".join([*self.scores.values()][:3])
        return f"{self.true!r} is the truth, {self.pred or scores!r} what was predicted"


def choose(names: Sequence[str], lists: Iterable[str] = ()) -> Columns | None:
    """The columns of a table of predictions, or None; the cells of `lists` are lists of numbers."""
    listing = set(lists)
    plain = {_plain(name): name for name in reversed(names) if name not in listing}
    true = _first(_SURE, plain) or _first(_LIKELY, plain)
    if not true or sum(bool(_CURVE.fullmatch(name)) for name in plain) > 1:
        return None
    pred = _first(_PREDICTED, plain)
    scores = _by_class([name for name in plain.values() if name not in {true, pred}])
    wide = len(scores) > 1 or (bool(scores) and _plain(true) in {*_SURE, "label", "target"})
    score = "" if wide else _first(_ONE_SCORE, plain)
    listed = _first(_LISTED, {_plain(name): name for name in listing})
    if not pred and not wide and not listed and not (score and _plain(true) in {*_SURE, "label"}):
        return None
    return Columns(
        true,
        pred,
        scores if wide else {},
        score,
        "" if wide else listed,
        _first(STEPS, plain),
        _first(_SPLITS, plain),
        bool(_NAMED_CLASS.search(_plain(true)) or _NAMED_CLASS.search(_plain(pred))),
    )


_TRUE = r"(?:y_)?(?:true|actual|truth|gt|target|ground_truth)"
_GUESSED = r"(?:y_)?(?:pred|predicted|prediction|forecast)"
_OUTPUT = tuple(
    tuple(re.compile(form.format(word), re.IGNORECASE) for word in (_TRUE, _GUESSED))
    for form in (r"{}[_ ](?P<of>.{{1,100}})", r"(?P<of>.{{1,100}})[_ ]{}")
)


def outputs_of(names: Sequence[str]) -> dict[str, Columns]:
    """The columns of each number that was predicted, where their names say which:
    `true_open,pred_open,true_low,pred_low`.
    """
    for true, guessed in _OUTPUT:
        wanted = {match["of"]: name for name in names if (match := true.fullmatch(name.strip()))}
        told = {match["of"]: name for name in names if (match := guessed.fullmatch(name.strip()))}
        both = [one for one in wanted if one in told]
        if both:
            step = _first(STEPS, {_plain(name): name for name in names})
            return {one: Columns(wanted[one], told[one], step=step) for one in both}
    return {}


def _by_class(names: Sequence[str]) -> dict[str, str]:
    """The largest group of columns that are scores of one kind, by class."""
    groups: dict[str, dict[str, str]] = {}
    for name in names:
        match = _OF_A_CLASS.fullmatch(name.strip())
        if match:
            groups.setdefault(match["kind"].lower(), {}).setdefault(match["label"].strip(), name)
    groups = {kind: found for kind, found in groups.items() if kind != "p" or len(found) > 1}
    return max(groups.values(), key=len, default={})


def _first(wanted: Iterable[str], plain: dict[str, str]) -> str:
    return next((plain[name] for name in wanted if name in plain), "")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")
