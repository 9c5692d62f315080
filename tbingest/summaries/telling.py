"""Which metrics people look for first."""

from __future__ import annotations

_FIRST = ("loss", "acc", "auc", "reward", "return", "perplexity", "error", "lr", "learning_rate")


def telling(metric: str) -> tuple[int, str]:
    """To sort metrics by: losses and accuracies first, then others by name."""
    last = metric.lower().rpartition("/")[2]
    found = [n for n, word in enumerate(_FIRST) if word == last]
    found += [n + len(_FIRST) for n, word in enumerate(_FIRST) if word in last]
    return min(found, default=2 * len(_FIRST)), metric
