"""Six small trainings, and what trainings leave behind: `python demo/train.py [FOLDER]`.

A small network learns to tell three arms of a spiral apart, with two widths and three learning
rates. Each run has curves of training and validation and its hyperparameters; the one with the
middle rate also has ten checkpoints, pictures of what it decides, predictions of the validation
points, notes, and names that it makes up. All is made with NumPy in a few seconds, and is the same
each time.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

ARMS = 3
STEPS = 600
EVERY = 10
DUMPS = 10
RATES = (0.003, 0.01, 0.03)
WIDTHS = (8, 48)
SHOWN = (0.01, 48)
COLOURS = np.array([[0, 114, 178], [213, 94, 0], [0, 158, 115]], float)
NAMES = (
    "ada alan barbara claude donald edsger frances grace hedy ida john kathleen margaret".split()
)


def spirals(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(count, 2) points with noise, and which arm each is of."""
    truth = rng.integers(ARMS, size=count)
    along = np.sqrt(rng.uniform(0.02, 1, count))
    angle = 4.2 * along + truth * 2 * np.pi / ARMS + rng.normal(0, 0.4, count)
    return np.stack([along * np.cos(angle), along * np.sin(angle)], 1), truth


class Network:
    """Two layers, trained by Adam."""

    def __init__(self, width: int, rng: np.random.Generator) -> None:
        self.weights = {
            "hidden.weight": rng.normal(0, 1.0, (2, width)),
            "hidden.bias": np.zeros(width),
            "deep.weight": rng.normal(0, (2 / width) ** 0.5, (width, width)),
            "deep.bias": np.zeros(width),
            "out.weight": rng.normal(0, (1 / width) ** 0.5, (width, ARMS)),
            "out.bias": np.zeros(ARMS),
        }
        self.means = {name: np.zeros_like(value) for name, value in self.weights.items()}
        self.squares = {name: np.zeros_like(value) for name, value in self.weights.items()}

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(n, 3) probabilities."""
        w = self.weights
        self.first = np.maximum(points @ w["hidden.weight"] + w["hidden.bias"], 0)
        self.second = np.maximum(self.first @ w["deep.weight"] + w["deep.bias"], 0)
        scores = self.second @ w["out.weight"] + w["out.bias"]
        scores = np.exp(scores - scores.max(1, keepdims=True))
        return scores / scores.sum(1, keepdims=True)

    def learn(self, points: np.ndarray, truth: np.ndarray, rate: float, step: int) -> float:
        """One step of Adam; the norm of the gradient."""
        error = self(points)
        error[np.arange(len(truth)), truth] -= 1
        error /= len(truth)
        below = error @ self.weights["out.weight"].T * (self.second > 0)
        lowest = below @ self.weights["deep.weight"].T * (self.first > 0)
        slopes = {
            "hidden.weight": points.T @ lowest,
            "hidden.bias": lowest.sum(0),
            "deep.weight": self.first.T @ below,
            "deep.bias": below.sum(0),
            "out.weight": self.second.T @ error,
            "out.bias": error.sum(0),
        }
        for name, slope in slopes.items():
            self.means[name] += 0.1 * (slope - self.means[name])
            self.squares[name] += 0.001 * (slope**2 - self.squares[name])
            mean = self.means[name] / (1 - 0.9**step)
            square = self.squares[name] / (1 - 0.999**step)
            self.weights[name] -= rate * mean / (np.sqrt(square) + 1e-8)
        return float(np.sqrt(sum((slope**2).sum() for slope in slopes.values())))


def judged(network: Network, points: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """(loss, accuracy)."""
    shares = network(points)
    loss = -np.log(shares[np.arange(len(truth)), truth] + 1e-12).mean()
    return float(loss), float((shares.argmax(1) == truth).mean())


def train(folder: Path, rate: float, width: int) -> None:
    """One run, with all that it leaves behind."""
    rng = np.random.default_rng(width)
    points, truth = spirals(1200, rng)
    held_out, held_truth = spirals(400, rng)
    network = Network(width, rng)
    folder.mkdir(parents=True)
    (folder / "hparams.yaml").write_text(f"lr: {rate}\nwidth: {width}\nbatch_size: 64\n")
    whole = (rate, width) == SHOWN
    with (folder / "metrics.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow("step train_loss val_loss train_acc val_acc lr grad_norm".split())
        for step in range(1, STEPS + 1):
            now = rate * (0.5 + 0.5 * np.cos(np.pi * step / STEPS))
            batch = rng.integers(len(points), size=64)
            norm = network.learn(points[batch], truth[batch], now, step)
            if step % EVERY == 0:
                loss, accuracy = judged(network, points[batch], truth[batch])
                val_loss, val_accuracy = judged(network, held_out, held_truth)
                row = (loss, val_loss, accuracy, val_accuracy, now, norm)
                table.writerow([step, *(f"{value:.6g}" for value in row)])
            if whole and step % (STEPS // DUMPS) == 0:
                leave(folder, step, network, (held_out, held_truth))
    if whole:
        (folder / "notes.md").write_text(
            f"# Three arms of a spiral\n\nOne of a sweep of {len(RATES) * len(WIDTHS)} runs: "
            f"lr {rate}, {width} units. The rate falls along a cosine.\n"
        )


def leave(
    folder: Path, step: int, network: Network, held_out: tuple[np.ndarray, np.ndarray]
) -> None:
    """A checkpoint, a picture, predictions and a few names, as they are at a step."""
    for name in ("checkpoints", "decision", "predictions"):
        (folder / name).mkdir(exist_ok=True)
    np.savez(
        folder / "checkpoints" / f"weights_step_{step:06}.npz",
        **{name: value.astype(np.float32) for name, value in network.weights.items()},
    )
    axis = np.linspace(-1.15, 1.15, 160)
    grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    shares = network(grid).reshape(160, 160, ARMS)
    picture = 255 - (255 - shares @ COLOURS) * 0.55
    for point, arm in zip(*held_out, strict=True):
        across, down = ((point + 1.15) / 2.3 * 159).astype(int)
        picture[max(down - 1, 0) : down + 1, max(across - 1, 0) : across + 1] = COLOURS[arm] * 0.6
    Image.fromarray(picture.astype(np.uint8)).resize((480, 480)).save(
        folder / "decision" / f"step_{step:06}.png"
    )
    points, truth = held_out
    if step in {STEPS // DUMPS, STEPS // 2, STEPS}:
        predictions = folder / "predictions" / f"val_predictions_step_{step:06}.csv"
        predict(predictions, network(points), truth)
    with (folder / "generations.jsonl").open("a") as stream:
        for prompt in "abc":
            said = {"step": step, "prompt": prompt, "completion": spelled(prompt, step)}
            stream.write(json.dumps(said) + "\n")


def predict(path: Path, shares: np.ndarray, truth: np.ndarray) -> None:
    """What is predicted of each point, beside the truth."""
    with path.open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["y_true", *(f"prob_{arm}" for arm in range(ARMS))])
        for arm, row in zip(truth, shares, strict=True):
            table.writerow([arm, *(f"{share:.4f}" for share in row)])


def spelled(prompt: str, step: int) -> str:
    """A name as letters that often follow one another; the more steps, the more names were read."""
    rng = np.random.default_rng(step + ord(prompt))
    known = NAMES[: max(1, len(NAMES) * step // STEPS)]
    pairs = [pair for name in known for pair in zip(name, name[1:] + ".", strict=True)]
    text = prompt
    while len(text) < 9:
        after = [second for first, second in pairs if first == text[-1]]
        letter = str(rng.choice(after)) if after else "."
        if letter == ".":
            break
        text += letter
    return text


def main() -> None:
    """All six runs, into a new folder."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "demo_logs")
    if target.exists():
        print(f"{target}/ is there already")
        return
    for width in WIDTHS:
        for rate in RATES:
            print(f"training: lr {rate}, {width} units", flush=True)
            train(target / f"lr{rate}-w{width}", rate, width)


if __name__ == "__main__":
    main()
