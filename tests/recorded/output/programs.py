"""Programs that print as training programs do, and write the truth about it beside it."""

import csv
import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path


class Truth:
    """The rows that a reader of the output should find."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows: list[dict[str, object]] = []

    def add(self, step: int | None, epoch: int | None, **values: float) -> None:
        self.rows.append({"step": step, "epoch": epoch, "values": values})

    def save(self) -> None:
        self._path.write_text("".join(json.dumps(row) + "\n" for row in self.rows))


def loss(step: int) -> float:
    return 2.0 / (1 + 0.37 * step)


def plain_loop(truth: Truth) -> None:
    """Settings first, then one line for each step and a validation after each epoch."""
    print("batch_size: 32\nlearning_rate: 0.001\nhidden_size: 128\nTotal params: 1,234,567")
    for epoch in (1, 2):
        for step in (10, 20, 30):
            print(f"Epoch [{epoch}/2], Step [{step}/30], Loss: {loss(step):.4f}")
            truth.add(step, epoch, Loss=round(loss(step), 4))
        print(f"Validation: loss={loss(epoch):.4f}, acc={90 + epoch:.1f}%")
        truth.add(30, epoch, **{"validation/loss": round(loss(epoch), 4), "validation/acc": 90.0 + epoch})


def logged(truth: Truth) -> None:
    """The logging module, with a warning between."""
    log = logging.getLogger("train.loop")
    logging.basicConfig(stream=sys.stdout, format="%(asctime)s - %(name)s - %(levelname)s - %(message)s")
    log.setLevel("INFO")
    log.info("listening on port 8080, pid %d", 4711)
    for step in range(0, 300, 100):
        log.info("step %d | loss %.5f | lr %.2e", step, loss(step), 1e-3)
        truth.add(step, None, loss=round(loss(step), 5), lr=1e-3)
        log.warning("/data/part-%05d.bin:12: UserWarning: 3 of 10 rows skipped in 0.5s", step)


def json_lines(truth: Truth) -> None:
    """Nested JSON, one object a line."""
    for step in range(3):
        print(json.dumps({"step": step, "train": {"loss": loss(step)}, "lr": 0.1, "time": "2026-05-28T12:00:00Z"}))
        truth.add(step, None, **{"train/loss": loss(step), "lr": 0.1})


def csv_to_console(truth: Truth) -> None:
    """The csv module, to standard output."""
    table = csv.writer(sys.stdout)
    table.writerow(["epoch", "train_loss", "val_acc"])
    for epoch in range(1, 4):
        table.writerow([epoch, round(loss(epoch), 4), 0.5 + epoch / 10])
        truth.add(None, epoch, train_loss=round(loss(epoch), 4), val_acc=0.5 + epoch / 10)


def aligned_table(truth: Truth) -> None:
    """A header and columns aligned with blanks, with a rule, a unit and a value that is missing."""
    print(f"{'epoch':>6}{'train loss':>14}{'val loss':>12}{'time':>8}\n{'-' * 40}")
    for epoch in range(3):
        missing = f"{loss(epoch) + 0.1:.4f}" if epoch else "N/A"
        print(f"{epoch:>6}{loss(epoch):>14.4f}{missing:>12}{'1.2s':>8}")
        values = {"train_loss": round(loss(epoch), 4)}
        if epoch:
            values["val_loss"] = round(loss(epoch) + 0.1, 4)
        truth.add(None, epoch, **values)


def returning_bar(truth: Truth) -> None:
    """A bar that returns to the left edge; only its last state in each epoch counts."""
    for epoch in (1, 2):
        for step in range(1, 6):
            bar = ("#" * step).ljust(5, ".")
            print(f"\rEpoch {epoch}/2: [{bar}] {step}/5 loss: {loss(step):.3f}", end="", flush=True)
            time.sleep(0.01)
        print()
        truth.add(5, epoch, loss=round(loss(5), 3))


def block_of_lines(truth: Truth) -> None:
    """A record over several lines, and a stack trace at the end that is none."""
    for epoch in range(3):
        print(f"epoch: {epoch}\n  train_loss: {loss(epoch)}\n  accuracy: {epoch / 4:.3f}")
        truth.add(None, epoch, train_loss=loss(epoch))
        truth.add(None, epoch, accuracy=epoch / 4)
    print('Traceback (most recent call last):\n  File "train.py", line 12, in <module>\n    loss = 0.5 / 0')
    print("ZeroDivisionError: division by zero")


PROGRAMS: list[Callable[[Truth], None]] = [
    plain_loop,
    logged,
    json_lines,
    csv_to_console,
    aligned_table,
    returning_bar,
    block_of_lines,
]


if __name__ == "__main__":
    wanted, folder = sys.argv[1:]
    truth = Truth(Path(folder) / f"{wanted}.jsonl")
    {program.__name__: program for program in PROGRAMS}[wanted](truth)
    truth.save()
