"""`wandb history`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import IO, Any

import click

from wrapper.cli import look, place, words
from wrapper.cli.recorded import read_history
from wrapper.cli.tables import Columns, Csv, Form, JsonLines, Parquet, Table
from wrapper.rundir.history import History
from wrapper.rundir.metrics import Origin, glob_matches
from wrapper.rundir.reading import Run, find_run
from wrapper.rundir.rows import Rows

MOST_NAMES_SAID = 12
FORMS = {"csv": Csv, "json": JsonLines, "parquet": Parquet}
ENDINGS = {".csv": "csv", ".json": "json", ".jsonl": "json", ".ndjson": "json", ".parquet": "parquet", ".pq": "parquet"}


def split_keys(_ctx: click.Context, _param: click.Parameter, texts: tuple[str, ...]) -> list[str]:
    """The names between the commas."""
    return [key.strip() for text in texts for key in text.split(",") if key.strip()]


def complete_keys(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[Any]:
    """The metrics of the run that stands on the line; none when it is not there."""
    from click.shell_completion import CompletionItem

    # While the value of an option is missing, click leaves the words before it in `args`.
    word = ctx.params.get("run") or next(iter(ctx.args), "latest")
    try:
        run = find_run(place.find_folder(ctx.params.get("directory")), word)
    except LookupError:
        return []
    history = History(run.path, is_brief=True)
    history.read()
    before, comma, last = incomplete.rpartition(",")
    return [CompletionItem(before + comma + name) for name in history.choose() if name.startswith(last)]


@click.command()
@place.takes_run
@click.option(
    "-k",
    "--keys",
    multiple=True,
    callback=split_keys,
    shell_complete=complete_keys,
    metavar="A,B,…",
    help="Only these metrics, in this order; val/* are all that begin so.",
)
@click.option("--csv", "form", flag_value="csv", help="As RFC 4180 has it, under a line of names.")
@click.option(
    "--json", "form", flag_value="json", help='Each row as a JSON object on a line of its own; NaN is the text "NaN".'
)
@click.option("--parquet", "form", flag_value="parquet", help="As a Parquet file (needs pyarrow).")
@click.option("-o", "--output", "file", metavar="FILE", type=click.Path(dir_okay=False), help="Write it into FILE.")
@click.option(
    "--source",
    type=click.Choice(["metrics", "followed", "output"]),
    metavar="SOURCE",
    help="Only from metrics (its metrics file), followed (files that it wrote anyway), or output.",
)
@click.option("--all-sources", is_flag=True, help="All that is stored, also what a better source has as well.")
@click.option("--attempt", type=int, metavar="N", help="Of attempt N, the first being 0, and as it was.")
@place.in_folder
def history(
    run: str,
    keys: list[str],
    form: str | None,
    file: str | None,
    source: str | None,
    all_sources: bool,
    attempt: int | None,
    directory: str | None,
) -> None:
    """Show every row of a run's metrics.

    RUN is an id, the beginning of one, a name, or `latest`. A metric that several sources have is shown from the best
    of them: the metrics file, then files that the command wrote anyway, then its output. Where a later attempt began
    again at a step, its rows count.

    \b
        wandb history latest | less
        wandb history k3v9 --keys 'loss,val/*' -o loss.csv
        wandb history k3v9 --json | jq 'select(._step > 1000).loss'
    """
    found = place.find_run(place.open_folder(directory), run)
    form = form or ENDINGS.get(os.path.splitext(file or "")[1].lower())
    shown = Shown(found, read_history(found, check_attempt(found, attempt), is_brief=True), source, all_sources)
    chosen = shown.choose(keys)
    if not chosen and not form:
        click.echo(f"wandb: {shown.why_nothing()}", err=True)
        return
    columns = shown.columns(chosen)
    origins = set(shown.origins(chosen))
    if form == "parquet":
        check_parquet(file)
    with opened(file, is_binary=form == "parquet") as out:
        kind: type[Form] = FORMS[form] if form else Table
        kind(out, columns).write(lambda: Rows(shown.history, chosen, origins).read())
    if not form and not file and (left_out := columns.left_out()):
        names = words.listed([words.visible(name) for name in left_out[:MOST_NAMES_SAID]], "and")
        more = f" and {len(left_out) - MOST_NAMES_SAID} more" if len(left_out) > MOST_NAMES_SAID else ""
        click.echo(look.dim(f"  not wide enough for {names}{more}: ask for them with --keys"), err=True)


def check_attempt(run: Run, attempt: int | None) -> int | None:
    """The same number; raises ClickException when there is no such attempt."""
    there = sorted({part.attempt for part in run.parts})
    if attempt is None or attempt in there:
        return attempt
    known = words.listed(map(str, there)) if there else "none"
    raise click.ClickException(f"run {run.id} has no attempt {attempt}, only {known}")


class Shown:
    """What is to be shown of a history."""

    def __init__(self, run: Run, history: History, kind: str | None, has_all_sources: bool) -> None:
        self._run, self.history, self._kind, self._has_all_sources = run, history, kind, has_all_sources

    def choose(self, keys: list[str]) -> dict[str, Origin | None]:
        """The names that are wanted, each with whose values are; raises ClickException when one is not known."""
        there: dict[str, Origin | None] = {**self.history.choose(self._kind)}
        if self._has_all_sources:
            there = dict.fromkeys(there)
        if not keys:
            definitions = self.history.definitions()
            return {name: there[name] for name in there if not definitions.of(name).is_hidden}
        wanted = {}
        for key in keys:
            names = [key] if key in there else [name for name in there if "*" in key and glob_matches(key, name)]
            if not names:
                raise click.ClickException(self._no_such(key, list(there)))
            wanted.update({name: there[name] for name in names})
        return wanted

    def _no_such(self, key: str, there: list[str]) -> str:
        said = f'run {self._run.id} has no metric "{words.visible(key)}"'
        if not there:
            return f"{said}: {self.why_nothing()}"
        if near := get_close_matches(key, there, 3, 0.5):
            return f"{said}; did you mean {words.listed(map(words.visible, near))}?"
        some = [words.visible(name) for name in there[:MOST_NAMES_SAID]]
        more = f" and {len(there) - MOST_NAMES_SAID} more" if len(there) > MOST_NAMES_SAID else ""
        return f"{said}; it has {', '.join(some)}{more}"

    def why_nothing(self) -> str:
        """That there are no rows, and where they might have come from."""
        if self._kind:
            return f"nothing came from {self._kind}; without --source all are shown"
        return (
            "no metrics were found: neither in what it printed (wandb parse --explain says why),"
            " nor in its metrics file, nor in files that it wrote"
        )

    def origins(self, chosen: dict[str, Origin | None]) -> list[Origin]:
        """Where the rows come from, the best first."""
        there = self.history.origins(self._kind)
        return there if self._has_all_sources else [origin for origin in there if origin in chosen.values()]

    def columns(self, chosen: dict[str, Origin | None]) -> Columns:
        """What stands beside one another."""
        origins = self.origins(chosen)
        tracks = [track for origin in origins for track in self.history.tracks(origin)]
        with_steps = {track.origin for track in tracks if track.has_steps}
        started_at = next((part.started_at for part in self._run.parts if part.started_at), 0.0)
        return Columns(
            names=list(chosen),
            started_at=started_at,
            has_epochs=any(track.has_epochs for track in tracks),
            sources=[origin.label for origin in origins],
            counted={origin for origin in origins if origin not in with_steps and origin.kind == "output"},
            has_steps=bool(with_steps),
        )


def check_parquet(file: str | None) -> None:
    """Raises ClickException where a Parquet file cannot be made, or would be thrown at a terminal."""
    if not file and sys.stdout.isatty():
        raise click.ClickException("a Parquet file is nothing for a terminal: say where it shall go with -o FILE")
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise click.ClickException(
            "--parquet needs pyarrow, which is not installed here: pip install 'wandb-wrapper[server]' (or pyarrow)"
        ) from None


@contextmanager
def opened(file: str | None, is_binary: bool) -> Iterator[IO[Any]]:
    """Where the rows go. A file is there once it is whole; what was there stays until then."""
    if file is None:
        yield sys.stdout.buffer if is_binary else sys.stdout
        sys.stdout.flush()
        return
    beside = f"{file}.{os.getpid()}.new"
    try:
        with open(beside, "wb") if is_binary else open(beside, "w", encoding="utf-8", newline="") as out:
            yield out
        os.replace(beside, file)
    finally:
        if os.path.exists(beside):
            os.unlink(beside)
