"""Journals of runs, written as the recorder writes them."""

from pathlib import Path
from typing import Any

from wrapper.rundir.history import History
from wrapper.rundir.journal import Journal
from wrapper.rundir.metrics import Metric

RUN = Path("run")


class Part:
    """A part of one run in the current directory; each method adds a record."""

    def __init__(self, attempt: int = 0, rank: int = 0, run: Path = RUN) -> None:
        self.path = run / f"{attempt}-{rank}"
        self.path.mkdir(parents=True, exist_ok=True)
        self._journal = Journal(str(self.path / "journal.jsonl"))
        self._upto: dict[str, int] = {}

    def add(self, source: str, **facts: Any) -> None:
        """Anything; `upto` counts, where it is not said."""
        self._upto[source] = facts.pop("upto", self._upto.get(source, 0) + 1)
        self._journal.add(source, self._upto[source], **facts)

    def print(self, step: float | None = None, epoch: float | None = None, **values: Any) -> None:
        """A row that was found in the output."""
        self.add("parsed", row=values, **given(step=step, epoch=epoch))

    def log(self, step: float | None = None, epoch: float | None = None, **values: Any) -> None:
        """A row of the metrics file."""
        self.add("metrics", row=values, **given(step=step, epoch=epoch))

    def follow(self, file: str, step: float | None = None, **values: Any) -> None:
        """A row of a file that the command wrote anyway."""
        self.add(f"followed:{file}", row=values, **given(step=step))


def read(attempt: int | None = None) -> History:
    history = History(RUN, attempt)
    history.read()
    return history


def metric(name: str, has_ended: bool = True) -> Metric:
    return read().metrics(has_ended)[name]


def given(**facts: Any) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}
