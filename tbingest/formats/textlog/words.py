"""The words of training logs: what counts, what names a split, what is measured, what is not."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_STEP_WORDS = (
    "step steps iter iters iteration iterations it its itr itrs update updates up upd nupdates"
    " numsteps niter niters nsteps ts 步数 步 迭代 迭代次数 paso pasos schritt schritte"
    " étape étapes шаг шаги итерация ステップ 스텝 iteração iteración"
)
_EPOCH_WORDS = (
    "tick ticks rollout rollouts batch batches minibatch minibatches batchid epoch epochs epoches"
    " ep epo epoca época épocas epocas époque époques epoche epochen эпоха 에폭 에포크 エポック 轮"
    " 轮次 回合 训练回合 训练轮次 e episode episodes round rounds generation gen pass game games"
    " cycle cycles trial"
)
_RANKED = (
    (5, "timestep timesteps globalstep frame frames"),
    (4, _STEP_WORDS),
    (3, _EPOCH_WORDS),
    (2, "sample samples token tokens image images example examples seen process processed"),
    # results of several trainings, one a line
    (1, "fold folds seed seeds run runs task tasks stage stages subject subjects"),
)
_RANK = {word: rank for rank, words in _RANKED for word in words.split()}
_RANK |= dict.fromkeys(("total t", "total_t", "total num steps"), 5)
_OUTER = frozenset(
    "epoch epochs epoches ep epo epoca época épocas epocas époque époques epoche epochen эпоха 에폭"
    " 에포크 エポック 轮 轮次 回合 训练回合 训练轮次 pass round e cycle task stage".split()
)
SPLITS = {
    **dict.fromkeys("train training trn tr 训练".split(), "train"),
    **dict.fromkeys(
        "valid validation val dev eval evaluation evaluating evaluate validating validate vl"
        " cv 验证".split(),
        "val",
    ),
    **dict.fromkeys("test testing tst tests 测试".split(), "test"),
}
"""Words that name a split, and which of the three it is."""
_MEASURES = frozenset(
    "loss losses acc accuracy reward rewards return returns score scores f1 fscore precision recall"
    " miou iou bleu rouge ppl perplexity auc ap dice psnr ssim cer wer error err cost mae mse"
    " rmse lr mrr hits ndcg nll elbo fid rate kl entropy auroc mcc kappa r2 fitness elo"
    " energy fidelity regret jaccard specificity sensitivity silhouette nmi ari purity spearman"
    " pearson correlation hausdorff hd95 nse crps"
    " prec precs accu accs auprc aupr prauc auroc ece"
    " bpb bpc mape smape wape logloss brier eer epe lpips pesq stoi"
    " 损失 准确率 精确率 精度 召回率 学习率 成功率 奖励 得分 误差 損失 報酬 誤差"
    " pérdida precisión perte précision verlust genauigkeit".split()
)
_SHARES = frozenset("acc accuracy precision recall f1 auc map miou iou".split())
_STEMS = ("loss", "accur", "preci", "rewar", "retur", "score", "scori")
_SYSTEM = frozenset(
    "memory mem cpu gpu cpus gpus ram disk node workers gib mib mb gb heap params parameters"
    " parameter size seed port pid version rank world num classes threads device devices".split()
)
_SETTINGS = frozenset(
    "lr learning threshold batch batchsize seed size momentum decay dropout hidden layers dim"
    " epochs workers weight warmup gamma beta temperature patience".split()
)
_BEST = frozenset("best highest lowest final last max min mean average avg overall".split())
_SHAPES = frozenset("shape shapes dims torchsize".split())
_COUNT_TAILS = frozenset("id idx index num no number count nr cur current total".split())
_NUMBERED = frozenset({"no", "nr"})
_TOTALS = frozenset({"max", "num", "total", "n"})
_EPISODE = frozenset({"episode", "ep"})
"""`episode steps`: how long it took."""
_COUNTED = frozenset({"epochs", "epoch", "iterations", "steps", "iters"})
_STOP = re.compile(
    r"(?:^|\s)(?:in|to|of|for|at|from|took|with|the|a|and|on|by|than|after|over|until|is|are|was"
    r"|were|using|before)$|[从至由]$",
    re.IGNORECASE,
)
_HAN = (
    "训练|验证|测试|损失|准确率|精确率|精度|召回率|学习率|成功率|奖励|得分|误差|轮次|轮|迭代次数|迭代"
    "|步数|步|回合"
)
_WORD = re.compile(rf"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|{_HAN}|(?:(?!{_HAN})[^\W\d_A-Za-z])+")
"""Chinese has no blanks: its words of training are told within a run of it."""
_POSITION = re.compile(r"\b(?:at|in|for|of|after|on)\b")
_LAST_POSITION = re.compile(r"^.*\b(?:at|in|for|of|after|on)\b")
_MOST_WORDS = 5
_PER = re.compile(r"(?:ms|s|sec|n|num|per|max|min)\b")
_PER_ONE = re.compile(r"\w/(?:token|sample|image|example|word|batch)$")
_OF_RANK = re.compile(
    r"\b(?:rank|top|hit|acc|prec|recall|r|p|ndcg)[@\-]\s?\d|(?<![A-Za-z])(?:top|rank|hits?)\d{1,3}\b"
    r"|\bR(?:2|²|\^2|-squared)(?!\w)",
    re.IGNORECASE,
)
_MAP = re.compile(r"(?<![A-Za-z])(?:mAP|(?:map|MAP)(?![A-Za-z])|Map(?=[@\d_]))")
"""Mean average precision: `mAP50`, `val_map`, `map@0.5`, and not the words `Map` and `mapped`."""
_EDGES = "\"'`*#:=-–—_>•·|,;.!?@~$&^ \t\\"  # noqa: RUF001
_FRONT = re.compile(r"^[^\w(]+|[^\w)%+]+$")
_ARTICLE = re.compile(
    r"^(?:(?:the|and|a|an|with|of|is|was|current|got|[Uu]pdat(?:ing|ed)|[Ss]etting|[Aa]djust(?:ing|ed))"
    r"\s+)+(?=\w)"
)
_BLANKS = re.compile(r"\s+")
_JOINTS = re.compile(r"[\s_/.:()\-]+")
"""Between the words of a name, of which some have digits: `eval_f1`, `macro-f1`, `test/r2`."""


@lru_cache(65536)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case: `TrainLoss_1` has `train` and `loss`."""
    return tuple(word.lower() for word in _WORD.findall(name))


