"""`wandb online`, `offline`, `disabled`: what `wandb run` does from now on, for this user."""

from __future__ import annotations

import os

import click

from wrapper.cli import place, user_file
from wrapper.launch.settings import resolve

MEANS = {
    "online": "runs are kept here, and will be sent once there is a server",
    "offline": "runs are kept here",
    "disabled": "`wandb run` runs the command by itself, and keeps nothing",
}


def set_mode(mode: str) -> None:
    """Write it down, and say what that means; also when something else decides here."""
    user_file.write("mode", mode, os.environ)
    click.echo(f"{mode}: {MEANS[mode]}.", err=True)
    settings = resolve(None, os.environ, place.here())
    if settings.mode != mode:
        origin = settings.origins["mode"]
        click.echo(f"Here it is {settings.mode} all the same, because {origin} says so.", err=True)


def make_command(name: str, mode: str, help: str, hidden: bool = False) -> click.Command:
    @click.command(name, help=help, hidden=hidden)
    def command() -> None:
        set_mode(mode)

    return command


WRITTEN = (
    "\n\nThis is written into your own settings, and `wandb status` says where those are."
    " --mode, WANDB_MODE and a wandb.yaml come before them."
)

online = make_command("online", "online", "Keep runs, and send them once there is a server." + WRITTEN)
offline = make_command("offline", "offline", "Keep runs on this machine only." + WRITTEN)
disabled = make_command("disabled", "disabled", "Keep nothing: `wandb run` runs the command by itself." + WRITTEN)
on = make_command("on", "online", "The same as `wandb online`.")
off = make_command("off", "disabled", "The same as `wandb disabled`.")
enabled = make_command("enabled", "online", "The same as `wandb online`.", hidden=True)
