"""`wandb show`."""

from __future__ import annotations

import json
import pwd
import time
from typing import Any

import click

from wrapper.cli import code, environment, facts, look, machine, made, numbers, place, results, words
from wrapper.cli.last_lines import last_lines
from wrapper.cli.recorded import read_history
from wrapper.rundir.history import History
from wrapper.rundir.reading import Part, Run, read_run

LABEL_COLUMNS = 11
MOST_WARNINGS = 10
SHOWN_WITH_LAST_LINES = ("failed", "killed", "crashed")


@click.command()
@place.takes_run
@click.option(
    "-a",
    "--all",
    "is_all",
    is_flag=True,
    help="All of the configuration, every metric, every warning, the files that it made, what of the code is not kept.",
)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object, with times in Unix seconds.")
@place.in_folder
def show(run: str, is_all: bool, as_json: bool, directory: str | None) -> None:
    """Show what is known of a run: its start and end, its metrics.

    The value of a metric in bold is the one that stands for it; the little picture is its course. `wandb history`
    has every row.

    RUN is an id, the beginning of one, a name, or `latest`.

    \b
        wandb show latest
        wandb show k3v9 --all
        wandb show latest --json | jq .summary.loss
    """
    found = place.find_read_run(place.open_folder(directory), run)
    history = read_history(found)
    found = read_run(found.path)  # Meanwhile it may have been found out why it ended.
    if as_json:
        has_ended = found.state != "running"
        known = {
            **facts.in_full(found),
            **machine.in_full(found.latest),
            **code.in_full(found.latest),
            **made.in_full(found.latest),
            **environment.in_full(found.latest),
        }
        known |= results.in_full(history, has_ended)
        click.echo(json.dumps(numbers.as_json(known), indent=2))
    else:
        click.echo("\n".join(page(found, history, is_all)))


def page(run: Run, history: History, is_all: bool = False) -> list[str]:
    """What a person wants to know, the important first."""
    now = time.time()
    known = {
        **facts.in_full(run, now),
        **machine.in_full(run.latest),
        **code.in_full(run.latest),
        **made.in_full(run.latest),
        **environment.in_full(run.latest),
    }
    part = run.latest
    lines = [headline(run, part, known), ""]
    for label, text in rows(run, known, history, now, is_all):
        first, *others = text.split("\n")
        lines.append(f"  {look.dim(look.pad(label, LABEL_COLUMNS))}{first}")
        lines.extend(f"  {'':{LABEL_COLUMNS}}{other}" for other in others)
    lines += results.page(history, run.state != "running", run.id, is_all)
    if warnings := [*known["warnings"], *results.warnings(history)]:
        most = None if is_all else MOST_WARNINGS
        lines += ["", *(look.coloured(f"  ! {words.visible(text)}", "yellow") for text in warnings[:most])]
        lines += results.the_rest(len(warnings), most, run.id)
    if part and run.state in SHOWN_WITH_LAST_LINES and (tail := last_lines(part)):
        lines += ["", look.dim(f"  The last lines of its output (wandb output {run.id} shows all):"), ""]
        lines += [f"    {text}" for text in tail]
    return lines


def headline(run: Run, part: Part | None, known: dict[str, Any]) -> str:
    state = look.coloured(facts.in_words(part), look.state_colour(run.state))
    took = known["duration_s"]
    joined = " for " if run.state == "running" else " after "
    return (
        f"{look.sign(run.state)} {look.bold(words.visible(run.name))} {state}"
        f"{joined + words.duration(took) if took is not None else ''}"
    )


