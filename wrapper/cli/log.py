"""`wandb log` as click sees it: for its help, and for completion. What logs is `log_line`."""

from __future__ import annotations

import click

from wrapper.cli import log_line
from wrapper.cli.log_line import OPTIONS


class LogCommand(click.Command):
    """Leaves the words to the parser that does without click."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        if any(word in ("-h", "--help") for word in args):
            click.echo(ctx.get_help())
            ctx.exit()
        ctx.params["words"] = args
        return []

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return log_line.USAGE.split()[2:]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Options"):
            shown = [(f"{flag} {value}", help) for flag, (value, help) in OPTIONS.items()]
            formatter.write_dl([*shown, ("-h, --help", "Show this message and exit.")])


def append(words: list[str]) -> int:
    return log_line.main(words)


log = LogCommand(
    "log",
    callback=append,
    params=[
        *(
            click.Option([flag], type=click.Path() if flag == "--image" else click.STRING, multiple=True, help=help)
            for flag, (_value, help) in OPTIONS.items()
        ),
        click.Argument(["words"], nargs=-1, type=click.UNPROCESSED),
    ],
    add_help_option=False,
    help="""Log values from a script that runs under `wandb run`.

    Numbers, true and false are what they look like, and all else is text. Each call is a row of its
    own, at the next step or at --step. It appends one line to the file that $WANDB_METRICS_FILE
    names, whole, from any number of processes at once.

    \b
        wandb log loss=0.31 acc=0.9
        wandb log loss=0.30 --step 120 --epoch 2
        wandb log --config lr=0.1 opt.name=adam
        wandb log --summary best_acc=0.93 --tag baseline

    What stands behind --config, --summary and --image belongs to that, up to the next option.

    In a loop that takes many steps a second, append to the file yourself, which takes no time:

    \b
        echo "loss=$loss acc=$acc" >> "$WANDB_METRICS_FILE"

    Outside a run it fails, unless runs are disabled (WANDB_MODE=disabled, `wandb disabled`). Within
    one it never does: a value that is missing, or a full disk, is said on standard error, and the
    script goes on.
    """,
)
