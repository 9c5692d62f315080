"""Rounds of gradient boosting, for the logs of its libraries."""

from __future__ import annotations

import numpy as np

ROUNDS = 12


def boosted(seed: int, sets: int) -> np.ndarray:
    """Root mean squared error and mean error by (round, set, metric), of stumps on a sine."""
    rng = np.random.default_rng(seed)
    points = [rng.uniform(-3, 3, 120) for _ in range(sets)]
    truth = [np.sin(x) + rng.normal(0, 0.1, x.shape) for x in points]
    fitted = [np.zeros_like(x) for x in points]
    errors = np.empty((ROUNDS, sets, 2))
    for number in range(ROUNDS):
        cut = rng.uniform(-2.5, 2.5)
        rest = truth[0] - fitted[0]
        left = points[0] < cut
        for place, x in enumerate(points):
            fitted[place] += 0.6 * np.where(x < cut, rest[left].mean(), rest[~left].mean())
        for place, (guess, y) in enumerate(zip(fitted, truth, strict=True)):
            errors[number, place] = np.sqrt(np.mean((guess - y) ** 2)), np.abs(guess - y).mean()
    return errors.round(9)