def rows(run: Run, known: dict[str, Any], history: History, now: float, is_all: bool = False) -> list[tuple[str, str]]:
    """Label and text of what is known; what is not known has no row."""
    pace = history.latest.pace if history.latest else None
    said = results.said(history)
    texts = {
        "run": run.id,
        "why": words.visible(known["why"] or sent_by(known["sender"])),
        "command": words.command(known["command"]),
        "program": program(known),
        "directory": words.visible(known["cwd"] or ""),
        "code": with_list(code.code_text(known["code"] or {}), code.left_out(known["code"] or {}), is_all),
        "user": words.visible(" on ".join(str(known[key]) for key in ("user", "host") if known[key])),
        "started": time_and_age(known["started_at"] or known["created_at"], now),
        "ended": ended(known, now),
        "stalled": stalled(run.latest, now),
        "progress": results.progress_text(pace, run.state != "running", now) if pace else "",
        "python": environment.environment_text(known["environment"] or {}),
        "binary": environment.binary_text(known["environment"] or {}),
        "masked": environment.masked_text(known["masked"]),
        "machine": machine.machine_text(known["machine"] or {}),
        "load": machine.load_text(known["load"] or {}),
        "output": output(known),
        "media": said["media"],
        "made": with_list(made.made_text(known["made"] or {}), made.files(known["made"] or {}), is_all),
        **{label: words.visible(known[label] or "") for label in ("project", "entity", "group")},
        "job type": words.visible(known["job_type"] or ""),
        "tags": words.visible(", ".join(dict.fromkeys([*map(str, known["tags"]), *said["tags"]]))),
        "notes": "\n".join(words.visible(line) for line in [*str(known["notes"] or "").splitlines(), *said["notes"]]),
        "ranks": str(known["ranks"]) if known["ranks"] > 1 else "",
        "attempts": attempts(run, now),
        "kept in": words.visible(known["path"]),
    }
    return [(label, text) for label, text in texts.items() if text]


def with_list(text: str, items: list[str], is_all: bool) -> str:
    """The text, and below it what it sums up, where that was asked for."""
    return "\n".join([text, *items]) if text and is_all else text


def sent_by(sender: dict[str, int] | None) -> str:
    """Whose signal it was."""
    if sender is None:
        return ""
    if sender["pid"] == 0:
        return "the signal came from the terminal: a key, or its end"
    try:
        user = pwd.getpwuid(sender["uid"]).pw_name
    except (KeyError, OverflowError):
        user = f"user {sender['uid']}"
    return f"the signal was sent by process {sender['pid']} of {user}"


def program(known: dict[str, Any]) -> str:
    """The file that was run, where the command does not say it itself."""
    path = known["program"] or ""
    return "" if known["command"][:1] == [path] else words.visible(path)


def time_and_age(at: float | None, now: float) -> str:
    return f"{words.moment(at)}, {words.age(now - at)}" if at is not None else ""


def stalled(part: Part | None, now: float) -> str:
    """Since when there has been no sign of life, or how often there was none for a time; and where its stacks are."""
    text = time_and_age(facts.stalled_since(part), now)
    if not text and (past := facts.past_stalls(part)):
        text = f"once, for {words.duration(past[0])}"
        if len(past) > 1:
            text = f"{len(past)} times, for {words.duration(max(past))} at most"
    path = facts.stacks(part) if text else ""
    return f"{text}\nits stacks: {words.visible(path)}" if path else text


def ended(known: dict[str, Any], now: float) -> str:
    text = time_and_age(known["ended_at"], now)
    return f"about {text}: nobody saw the end" if text and known["settled"] else text


def output(known: dict[str, Any]) -> str:
    """How much there is, and where it went."""
    text = words.size(known["output_bytes"])
    if known["lost_bytes"]:
        text += f" kept, {words.size(known['lost_bytes'])} lost"
    went = [where_it_went(stream) for stream in known["streams"]]
    return "\n".join([text, *went]) if len(went) > 1 else ", ".join([text, *went])


def where_it_went(stream: dict[str, Any]) -> str:
    """to a terminal; standard error to /home/ada/err.log; standard output to a device (not kept)."""
    kind = stream["kind"]
    place_of = {
        "terminal": "a terminal",
        "pty": "a terminal of its own",
        "pipe": "a pipe",
        "socket": "a socket",
        "device": "a device (not kept)",
        "closed": "nowhere (closed)",
    }
    path = words.visible(stream.get("path") or "")
    goal = (
        f"{path} (not kept: --own-output would)"
        if path and kind == "device"
        else place_of.get(kind) or path or "a file"
    )
    if len(stream["fds"]) > 1:
        return f"to {goal}"
    return f"{'standard error' if stream['stream'] == 2 else 'standard output'} to {goal}"


def attempts(run: Run, now: float) -> str:
    """One line for each, when there are several."""
    parts = facts.leading_parts(run)
    if len(parts) < 2:
        return ""
    lines = []
    for part in parts:
        took = facts.part_duration_s(part, now)
        text = facts.in_words(part) + (f" after {words.duration(took)}" if took is not None else "")
        lines.append(f"{part.attempt}: {text}, started {time_and_age(part.started_at, now)}")
    return "\n".join(lines)
