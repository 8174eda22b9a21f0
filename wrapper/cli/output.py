"""`wandb output`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from wrapper.cli import facts, place, words
from wrapper.cli.since import NoMoment, read_moment
from wrapper.cli.views import Json, Live, Raw, Seen, View
from wrapper.rundir.reading import Part, Run, read_part
from wrapper.rundir.stretches import Reader, Stretch
from wrapper.text.masker import Masker

LOOK_EVERY_S = 0.2
SETTLE_EVERY_S = 10.0
NOT_KEPT = ("device", "closed")
NAMES = {1: "standard output", 2: "standard error"}


def read_since(_ctx: click.Context, _param: click.Parameter, text: str | None) -> float | None:
    """The moment that --since means."""
    try:
        return None if text is None else read_moment(text, time.time())
    except NoMoment:
        raise click.BadParameter(f'"{text}" is no time; say 10m, 2h, 14:30 or 2026-05-28T14:30') from None


@click.command()
@place.takes_run
@click.option("--raw", is_flag=True, help="The bytes as they were written, colours and all.")
@click.option("-f", "--follow", is_flag=True, help="Go on until the run has ended.")
@click.option("--stdout", "only", flag_value=1, type=int, help="Only standard output.")
@click.option("--stderr", "only", flag_value=2, type=int, help="Only standard error, where it went its own way.")
@click.option("--since", metavar="TIME", callback=read_since, help="Only what came since: 10m ago, 14:30, an ISO time.")
@click.option("--attempt", type=int, metavar="N", help="Of attempt N, the first being 0, and not of the newest.")
@click.option("--no-redact", is_flag=True, help='Show secrets, which are "***" otherwise, as they are.')
@click.option("--json", "as_json", is_flag=True, help="Each line as a JSON object with at, stream and text.")
@place.in_folder
def output(
    run: str,
    raw: bool,
    follow: bool,
    only: int | None,
    since: float | None,
    attempt: int | None,
    no_redact: bool,
    as_json: bool,
    directory: str | None,
) -> None:
    """Show what a run printed, as its lines stood in the end.

    Of a progress bar that is its last state; --raw has every byte. Passwords and tokens are masked, but with --raw or
    --no-redact.

    RUN is an id, the beginning of one, a name, or `latest`.

    \b
        wandb output latest --follow
        wandb output k3v9 --since 10m
        wandb output k3v9 --raw > log
        wandb output k3v9 --json | jq -j 'select(.stream == 2).text'
    """
    if raw and as_json:
        raise click.UsageError("--raw and --json exclude each other: the text in --json is every character as it is")
    folder = place.open_folder(directory)
    part = choose_part(place.find_run(folder, run), attempt)
    streams = choose_streams(part, only)
    shown = Shown(part, None if only is None else {only}, since, is_timed=as_json)
    file = sys.stdout.buffer
    masker = None if raw or no_redact or part.facts.get("redact") is False else Masker()
    if raw:
        view: View = Raw(file)
    elif as_json:
        view = Json(file, masker)
    else:
        kinds = {stream["stream"]: stream["kind"] for stream in streams if stream["kind"] not in NOT_KEPT}
        view = Seen(file, part, kinds, follow, masker)
    if follow and part.state == "running":
        is_live = sys.stdout.isatty() and not as_json
        live = Live(file, masker) if masker else Raw(file)
        shown.follow(folder, view, live if is_live else view)
    else:
        shown.show(view)
        view.finish()
    shown.say_what_is_missing()
    if masker and masker.count:
        secrets = "one secret is" if masker.count == 1 else f"{masker.count} secrets are"
        click.echo(f"wandb: {secrets} masked; --no-redact shows all", err=True)


def choose_part(run: Run, attempt: int | None) -> Part:
    """The attempt that is meant; raises ClickException when there is none."""
    parts = facts.leading_parts(run)
    if not parts:
        raise click.ClickException(f"run {run.id} has no output: nothing but its name was kept")
    if attempt is None:
        return parts[-1]
    for part in parts:
        if part.attempt == attempt:
            return part
    there = words.listed([str(part.attempt) for part in parts])
    raise click.ClickException(f"run {run.id} has no attempt {attempt}, only {there}")


def choose_streams(part: Part, only: int | None) -> list[dict[str, Any]]:
    """The streams to be shown; raises ClickException when the one that is wanted cannot be had by itself."""
    streams = facts.streams(part)
    if only is None or not streams:
        return streams
    for stream in streams:
        if stream["stream"] == only:
            if stream["kind"] in NOT_KEPT:
                goal = stream.get("path") or stream["kind"]
                raise click.ClickException(f"nothing is kept of {NAMES[only]}: it was {words.visible(goal)}")
            if only == 1 and 2 in stream["fds"]:
                click.echo("wandb: standard error is in it: both went to the same place", err=True)
            return [stream]
    if only == 2 and any(2 in stream["fds"] for stream in streams):
        raise click.ClickException(
            "standard error went to the same place as standard output, so it cannot be told apart;"
            " without --stderr both are shown"
        )
    raise click.ClickException(f"there was no {NAMES[only]}")


class Shown:
    """The output that is wanted, and what was noticed while it was shown."""

    def __init__(self, part: Part, streams: set[int] | None, since: float | None, is_timed: bool) -> None:
        self._part, self._streams, self._since = part, streams, since
        self._reader = Reader(part, self._is_wanted, is_timed or since is not None)
        self._gaps: list[int] = []
        self._has_shown = False

    def _is_wanted(self, stretch: Stretch) -> bool:
        if self._streams is not None and stretch.stream not in self._streams:
            return False
        return self._since is None or (stretch.at or 0) >= self._since

    def show(self, view: View) -> None:
        """All there is now."""
        for stretch in self._reader.read():
            self._has_shown = self._has_shown or bool(stretch.data)
            if stretch.gap:
                self._gaps.append(stretch.gap)
            view.show(stretch)

    def follow(self, folder: Path, view: View, live: View) -> None:
        """All there is now, and from then on what comes, as `live` shows it."""
        from wrapper.recorder.settle import settle_runs

        settle_at = time.monotonic() + SETTLE_EVERY_S
        while True:
            has_ended = read_part(self._part.path).state != "running"  # Before the last look, so it misses nothing.
            self.show(view)
            if has_ended:
                view.finish()
                return
            if view is not live:
                view.finish(goes_on=True)
                view = live
            view.catch_up()
            if time.monotonic() > settle_at:
                settle_runs(folder)  # Its recorder may have died.
                settle_at = time.monotonic() + SETTLE_EVERY_S
            time.sleep(LOOK_EVERY_S)

    def say_what_is_missing(self) -> None:
        """On standard error, once all is shown."""
        if self._gaps:
            places = f"{len(self._gaps)} places" if len(self._gaps) > 1 else "one place"
            lost = f"{words.size(sum(self._gaps))} are missing in {places}"
            click.echo(f"wandb: {lost}: the recorder could not keep up, or was dead", err=True)
        if self._reader.damaged:
            click.echo(f"wandb: {len(self._reader.damaged)} damaged records of the journal are left out", err=True)
        if not self._has_shown:
            click.echo(f"wandb: {self._why_nothing()}", err=True)

    def _why_nothing(self) -> str:
        streams = facts.streams(self._part)
        if streams and all(stream["kind"] in NOT_KEPT for stream in streams):
            goals = [words.visible(stream.get("path") or f"a {stream['kind']} descriptor") for stream in streams]
            why = f"nothing is kept of what was printed to {' and '.join(dict.fromkeys(goals))}"
            return f"{why}; `wandb run --own-output` keeps it" if "/dev/null" in goals else why
        return "nothing was printed" + (f" since {words.moment(self._since)}" if self._since is not None else "")
