"""`wandb status`."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import click

from wrapper import __version__
from wrapper.cli import facts, look, place, words
from wrapper.launch.settings import DEFAULT, Settings, resolve, shown_path, user_file
from wrapper.rundir.reading import Run, list_runs

LABEL_COLUMNS = 12
MODES = {
    "online": "kept here, and sent once there is a server",
    "offline": "kept here",
    "disabled": "not kept",
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@place.in_folder
def status(as_json: bool, directory: str | None) -> None:
    """Show where runs are kept, and what holds for the next.

    Each setting comes with the flag, variable or file that it is from; what is set nowhere is left out.
    """
    settings = resolve(None, os.environ, place.here())
    folder = place.open_folder(directory)
    runs = list_runs(folder)
    running = [run for run in runs if run.state == "running"]
    if as_json:
        click.echo(json.dumps(as_object(settings, folder, runs, running), indent=2))
    else:
        click.echo("\n".join(page(settings, folder, runs, running)))


def as_object(settings: Settings, folder: Path, runs: list[Run], running: list[Run]) -> dict[str, Any]:
    return {
        "version": __version__,
        "folder": str(folder.absolute()),
        "mode": settings.mode,
        "runs": len(runs),
        "running": [facts.in_short(run) for run in running],
        "settings": {
            name: {"value": getattr(settings, name), "origin": origin} for name, origin in settings.origins.items()
        },
        "user_file": user_file(os.environ),
        "problems": settings.problems,
    }


def page(settings: Settings, folder: Path, runs: list[Run], running: list[Run]) -> list[str]:
    cwd, home = os.getcwd(), os.environ.get("HOME", "")
    mine = user_file(os.environ)
    lines = [
        row(
            "runs",
            f"{len(runs):,} in {shown_path(str(folder.absolute()), cwd, home)}",
            settings.origins["dir"],
        ),
        row("mode", f"{settings.mode}: {MODES[settings.mode]}", settings.origins["mode"]),
    ]
    for name, origin in settings.origins.items():
        if origin != DEFAULT and name not in ("mode", "dir"):
            lines.append(row(name.replace("_", " "), in_words(getattr(settings, name)), origin))
    lines.append(row("your own", shown_path(mine, cwd, home) if mine else "no home directory to keep them in", ""))
    lines += ["", *(look.coloured(f"! {words.visible(text)}", "yellow") for text in settings.problems)]
    lines += [running_line(run) for run in running] or [look.dim("Nothing is running.")]
    return lines


def row(label: str, text: str, origin: str) -> str:
    said = look.dim(f"  ({words.visible(origin)})") if origin not in ("", DEFAULT) else ""
    return f"{look.dim(look.pad(label, LABEL_COLUMNS))}{words.visible(text)}{said}"


def in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def running_line(run: Run) -> str:
    took = facts.duration_s(run, time.time())
    text = f"{run.id}  {words.visible(run.name)}  {words.short_duration(took or 0)}"
    if facts.stalled_since(run.latest) is not None:
        text += f"  {look.coloured(facts.in_brief(run.latest), 'yellow')}"
    command = words.visible(words.command(facts.argv(run.latest)))
    return f"{look.sign('running')} {text}  {command}"
