"""Where `wandb` begins in Python: a `run` and a `log` are started at once, all else is for the command line proper."""

from __future__ import annotations

import gc
import posix as os
import sys

USAGE_STATUS = 2


def main(site: str, args: list[str]) -> int:
    """Do what the arguments say; the exit status. `site` is where our dependencies are installed."""
    if args[:1] == ["run"] and b"_WANDB_COMPLETE" not in os.environ:
        return run(site, args[1:])
    if args[:1] == ["log"] and b"_WANDB_COMPLETE" not in os.environ and not {"-h", "--help"} & {*args}:
        from wrapper.cli.log_line import main as log

        return log(args[1:], site)
    gc.enable()
    from wrapper.launch.packages import open_site

    open_site(site)
    from wrapper.cli.main import main as run_command_line

    return run_command_line(args)


def run(site: str, args: list[str]) -> int:
    """`wandb run`: comes back only when there is nothing to run."""
    from wrapper.launch.environ import caller_environment
    from wrapper.launch.options import UsageError, parse_run

    environment = caller_environment()
    try:
        options = parse_run(args)
    except UsageError as error:
        sys.stderr.write(f"wandb: {error}\n")
        return USAGE_STATUS
    if options.help:
        return main(site, ["help", "run"])
    from wrapper.launch.run import run as run_command

    return run_command(options, environment, site)
