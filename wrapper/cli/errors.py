"""What went wrong, in words."""

from __future__ import annotations

import click


def explain(error: click.ClickException) -> str:
    """What happened and what to do; click's own words are put as ours."""
    message = error.format_message()
    if not isinstance(error, click.UsageError) or error.ctx is None:
        return message
    command = error.ctx.command_path
    if isinstance(error, click.NoSuchOption):
        meant = " or ".join(sorted(error.possibilities or ()))
        advice = f"did you mean {meant}?" if meant else f"{command} --help lists them"
        return f"{command} has no option {error.option_name}; {advice}"
    if isinstance(error, click.MissingParameter) and error.param:
        usage = " ".join([command, *error.ctx.command.collect_usage_pieces(error.ctx)])
        return f"{command} needs {error.param.human_readable_name.upper()}: {usage}"
    if isinstance(error, click.BadParameter) and error.param and error.param.opts:
        name = max(error.param.opts, key=len)
        return f"{name if name.startswith('-') else name.upper()}: {error.message}"
    return message[:1].lower() + message[1:].rstrip(".")
