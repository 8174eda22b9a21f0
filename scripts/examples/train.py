"""A small real training: one hidden layer learns to tell two spirals apart. Standard library only."""

import argparse
import math
import random
import sys
from dataclasses import dataclass

EPOCHS, HIDDEN = 20, 24


@dataclass
class Network:
    """Two numbers in, the probability of the second spiral out."""

    inner: list[list[float]]  # for each hidden unit: two weights and a bias
    outer: list[float]  # for each hidden unit a weight, then a bias

    def predict(self, x: float, y: float) -> tuple[list[float], float]:
        """What the hidden units say, and the probability."""
        hidden = [math.tanh(a * x + b * y + c) for a, b, c in self.inner]
        total = self.outer[-1] + sum(w * h for w, h in zip(self.outer[:-1], hidden, strict=True))
        return hidden, 1 / (1 + math.exp(-total))

    def learn(self, x: float, y: float, label: int, rate: float) -> float:
        """One step of gradient descent; the loss before it."""
        hidden, probability = self.predict(x, y)
        error = probability - label
        for unit, (w, h) in enumerate(zip(self.outer[:-1], hidden, strict=True)):
            slope = error * w * (1 - h * h)
            a, b, c = self.inner[unit]
            self.inner[unit] = [a - rate * slope * x, b - rate * slope * y, c - rate * slope]
            self.outer[unit] -= rate * error * h
        self.outer[-1] -= rate * error
        return -math.log(max(probability if label else 1 - probability, 1e-9))


def spirals(count: int) -> list[tuple[float, float, int]]:
    """Points of two arms, each with a little noise."""
    points = []
    for number in range(count):
        label = number % 2
        turn = random.random()
        angle = 3.5 * turn + math.pi * label
        x = 2 * turn * math.cos(angle) + random.gauss(0, 0.05)
        y = 2 * turn * math.sin(angle) + random.gauss(0, 0.05)
        points.append((x, y, label))
    return points


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lr", type=float, default=0.002, help="learning rate")
    rate = parser.parse_args().lr
    random.seed(1)
    train, test = spirals(20_000), spirals(2000)
    network = Network(
        inner=[[random.gauss(0, 1) for _ in range(3)] for _ in range(HIDDEN)],
        outer=[random.gauss(0, 0.5) for _ in range(HIDDEN + 1)],
    )
    print(f"{len(train)} points, {HIDDEN} hidden units, learning rate {rate}")
    for epoch in range(1, EPOCHS + 1):
        random.shuffle(train)
        loss = 0.0
        for number, (x, y, label) in enumerate(train, 1):
            loss += network.learn(x, y, label, rate)
            if number % 1000 == 0:
                show_progress(epoch, number / len(train))
        right = sum((network.predict(x, y)[1] > 0.5) == label for x, y, label in test)
        accuracy = right / len(test)
        print(f"epoch {epoch}/{EPOCHS} - loss: {loss / len(train):.4f} - val_acc: {accuracy:.4f}", flush=True)


def show_progress(epoch: int, share: float) -> None:
    """A bar on stderr that draws over itself."""
    bar = "#" * round(20 * share)
    end = "\r" if share == 1 else ""
    print(f"\repoch {epoch:2d} [{bar:<20}] {share:4.0%}", end=end, file=sys.stderr, flush=True)


main()
