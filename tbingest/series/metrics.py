"""Which metrics people look for first."""

from __future__ import annotations

import re

_FIRST = ("loss", "acc", "auc", "reward", "return", "perplexity", "error", "lr", "learning_rate")
_LAST = frozenset({"epoch", "step", "global_step", "iter", "iteration", "time"})
_RATE = re.compile(r"(?:^|[/_.\-])(?:lr|learning[_\- ]?rate)(?:$|[/_.\-\d])", re.IGNORECASE)


def telling(metric: str) -> tuple[int, str]:
    """To sort metrics by: losses and accuracies first, then others by name, counters last."""
    last = metric.lower().rpartition("/")[2]
    if is_counter(metric):
        return 2 * len(_FIRST) + 1, metric
    found = [n for n, word in enumerate(_FIRST) if word == last]
    found += [n + len(_FIRST) for n, word in enumerate(_FIRST) if word in last]
    return min(found, default=2 * len(_FIRST)), metric


def is_telling(metric: str) -> bool:
    """True for what most people look at: losses, accuracies and the like."""
    return telling(metric)[0] < 2 * len(_FIRST)


def is_rate(metric: str) -> bool:
    """True for a learning rate, which was set and not measured."""
    return bool(_RATE.search(metric))


def is_counter(metric: str) -> bool:
    """True for what counts the steps of the training."""
    return metric.lower().rpartition("/")[2] in _LAST


_DOWN = re.compile(
    r"(?:^|[/_.\- ])(?:\w{0,40}loss\w{0,40}|"
    r"\w{0,40}err(?:or)?|\w{0,40}perplexity|ppl|mae|mse|rmse|wer|cer|nll|bpb|fid)$",
    re.IGNORECASE,
)


_UP = re.compile(
    r"(?:^|[/_.\- ])(?:\w{0,40}acc(?:uracy)?|top\d|auc|\w{0,40}auroc|f1\w{0,40}|precision|recall|"
    r"\w{0,40}map[\d.\-]{0,12}|\w{0,40}rew(?:ard)?(?:_mean)?|\w{0,40}return|bleu|rouge\w{0,40}|iou|"
    r"miou|dice|r2|score|success\w{0,40})$",
    re.IGNORECASE,
)
