"""A small network, trained for real in NumPy: two spirals, one hidden layer, Adam."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

START = 1_780_000_000.0
"""Unix seconds at which every training begins; a step takes a quarter of a second."""


@dataclass
class Config:
    """Hyperparameters of one training."""

    seed: int = 0
    hidden: int = 24
    lr: float = 0.02
    steps: int = 300
    batch: int = 64


@dataclass
class Record:
    """What was measured at one step; `val_loss` and `val_acc` only at every tenth."""

    step: int
    epoch: float
    time: float
    lr: float
    loss: float
    acc: float
    grad_norm: float
    val_loss: float | None = None
    val_acc: float | None = None
    gradients: list[float] = field(default_factory=list)


def spirals(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` points on two arms, and which arm each lies on."""
    label = rng.integers(0, 2, count)
    turn = np.sqrt(rng.random(count)) * 3.6
    angle = 1.7 * turn + np.pi * label
    points = np.stack((turn * np.cos(angle), turn * np.sin(angle)), axis=1) / 3.6
    return points + rng.normal(0, 0.04, points.shape), label


class Training:
    """Trains when it is made; `records` and `dumps` (step to named arrays) tell how it went."""

    def __init__(self, config: Config, dump_every: int = 50) -> None:
        self.config = config
        rng = np.random.default_rng(config.seed)
        self.train = spirals(rng, 800)
        self.val = spirals(rng, 400)
        hidden = config.hidden
        self.weights = {
            "layer1.weight": rng.normal(0, 0.7, (2, hidden)),
            "layer1.bias": np.zeros(hidden),
            "layer2.weight": rng.normal(0, hidden**-0.5, (hidden, hidden)),
            "layer2.bias": np.zeros(hidden),
            "head.weight": rng.normal(0, hidden**-0.5, (hidden, 2)),
            "head.bias": np.zeros(2),
        }
        self.records: list[Record] = []
        self.dumps: dict[int, dict[str, np.ndarray]] = {}
        self._moments = {name: (np.zeros_like(w), np.zeros_like(w)) for name, w in self._items()}
        self.dumps[0] = self._copy()
        for step in range(1, config.steps + 1):
            self._step(rng, step)
            if step % dump_every == 0:
                self.dumps[step] = self._copy()

    def _items(self) -> list[tuple[str, np.ndarray]]:
        return list(self.weights.items())

    def _copy(self) -> dict[str, np.ndarray]:
        return {name: weight.astype(np.float32) for name, weight in self._items()}

    def _step(self, rng: np.random.Generator, step: int) -> None:
        config = self.config
        rate = config.lr * 0.5 * (1 + np.cos(np.pi * step / config.steps))
        chosen = rng.integers(0, len(self.train[1]), config.batch)
        points, labels = self.train[0][chosen], self.train[1][chosen]
        loss, acc, gradients = self._gradients(points, labels)
        norm = float(np.sqrt(sum(float((g**2).sum()) for g in gradients.values())))
        for name, gradient in gradients.items():
            first, second = self._moments[name]
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient**2 - second)
            scaled = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
            self.weights[name] -= rate * scaled
        record = Record(
            step,
            round(step * config.batch / len(self.train[1]), 4),
            START + 0.25 * step,
            float(rate),
            loss,
            acc,
            norm,
            gradients=[round(float(g), 6) for g in gradients["head.weight"].ravel()],
        )
        if step % 10 == 0:
            record.val_loss, record.val_acc, _ = self._gradients(*self.val)
        self.records.append(record)

    def predict(self, points: np.ndarray) -> np.ndarray:
        """The probability of the second arm."""
        return self._forward(points)[2][:, 1]

    def _forward(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        w = self.weights
        one = np.tanh(points @ w["layer1.weight"] * 2 + w["layer1.bias"])
        two = np.tanh(one @ w["layer2.weight"] + w["layer2.bias"])
        logits = two @ w["head.weight"] + w["head.bias"]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return one, two, odds / odds.sum(axis=1, keepdims=True)

    def _gradients(
        self, points: np.ndarray, labels: np.ndarray
    ) -> tuple[float, float, dict[str, np.ndarray]]:
        one, two, chance = self._forward(points)
        rows = np.arange(len(labels))
        loss = float(-np.log(chance[rows, labels] + 1e-12).mean())
        acc = float((chance.argmax(axis=1) == labels).mean())
        delta = chance.copy()
        delta[rows, labels] -= 1
        delta /= len(labels)
        found = {"head.weight": two.T @ delta, "head.bias": delta.sum(axis=0)}
        delta = (delta @ self.weights["head.weight"].T) * (1 - two**2)
        found |= {"layer2.weight": one.T @ delta, "layer2.bias": delta.sum(axis=0)}
        delta = (delta @ self.weights["layer2.weight"].T) * (1 - one**2)
        found |= {"layer1.weight": 2 * points.T @ delta, "layer1.bias": delta.sum(axis=0)}
        return loss, acc, found


def epochs(seed: int) -> list[Record]:
    """Six epochs of a training, as what was measured at their ends."""
    return Training(Config(seed=seed, steps=60)).records[9::10]
