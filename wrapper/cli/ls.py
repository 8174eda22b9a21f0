"""`wandb ls`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

from wrapper.cli import facts, look, numbers, place, words
from wrapper.rundir.reading import Run, list_runs

HEAD = ("ID", "NAME", "STATE", "TOOK", "AGE", "COMMAND")
TOOK, AGE = 3, 4
SHOWN_ON_TERMINAL = 20
LONGEST_NAME = 30
LEAST_FOR_COMMAND = 16


def read_count(_ctx: click.Context, _param: click.Parameter, text: str | None) -> int | None:
    """A whole number from 1 on."""
    if text is None:
        return None
    if not text.isdecimal() or int(text) == 0:
        raise click.BadParameter(f'"{text}" is not a whole number from 1 on')
    return int(text)


@click.command()
@click.option("-n", "--limit", callback=read_count, metavar="N", help="Show the newest N.")
@click.option("-a", "--all", "is_all", is_flag=True, help="Show all of them; a pipe or a file always gets all.")
@click.option(
    "--state",
    "states",
    multiple=True,
    metavar="STATE",
    type=click.Choice(list(look.STATES)),
    help="Only runs that stand so: " + words.listed(look.STATES) + ".",
)
@click.option("--json", "as_json", is_flag=True, help="As a JSON array, with times in Unix seconds.")
@place.in_folder
def ls(limit: int | None, is_all: bool, states: tuple[str, ...], as_json: bool, directory: str | None) -> None:
    """List runs, the newest first.

    On a terminal the newest 20 are shown, cut to its width.

    \b
        wandb ls --state running
        wandb ls --state failed --state crashed -n 5
        wandb ls --json | jq -r '.[] | select(.exit_code == 137) | .id'
    """
    folder = place.open_folder(directory)
    runs = list_runs(folder)
    is_cut = limit is None and look.is_narrow() and not (is_all or as_json)
    shown = list(islice(in_states(runs, states), SHOWN_ON_TERMINAL if is_cut else limit))
    for run in shown:
        for damage in run.damage + tuple(damage for part in run.parts for damage in part.damage):
            place.say_damage(run, damage)
    if as_json:
        click.echo(as_array(shown))
    elif shown:
        click.echo("\n".join(table(shown)))
    say_the_rest(folder, len(runs), len(shown), states, is_cut)


def in_states(runs: list[Run], states: tuple[str, ...]) -> Iterator[Run]:
    """The runs that stand so; all, unread, when none is named."""
    return (run for run in runs if not states or run.state in states)


def as_array(runs: list[Run]) -> str:
    """One run on each line, so that `grep` works too."""
    lines = [json.dumps(numbers.as_json(facts.in_short(run))) for run in runs]
    return "[" + ",\n ".join(lines) + "]"


def table(runs: list[Run]) -> list[str]:
    """A line for each run under a line of heads, cut to the terminal where there is one."""
    rows = [HEAD, *(cells(run) for run in runs)]
    columns = choose_columns(rows)
    lines = look.aligned([[row[column] for column in columns] for row in rows])
    if look.is_narrow():
        lines = [look.cut(line, look.terminal_width() - 2) for line in lines]
    signs = [" ", *(look.sign(run.state) for run in runs)]
    lines[0] = look.dim(lines[0])
    return [f"{sign} {line}" for sign, line in zip(signs, lines, strict=True)]


def cells(run: Run) -> tuple[str, ...]:
    now = time.time()
    took = facts.duration_s(run, now)
    return (
        run.id,
        look.cut(words.visible(run.name), LONGEST_NAME) if look.is_narrow() else words.visible(run.name),
        facts.in_brief(run.latest),
        words.short_duration(took) if took is not None else "",
        words.short_age(now - run.began_at),
        words.visible(words.command(facts.argv(run.latest))),
    )


def choose_columns(rows: list[tuple[str, ...]]) -> list[int]:
    """All of them, less those that a narrow terminal has no room for."""
    columns = list(range(len(HEAD)))
    for least_wanted in (AGE, TOOK):
        used = sum(max(look.width(row[column]) for row in rows) + len(look.GAP) for column in columns[:-1])
        if look.is_narrow() and look.terminal_width() - used - 2 < LEAST_FOR_COMMAND:
            columns.remove(least_wanted)
    return columns


def say_the_rest(folder: Path, count: int, shown: int, states: tuple[str, ...], is_cut: bool) -> None:
    """On standard error: how many more there are, or how to make the first."""
    if count == 0:
        elsewhere = place.advice_elsewhere(folder)
        click.echo(f"No runs are kept in {folder} yet{elsewhere}.", err=True)
        click.echo("Put `wandb run` in front of a command to make one:\n\n    wandb run python train.py", err=True)
    elif states and not shown:
        click.echo(f"None of the {count} runs here is {words.listed(states)}.", err=True)
    elif is_cut and not states and shown < count:
        click.echo(look.dim(f"  {count - shown:,} more: wandb ls --all"), err=True)
