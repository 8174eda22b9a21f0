"""Where runs are, and which of them is meant."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from wrapper.cli import facts, look, words
from wrapper.launch.settings import resolve
from wrapper.rundir import reading

F = TypeVar("F", bound=Callable[..., Any])
MOST_CANDIDATES = 8
MOST_COMPLETIONS = 200
LONGEST_WAIT_S, LOOK_EVERY_S = 3.0, 0.05


def in_folder(command: F) -> F:
    """Give a command the option --dir."""
    return click.option(
        "--dir",
        "directory",
        metavar="DIR",
        type=click.Path(file_okay=False),
        help="Where the runs were made: look in DIR/.wandb-wrapper.",
    )(command)


def takes_run(command: F) -> F:
    """Give a command the argument RUN."""
    return click.argument("run", shell_complete=complete_run)(command)


def open_folder(directory: str | None) -> Path:
    """The folder of the runs, after those that were left unfinished have been closed."""
    from wrapper.recorder.settle import settle_runs

    folder = find_folder(directory)
    settle_runs(folder)
    return folder


def here() -> str:
    """Where we are; raises ClickException when that has been removed."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        raise click.ClickException("the directory that you are in has been removed; go to another") from None


def find_folder(directory: str | None) -> Path:
    """The folder of the runs: of this directory, else of the settings, else of where we are."""
    return reading.runs_folder(directory or resolve(None, os.environ, here()).dir or "")


def find_run(folder: Path, word: str) -> reading.Run:
    """The run that is meant; raises ClickException with those that might be."""
    try:
        run = reading.find_run(folder, word)
    except reading.AmbiguousRun as error:
        raise click.ClickException(_which_of(error)) from None
    except reading.NoSuchRun as error:
        raise click.ClickException(_none_of(error, folder)) from None
    for damage in run.damage:
        say_damage(run, damage)
    return run


def find_read_run(folder: Path, word: str) -> reading.Run:
    """The same; where it is just being found out how Slurm ended it, wait for that, at most 3 s."""
    run = find_run(folder, word)
    until = time.monotonic() + LONGEST_WAIT_S
    while is_being_found_out(run.latest) and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)
        run = reading.read_run(run.path)
    return run


def is_being_found_out(part: reading.Part | None) -> bool:
    return bool(part and part.end and part.facts.get("slurm") and part.end.get("exit_code") != 0 and not part.is_read)


def say_damage(run: reading.Run, damage: str) -> None:
    click.echo(f"wandb: run {run.id}: {words.visible(damage)}", err=True)


def _which_of(error: reading.AmbiguousRun) -> str:
    lines = [f'"{words.visible(error.word)}" may be any of {len(error.candidates)} runs; say its id:']
    rows = [
        (
            run.id,
            words.visible(run.name),
            facts.in_brief(run.latest),
            words.moment(run.began_at),
        )
        for run in error.candidates[:MOST_CANDIDATES]
    ]
    lines += [f"  {row}" for row in look.aligned(rows)]
    if len(error.candidates) > MOST_CANDIDATES:
        lines.append(f"  and {len(error.candidates) - MOST_CANDIDATES} more")
    return "\n".join(lines)


def _none_of(error: reading.NoSuchRun, folder: Path) -> str:
    word = words.visible(error.word)
    if not reading.list_names(folder):
        return f'there is no run "{word}": no runs are kept in {folder}{advice_elsewhere(folder)}'
    near = words.listed([words.visible(name) for name in error.near[:3]]) if error.near else ""
    advice = f"did you mean {near}?" if near else "wandb ls shows those there are"
    return f'there is no run "{word}" in {folder}; {advice}'


def advice_elsewhere(folder: Path) -> str:
    """Where the nearest runs are, when the directories above have some; "" when they have none."""
    for parent in folder.absolute().parent.parents:
        above = reading.runs_folder(parent)
        if reading.list_names(above):
            return f"; there are some in {parent}: wandb ls --dir {words.quoted(str(parent))}"
    return ""


def complete_run(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[Any]:
    """The ids and names that begin so, the newest first."""
    from click.shell_completion import CompletionItem

    runs = reading.list_runs(find_folder(ctx.params.get("directory")))
    ids = [(run.id, run.name) for run in runs]
    names = [(run.name, run.id) for run in runs if incomplete] + [("latest", "the newest run")]
    fitting = [(word, other) for word, other in ids + names if word.startswith(incomplete)]
    return [CompletionItem(word, help=words.visible(other)) for word, other in fitting[:MOST_COMPLETIONS]]
