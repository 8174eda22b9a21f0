"""`wandb watch`."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

import click

from wrapper.cli import facts, look, place, results, words
from wrapper.cli.last_lines import last_lines
from wrapper.cli.numbers import spell
from wrapper.cli.recorded import read_history
from wrapper.cli.show import headline
from wrapper.cli.stage import Stage
from wrapper.cli.tables import plain
from wrapper.rundir.history import History
from wrapper.rundir.metrics import Origin
from wrapper.rundir.reading import Run, is_run, list_names, list_runs, read_run
from wrapper.rundir.rows import Rows, ShownRow

FRAME_S = 0.5
LINES_EVERY_S = 0.5
SETTLE_EVERY_S = 10.0
QUITS = (b"q", b"Q", b"\x03", b"\x04", b"\x1c")
LAST_BYTES = 1 << 14
LEAST_OUTPUT = 6  # lines, where the window has room for them
FIRST_ROWS = 10


@click.command()
@click.argument("run", required=False, shell_complete=place.complete_run)
@place.in_folder
def watch(run: str | None, directory: str | None) -> None:
    """Follow a run live: its progress, its metrics, its last lines.

    RUN is an id, the beginning of one, a name, or `latest`; without one it is the newest that is running. It ends with
    the run. q or ^C leave it, and the run goes on. Where there is no terminal, each new row is a line.

    \b
        wandb watch
        wandb watch k3v9
        wandb watch k3v9 | tee metrics.txt
    """
    folder = place.open_folder(directory)
    found = place.find_run(folder, run) if run else find_running(folder)
    watching = Watching(folder, found)
    if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        watching.on_stage()
    else:
        watching.in_lines()


def find_running(folder: Path) -> Run:
    """The newest run that is running; raises ClickException when there is none."""
    for run in list_runs(folder):
        if run.state == "running":
            return run
    advice = "wandb show latest has the newest run" if list_names(folder) else "no runs are kept here"
    raise click.ClickException(f"nothing is running in {folder}; {advice}")


class Watching:
    """One run, and what is known of it by now."""

    def __init__(self, folder: Path, run: Run) -> None:
        self._folder, self._path = folder, run.path
        self._run = run
        self._history = History(run.path)
        self._settle_at = time.monotonic() + SETTLE_EVERY_S
        self._has_looked = False
        self._table: list[str] = []
        self._table_for: object = None
        self._tail: list[str] = []
        self._tail_for: object = None

    def _look(self) -> bool:
        """Take in what is new; whether the run had ended before."""
        from wrapper.recorder.settle import settle_runs

        if time.monotonic() > self._settle_at:
            settle_runs(self._folder)  # Its recorder may have died.
            self._settle_at = time.monotonic() + SETTLE_EVERY_S
        self._run = read_run(self._path)
        if not is_run(self._run):
            raise click.ClickException(f"run {self._run.id} is gone: its directory has been removed")
        has_ended = self._run.state != "running"
        if self._history.read() or not self._has_looked:
            self._table_for, self._has_looked = None, True
        return has_ended

    def on_stage(self) -> None:
        """Draw it, until it ends or somebody leaves; then say in short how it stands."""
        has_ended = self._run.state != "running"
        ended_by = None
        if not has_ended:
            with Stage() as stage:
                stage.show(self._frame(*stage.size()))  # Reading a long history takes seconds.
                has_ended = self._look()
                while not has_ended and stage.ended_by is None:
                    stage.show(self._frame(*stage.size()))
                    if any(key in QUITS for key in split(stage.wait(FRAME_S))):
                        break
                    has_ended = self._look()
                ended_by = stage.ended_by
        if ended_by is not None:
            signal.signal(ended_by, signal.SIG_DFL)
            os.kill(os.getpid(), ended_by)
        click.echo("\n".join(self._last_words(has_ended)))

    def _frame(self, columns: int, rows: int) -> list[str]:
        """The lines of the whole window."""
        lines = [*self._head(columns), *self._progress()]
        left = rows - len(lines)
        table = self._metric_lines(columns)
        for_output = min(LEAST_OUTPUT, left // 3)
        if len(table) > left - for_output:
            kept = max(2, left - for_output - 1)
            table = [*table[:kept], look.dim(f"    … {len(table) - kept:,} more")]
        lines += table
        left = rows - len(lines) - 2
        if left > 0 and (tail := self._last_lines(columns, left)):
            lines += ["", look.dim("  output"), *(f"    {line}" for line in tail)]
        return lines

    def _head(self, columns: int) -> list[str]:
        part = self._run.latest
        took = facts.duration_s(self._run, time.time())
        name = look.cut(words.visible(self._run.name), max(8, columns - 40))
        state = facts.in_words(part) + (f" for {words.duration(took)}" if took is not None else "")
        room = columns - look.width(name) - len(state) - len("●  ") - len(HINT)
        hint = " " * room + look.dim(HINT) if room > 0 else ""
        command = words.command(facts.argv(part))
        stands = look.coloured(state, look.state_colour(self._run.state))
        return [
            f"{look.sign(self._run.state)} {look.bold(name)} {stands}{hint}",
            look.dim(look.cut(f"  {self._run.id}  {command}", columns)),
            "",
        ]

    def _progress(self) -> list[str]:
        latest = self._history.latest
        text = results.progress_text(latest.pace, False, time.time()) if latest else ""
        return [f"  {text}", ""] if text else []

    def _metric_lines(self, columns: int) -> list[str]:
        """The table of metrics; made anew when there is more, or the window has changed."""
        if self._table_for != columns:
            metrics = [metric for metric in self._history.metrics(False).values() if results.is_shown(metric)]
            nothing = [look.dim("  no metrics yet" if self._has_looked else "  reading …")]
            self._table = results.metric_table(metrics, columns) if metrics else nothing
            self._table_for = columns
        return self._table

    def _last_lines(self, columns: int, most: int) -> list[str]:
        """The last lines of output, read again when there is more."""
        part = self._run.latest
        if part is None:
            return []
        known = (part.path, part.output_bytes(), columns, most)
        if self._tail_for != known:
            self._tail = last_lines(part, most, LAST_BYTES)
            self._tail_for = known
        return self._tail

    def _last_words(self, has_ended: bool) -> list[str]:
        """What is left on the terminal afterwards."""
        run = self._run
        history = read_history(run) if has_ended else self._history
        first = headline(run, run.latest, facts.in_full(run))
        if not has_ended:
            return [f"{first}; it goes on: wandb watch {run.id}"]
        return [first, *results.outcome(history, True, run.id), "", look.dim(f"  wandb show {run.id} has the rest")]

    def in_lines(self) -> None:
        """A line for each new row, until the run ends; of those that were there before, the last few."""
        where: dict[str, Origin | None] = {}
        wanted: set[Origin] = set()
        rows = Rows(self._history, where, wanted)
        is_first = True
        while True:
            has_ended = self._look()
            if has_ended:
                self._history = rows.history = read_history(self._run)
            chosen = self._history.choose()
            where.update(chosen)
            wanted.update(chosen.values())
            new: Iterable[ShownRow] = rows.read(has_ended)
            if is_first:
                new, is_first = deque(new, FIRST_ROWS), False
            for shown in new:
                click.echo(self._line(shown))
            if has_ended:
                break
            time.sleep(LINES_EVERY_S)
        took = facts.duration_s(self._run, time.time())
        after = f" after {words.duration(took)}" if took is not None else ""
        click.echo(f"wandb: {words.visible(self._run.name)} {facts.in_words(self._run.latest)}{after}", err=True)

    def _line(self, shown: ShownRow) -> str:
        """3m12s  step 120  epoch 2  loss 0.31  acc 0.9"""
        row = shown.row
        cells = [words.short_duration(row.at - self._run.began_at)]
        cells += [f"{name} {plain(at)}" for name, at in (("step", row.step), ("epoch", row.epoch)) if at is not None]
        cells += [f"{words.visible(name)} {spell(value)}" for name, value in row.values.items()]
        return look.GAP.join(cells)


HINT = "q quits"


def split(keys: bytes) -> list[bytes]:
    """Each key that was pressed, as far as one byte tells."""
    return [keys[position : position + 1] for position in range(len(keys))]