@lru_cache(65536)
def rank_of(name: str) -> float:
    """How much a name is that of a counter: 0 none, 1 fold, 2 sample, 3 epoch, 4 step, 5 global.

    The whole name, its last word (`completed step`), or the first of a pair
    (`global_step/max_steps`). A measure is none (`train_loss_epoch`), but `loss at step` is.
    """
    low = name.lower().strip()
    if low in _RANK:
        return _RANK[low]
    parts = list(words(name))
    position = _POSITION.search(low)
    if not parts or (is_measure(name) and not position):
        return 0
    if position and len(parts) > _MOST_WORDS:  # Training average positive_sample_loss at step
        parts = list(words(_LAST_POSITION.sub("", name))) or parts
    if (
        "last" in parts[:-1]
        or (_PER.match(low) and "/" in low)
        or _is_total(parts)
        or (parts[0] in _EPISODE and _RANK.get(parts[-1], 0) >= 4 and len(parts) == 2)
        or _PER_ONE.search(low)
    ):
        return 0
    numbered = len(parts) == 2 and parts[1] in _NUMBERED  # `Train no. 3`
    while len(parts) > 1 and parts[-1] in _COUNT_TAILS:
        parts.pop()
    if "/" in low and parts[-1] in {"step", "steps"} and "max" in parts:
        return 5
    rank = _RANK.get(parts[-1], 0)
    if rank and len(parts) <= _MOST_WORDS:
        if len(parts) > 1 and parts[0] in {"global", "total"} and rank >= 3:
            return 5
        return rank if len(parts) <= 3 or rank >= 3 else 0
    return 1 if numbered else 0


def _is_total(parts: list[str]) -> bool:
    """`max_epochs`, `num steps`, `MAX_ITER`: how many there will be."""
    if len(parts) != 2 or parts[0] not in _TOTALS - {"total"}:
        return False
    return parts[1] in _COUNTED or (parts[0] == "max" and parts[1] in _RANK)


