"""`wandb run` as click sees it: for its help, and for completion. What runs a command is `launch`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from wrapper.launch import options
from wrapper.launch.options import OPTIONS, RUNNING, Option


class RunCommand(click.Command):
    """Has the options of the table that the fast parser reads, and leaves the words to that parser."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        try:
            parsed = options.parse_run(args)
        except options.UsageError as error:
            raise click.UsageError(str(error)) from None
        if parsed.help:
            click.echo(ctx.get_help())
            ctx.exit()
        ctx.params["words"] = args
        return []

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Behind the first word of the command, options are the command's."""
        params = super().get_params(ctx)
        return params[-1:] if ctx.params.get("command") else params

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        if ctx.params.get("command"):
            return complete_command(ctx, None, incomplete)
        return super().shell_complete(ctx, incomplete)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return options.USAGE.split()[2:]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """By what they are about; those that only undo another are left out."""
        for section in sorted(dict.fromkeys(option.section for option in OPTIONS), key=RUNNING.__eq__):
            shown = [option for option in OPTIONS if option.section == section and option.help]
            with formatter.section(section):
                formatter.write_dl([(spelling(option), option.help) for option in shown])


def spelling(option: Option) -> str:
    return ", ".join(option.flags) + (f" {option.value}" if option.value else "")


def make_option(option: Option) -> click.Option:
    """The option for completion: what it takes, and whether help names it."""
    name = option.flags[-1].strip("-").replace("-", "_")
    if not option.value:
        return click.Option([*option.flags, name], is_flag=True, help=option.help, hidden=not option.help)
    kind: click.ParamType[Any] = click.STRING
    if option.choices:
        kind = click.Choice(option.choices)
    elif option.sets == "dir":
        kind = click.Path(file_okay=False)
    return click.Option([*option.flags, name], type=kind, help=option.help)


def complete_command(ctx: click.Context, _param: click.Parameter | None, _incomplete: str) -> list[CompletionItem]:
    """The shell shall complete as for the command: so many words before this one are its own."""
    return [CompletionItem(str(len(ctx.params.get("command") or ())), type="command")]


def start(words: list[str]) -> int:
    """Run the command; comes back only where there is nothing to run."""
    from wrapper.launch.entry import run as run_command

    site = Path(click.__file__).parent.parent  # Where our dependencies are.
    return run_command(str(site), words)


run = RunCommand(
    "run",
    callback=start,
    params=[
        *map(make_option, OPTIONS),
        click.Argument(["command"], nargs=-1, type=click.UNPROCESSED, shell_complete=complete_command),
    ],
    context_settings={"allow_interspersed_args": False},
    add_help_option=False,
    help="""Run a command, and keep its metrics, its output, its end.

    It runs exactly as it would run by itself, in the same place, and ends as it would end.

    Options end at the first word that is none, or at `--`; all that follows is the command's. The
    exit status, or the signal, is the command's own.

    \b
        wandb run python train.py --lr 0.1
        wandb run --name first-try --tag baseline -- ./train --epochs 3
        wandb run bash -c 'make data && python train.py'

    Options come before variables (WANDB_PROJECT, WANDB_NAME, WANDB_TAGS and so on), these before a
    wandb.yaml here or up to the root of the repository, and that before your own settings:
    `wandb status` shows what holds.
    """,
)
