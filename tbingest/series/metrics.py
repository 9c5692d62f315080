"""Which metrics people look for first, and which way is better: one ranking for all that is shown.

A layer that is dead or explodes comes before all, then the score, the total loss, its components
and one learning rate; what else was measured follows. Counters, timers and the state of the machine
come last.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from tbingest.series.splits import split_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST = 6
"""So many metrics are a first look."""
_SCORES = 2
"""So many scores go before the losses; others follow them."""

BEST = "best/"
"""Before the tag of which it is the best value so far."""
_FAULTS = 1
_FAULT = re.compile(r"[^/]+_(?:zeros|nonfinite)/")
"""Tensors with zeros or numbers that are not finite: a dead or an exploding layer."""
_END = r"(?:$|[/_.\-@(\d ])"
_SCORE = tuple(
    re.compile(rf"(?:^|[/_.\- ])(?:{words}){_END}", re.IGNORECASE)
    for words in (
        r"map_?50[_-]95|map_?0?\.5[:_-]0?\.95|map|ap",
        r"(?<![_.\- ])scores?|(?:\w{0,40}_)?rew(?:ard)?s?(?:_?mean)?|(?:\w{0,40}_)?return",
        r"acc(?:uracy)?|\w{1,40}_acc(?:uracy)?|balanced_accuracy",
        r"f1(?:[_-]?score)?|(?:macro|micro|weighted)_f1|mcc",
        r"auc|auroc|roc_auc|pr_auc|average_precision",
        r"m?iou|dice|jaccard|pq",
        r"bleu|sacrebleu|rouge\w*|meteor|chrf|exact_match|em|pass",
        r"success(?:_rate)?|win_rate|r2|r2_score|psnr|ssim|elo",
        r"top_?\d|map\w*|ap[sml]?|acc\w*",
        r"precision|recall|sensitivity|specificity",
        r"wer|cer|fid|perplexity|ppl|bpb|mae|rmse|mse|error|\w{0,40}err(?:or)?|scores?",
    )
)
"""What a model is judged by, the more telling kinds first."""
_TOTAL = re.compile(r"(?:^|[/])(?:total_?)?loss(?:_?total)?$|(?:^|[/])total_loss$", re.IGNORECASE)
_LOSS = re.compile(r"loss|(?:^|[/_.\- ])(?:nll|elbo|kld?)$", re.IGNORECASE)
_SPREAD = re.compile(
    r"^num/|(?:^|[/_.\- ])(?:std|std_?dev|stdev|std_?err|stderr|sem|variance|var)(?:$|[/_.\- ])",
    re.IGNORECASE,
)
"""How far values lie apart, or how many they are: it belongs to their mean."""
_EXTREME = re.compile(r"(?:^|[/_.\- ])(?:min|max|minimum|maximum)(?:$|[/_.\- ])", re.IGNORECASE)
_RATE = re.compile(r"(?:^|[/_.\-])(?:lr|learning[_\- ]?rate)(?:$|[/_.\-\d])", re.IGNORECASE)
_COUNTERS = frozenset(
    "epoch epochs step steps global_step iter iters iteration iterations time timestamp "
    "total_timesteps timesteps num_timesteps n_updates num_updates updates nupdates episodes "
    "num_episodes num_tokens tokens tokens_seen num_input_tokens_seen samples samples_seen "
    "consumed_samples total_samples batch batches".split()
)
_MACHINE = re.compile(
    r"(?:^|/)(?:system|timers?|time|memory|gpu|perf|throughput)(?=/|$)|"
    r"(?:^|[/_.\- ])(?:fps|eta|elapsed|runtime|seconds|secs|latency|walltime|wall_time|duration|"
    r"memory|mem|gpu\w*|cpu\w*|flos|total_flos)(?:$|[/_.\- \d])|"
    r"per_sec(?:ond)?$|_per_s$|_time$|time_\w+$|(?:^|/)time$|/s$|_secs?$|_seconds$",
    re.IGNORECASE,
)


_SPACED = {
    "loss": "perte|pérdida|perdida|verlust|потери|потеря",
    "accuracy": "exactitude|genauigkeit|exactitud|acurácia|точность",
    "precision": "précision|precisión|precisão|präzision",
    "recall": "rappel",
    "reward": "récompense|recompensa|belohnung|награда",
    "error": "erreur|fehler|ошибка",
    "lr": "taux[_ ]d['\u2019]apprentissage|lernrate|tasa[_ ]de[_ ]aprendizaje",
    "elapsed": "durée|dauer|время",
    "epoch": "époque|epoche|época|эпоха",
}
_UNSPACED = {
    "loss": "损失|損失|손실",
    "accuracy": "准确率|正确率|精确率|精度|準確率|正確率|正解率|정확도",
    "precision": "適合率|정밀도",
    "recall": "召回率|再現率|재현율",
    "reward": "奖励|報酬|보상",
    "error": "误差|誤差",
    "lr": "学习率|學習率|学習率|학습률",
    "elapsed": "用时|耗时|时间|時間|시간",
    "epoch": "轮次|轮|エポック|에포크",
}
_ELSEWHERE = [
    (re.compile(rf"(?<![^\W\d_])(?:{words})(?![^\W\d_])", re.IGNORECASE), f" {word} ")
    for word, words in _SPACED.items()
] + [(re.compile(words), f" {word} ") for word, words in _UNSPACED.items()]
"""What people look at in the languages that logs are written in most; some write no blanks."""


@lru_cache(4096)
def _in_english(metric: str) -> str:
    """The name in whose place an English one would be judged; one in English as it is."""
    found = metric
    for words, word in _ELSEWHERE:
        found = words.sub(word, found)
    return metric if found == metric else re.sub(r" *(/|^|$) *", r"\1", found)


class Kind(IntEnum):
    """What a metric is to who looks at a training, in the order of interest."""

    FAULT = 0
    SCORE = 1
    LOSS = 2
    PART = 3
    RATE = 4
    OTHER = 5
    MACHINE = 6
    COUNTER = 7


def kind_of(metric: str) -> Kind:
    """What a metric (or a tag) is, by its name."""
    metric = _in_english(metric)
    if _FAULT.match(metric):
        return Kind.FAULT
    if is_counter(metric):
        return Kind.COUNTER
    if metric.startswith(BEST) or _SPREAD.search(metric):
        return Kind.OTHER
    if is_rate(metric):
        return Kind.RATE
    if _TOTAL.search(metric):
        return Kind.LOSS
    if _LOSS.search(metric.rpartition("/")[2]):
        return Kind.PART
    if _MACHINE.search(metric):
        return Kind.MACHINE
    return Kind.SCORE if _score(metric) < len(_SCORE) else Kind.OTHER


def _score(metric: str) -> int:
    name = metric.rpartition("/")[2]
    return next((place for place, one in enumerate(_SCORE) if one.search(name)), len(_SCORE))


def order(metric: str) -> tuple[int, int, str]:
    """To sort metrics by: of scores, the least and the most stand behind all others, of what else
    is measured that of an optimizer.
    """
    kind = kind_of(metric)
    if kind != Kind.SCORE:
        return kind, int(metric.startswith("optimizer")), metric
    return kind, _score(_in_english(metric)) + len(_SCORE) * _is_extreme(metric), metric


def _is_extreme(metric: str) -> bool:
    return bool(_EXTREME.search(metric.rpartition("/")[2]))


def is_telling(metric: str) -> bool:
    """True for what most people look at: losses, accuracies and the like."""
    return kind_of(metric) <= Kind.RATE


def is_rate(metric: str) -> bool:
    """True for a learning rate, which was set and not measured."""
    return bool(_RATE.search(metric))


def is_counter(metric: str) -> bool:
    """True for what counts the steps of the training."""
    return metric.lower().rpartition("/")[2] in _COUNTERS


def ranked(metrics: Iterable[str], most: int = MOST) -> list[str]:
    """The metrics in the order in which they are shown; the first `most` are a first look.

    Two scores go before the losses, and one learning rate is among the first.
    """
    found: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    for metric in sorted(metrics, key=order):
        found[kind_of(metric)].append(metric)
    scores, rates = found[Kind.SCORE], found[Kind.RATE]
    faults = found[Kind.FAULT]
    first = [*faults[:_FAULTS], *scores[:_SCORES], *found[Kind.LOSS], *found[Kind.PART]]
    first[most - 1 : most - 1] = rates[:1]
    rest = [
        *faults[_FAULTS:],
        *scores[_SCORES:],
        *found[Kind.OTHER],
        *rates[1:],
        *found[Kind.MACHINE],
    ]
    return [*first, *rest, *found[Kind.COUNTER]]


def ranked_tags(tags: Iterable[str]) -> list[str]:
    """Tags in the order of their metrics; of one metric what was held out stands last."""
    groups: dict[str, list[str]] = {}
    for tag in sorted(tags):
        groups.setdefault(split_of(tag)[1], []).append(tag)
    return [tag for metric in ranked(groups) for tag in sorted(groups[metric], key=side)]


def side(tag: str) -> tuple[int, str]:
    """To sort the tags of a metric by: training, all, validation, test."""
    return ("train", "", "val", "test").index(split_of(tag)[0]), tag


def headline(counts: Mapping[str, int], most: int = MOST) -> list[str]:
    """The tags to look at first in a logdir: scores, the loss of all sides, one learning rate.

    counts: of each tag the number of runs that have it. Of the metrics of one kind, that of most
    runs is taken. Never more than `most`, and none that is only a counter or a timer.
    """
    groups: dict[str, list[str]] = {}
    for tag in sorted(counts):
        groups.setdefault(split_of(tag)[1], []).append(tag)

    def best(kinds: tuple[Kind, ...]) -> list[str]:
        """The metrics of some kinds, those of most runs first."""
        mine = [metric for metric in ranked(groups) if kind_of(metric) in kinds]
        return sorted(mine, key=lambda metric: -max(counts[tag] for tag in groups[metric]))

    scores, rates = best((Kind.SCORE,)), best((Kind.RATE,))
    losses = best((Kind.LOSS,)) or best((Kind.PART,))
    found = [held_out(groups[metric]) for metric in scores[:1]]
    found += sorted(groups[losses[0]], key=side)[:3] if losses else []
    rate = [min(groups[metric], key=side) for metric in rates[:1]]
    others = sorted([*scores[1:], *losses[1:]], key=_is_extreme)
    more = [held_out(groups[metric]) for metric in others]
    more += [] if found else [held_out(groups[one]) for one in best((Kind.OTHER,))]
    room = most - len(found) - len(rate)
    return [*found, *rate, *more[:room]]


def first_look(curves: Mapping[str, int], single: Mapping[str, int]) -> list[str]:
    """The headline of the curves; where room is left, scores of which runs have one value each."""
    found = headline(curves)
    finals = [tag for tag in headline(single, 2 * MOST) if kind_of(split_of(tag)[1]) == Kind.SCORE]
    more = finals if found else headline(single)
    return [*found, *(tag for tag in more if tag not in found)][:MOST]


def held_out(tags: Iterable[str]) -> str:
    """Of the tags of a metric the one that tells most: validation, then test, then the others."""
    return min(tags, key=lambda tag: (("val", "test", "", "train").index(split_of(tag)[0]), tag))


_DOWN = re.compile(
    r"(?:^|[/_.\- ])(?:\w{0,40}loss\w{0,40}|"
    r"\w{0,40}err(?:or)?|\w{0,40}perplexity|ppl|mae|mse|rmse|wer|cer|nll|bpb|fid)(?:\(\w{1,3}\))?$",
    re.IGNORECASE,
)


_UP = re.compile(
    r"(?:^|[/_.\- ])(?:\w{0,40}acc(?:uracy)?|top\d|auc|\w{0,40}auroc|f1\w{0,40}|precision|recall|"
    r"\w{0,40}map[\d.\-]{0,12}|\w{0,40}rew(?:ard)?(?:_mean)?|\w{0,40}return|bleu|rouge\w{0,40}|iou|"
    r"miou|dice|r2|score|success\w{0,40})(?:\(\w{1,3}\))?$",
    re.IGNORECASE,
)


def rises_by_name(tag: str) -> bool | None:
    """True where more is better, False where less is, None where the name does not say."""
    tag = _in_english(tag)
    if _DOWN.search(tag):
        return False
    return True if _UP.search(tag) else None