@lru_cache(65536)
def is_measure(name: str) -> bool:
    """True where a name says that something is measured: `val_acc`, `mAP50`, `box loss`, `P`."""
    if _MAP.search(name) or name in {"P", "R"} or _OF_RANK.search(name):
        return True
    parts = words(name)
    return any(
        word in _MEASURES or word.startswith(_STEMS) or word.endswith(("loss", "率"))
        for word in parts
    ) or any(word in _MEASURES for word in _JOINTS.split(name.lower()))


@lru_cache(65536)
def is_outer(name: str) -> bool:
    """True for a counter within which another one may begin anew: an epoch, a pass, a round."""
    parts = list(words(name))
    while len(parts) > 1 and parts[-1] in _COUNT_TAILS:
        parts.pop()
    return bool(parts) and parts[-1] in _OUTER


def is_best(name: str) -> bool:
    """True for what is picked from several or told of all: `best_run`, `avg_acc`."""
    return bool(_BEST.intersection(words(name)[:1]))


def without_counter(name: str) -> str:
    """What stands before the counter that a name ends in: `Policy iteration`, `Batch number`."""
    parts = name.split()
    while len(parts) > 1 and parts[-1].lower() in _COUNT_TAILS:
        parts.pop()
    return " ".join(parts[:-1])


@lru_cache(65536)
def split_of(text: str) -> str:
    """The first word that names a split, as it is written in lower case, or empty."""
    return next((word for word in words(text) if word in SPLITS), "")


@lru_cache(65536)
def label_of(text: str) -> str:
    """The split that a label names: its last word for one, where it is not a sentence on training.

    `Evaluating test` is `test`; `Training finished` names none.
    """
    found = words(text)
    splits = [word for word in found if word in SPLITS]
    if splits and (SPLITS[splits[-1]] != "train" or (found[0] in SPLITS and len(found) <= 2)):
        return splits[-1]
    return "eval" if text.lower().startswith("saving dict") else ""


def is_score(name: str) -> bool:
    """True where a name measures, or tells the best of a split: `Highest Valid`, `Final Test`."""
    parts = words(name)
    return is_measure(name) or (len(parts) > 1 and parts[0] in _BEST and parts[-1] in SPLITS)


def is_size(name: str) -> bool:
    """True for the shape of an array: `test shape: (89, 24, 7)`."""
    return not _SHAPES.isdisjoint(words(name))


def is_system(name: str) -> bool:
    """True for the memory, devices and sizes of a machine or a model."""
    return not _SYSTEM.isdisjoint(words(name)) and not is_measure(name)


def is_setting(name: str) -> bool:
    """True for what is called like a hyperparameter, where nothing else tells.

    Not for `batch loss`, whose last word is that of a measure.
    """
    parts = words(name)
    measured = bool(parts) and (parts[-1] in _MEASURES or parts[-1].startswith(_STEMS))
    return not _SETTINGS.isdisjoint(parts) and (not measured or parts[-1] in _SETTINGS | {"rate"})


def are_results(names: Sequence[str]) -> bool:
    """Whether rows tell results rather than settings: at least half of their names measure."""
    measured = sum(is_measure(name) and not is_setting(name) for name in names)
    return 2 * measured >= len(names)


def are_settings(names: Sequence[str]) -> bool:
    """Whether rows are those of a config: more of their names are settings than results."""
    settings = sum(map(is_setting, names))
    return settings > sum(is_measure(name) and not is_setting(name) for name in names)


def is_share(name: str) -> bool:
    """True for what is measured in per cent or as a share, which may well be round: `70.0`."""
    return not _SHARES.isdisjoint(words(name))


def ends_in_stop(name: str) -> bool:
    """True where a name ends in a word of prose (`saved to`), so that it names nothing."""
    return bool(_STOP.search(name))


_PROSE = frozenset(
    "about after all an and are as be been before beyond by did for from had has have if in into"
    " more most no not of off only or out over save saved saving since so some than that the their"
    " then these this those to took until used using was were went which will with found loaded"
    " loading got set reached improved every we it you".split()
)


@lru_cache(65536)
def has_stop(name: str) -> bool:
    """True where a name has a word of prose in it (`epochs with batch size`)."""
    return not _PROSE.isdisjoint(name.lower().split())


@lru_cache(65536)
def clean(text: str) -> str:
    """A name without the punctuation, articles and blanks around it."""
    text = _FRONT.sub("", text.strip().strip(_EDGES))
    return _BLANKS.sub(" ", _ARTICLE.sub("", text))
