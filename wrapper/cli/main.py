"""`wandb`: finds the command that was asked for, and says in one line what went wrong."""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
from typing import TextIO

import click

from wrapper import __version__
from wrapper.cli.errors import explain
from wrapper.launch.options import nearest

# Each stands in a module of its own, which is loaded when it is asked for.
VERBS = {
    "run": "run",
    "log": "log",
    "ls": "ls",
    "show": "show",
    "watch": "watch",
    "history": "history",
    "output": "output",
    "parse": "parse",
    "status": "status",
    "online": "mode",
    "offline": "mode",
    "disabled": "mode",
    "on": "mode",
    "off": "mode",
    "enabled": "mode",
    "completion": "completion",
}


def main(args: list[str]) -> int:
    """Do what the arguments say; the exit status."""
    end_like_other_tools()
    if "_WANDB_COMPLETE" in os.environ:
        importlib.import_module("wrapper.cli.completion")
    if not args or args[0] == "help":
        args = [*args[1:], "--help"]
    try:
        return wandb.main(args, prog_name="wandb", standalone_mode=False) or 0
    except click.ClickException as error:
        print(f"wandb: {explain(error)}", file=sys.stderr)
        return error.exit_code
    except click.Abort:
        return 130
    except OSError as error:
        what = f"{error.filename}: " if error.filename is not None else ""
        print(f"wandb: {what}{error.strerror or error}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # What could not be written is not tried again.
        return 1


def end_like_other_tools() -> None:
    """Die quietly of `| head` and of ^C, print any character, and do without an output that is closed."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.stdout, sys.stderr = (stream or open_nothing() for stream in (sys.stdout, sys.stderr))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def open_nothing() -> TextIO:
    return io.TextIOWrapper(io.FileIO(os.devnull, "w"))


class Verbs(click.Group):
    """The commands, each loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"wrapper.cli.{VERBS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        click.Command.format_options(self, ctx, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        verb = args[0]
        if verb in VERBS or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        from wrapper.cli.official import hand_over

        hand_over(args)
        meant = nearest(verb, VERBS)
        advice = f"did you mean {meant}?" if meant else "wandb --help lists the commands"
        raise click.UsageError(f"there is no command {verb}; {advice}")


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    subcommand_metavar="COMMAND [ARGUMENTS]...",
    options_metavar="",
)
@click.version_option(__version__, "--version", message=f"wandb-wrapper {__version__}", help="Show the version.")
def wandb() -> None:
    """Put `wandb run` in front of a command: it runs as it would by itself, and its metrics, its
    output and how it ended are kept.

    \b
        wandb run python train.py
        wandb ls
        wandb show latest
        wandb watch latest
    """
